# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a plan, the same on the command line and on every page."""

from __future__ import annotations

from webhook_bridge.domain.verdicts import short
from webhook_bridge.operations.serializers import View


def target_text(plan: View) -> str:
    """Return what a plan brings: the version where one is known, and the digest."""
    return _named(plan["version"], plan["digest"])


def change_text(host: View, to: str) -> str:
    """Say what would happen on a host of a plan, with the names of options and no value."""
    before = _named(host["from_version"], host["from_digest"]) or "nothing"
    options = f"options: {', '.join(host['options'])}" if host["options"] else ""
    said = {
        "unchanged": before,
        "image": f"{before} → {to}",
        "options": "",
        "start": f"nothing runs there → {to}",
        "unknown": f"never seen → {to}",
        "left_out": "could not be reached; left out unless it is back",
    }[host["change"]]
    return "; ".join(part for part in (said, options, host["remark"]) if part)


def _named(version: str | None, digest: str | None) -> str:
    return " ".join(part for part in (version, short(digest or "")) if part)
