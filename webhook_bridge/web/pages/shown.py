# SPDX-License-Identifier: GPL-3.0-or-later
"""How values look on a page: times, digests, durations, states."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from markupsafe import Markup, escape

from webhook_bridge.domain.verdicts import short
from webhook_bridge.operations.event_serializers import value_text

_CODE = re.compile("`([^`\n]+)`")
_NOTHING = Markup('<span class="dim">-</span>')
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def when(seconds: float | None) -> Markup:
    """Return a moment in UTC, with its year unless it is this one.

    With scripts, the reader's own clock takes its place.
    """
    if seconds is None:
        return _NOTHING
    moment = datetime.fromtimestamp(seconds, UTC)
    whole = moment.isoformat(timespec="seconds").replace("+00:00", "Z")
    form = "%-d %b %H:%M:%S" if moment.year == datetime.now(UTC).year else "%-d %b %Y %H:%M:%S"
    return Markup('<time datetime="{}">{} UTC</time>').format(whole, moment.strftime(form))


def moment(text: str | None) -> Markup:
    """Return a moment that is written as in JSON, shown as `when` shows it."""
    return when(None if text is None else datetime.fromisoformat(text).timestamp())


def duration(seconds: float | None) -> str:
    """Return how long something took, in two units at most."""
    if seconds is None:
        return "-"
    if seconds < 10:  # noqa: PLR2004 -- below that, tenths tell something
        return f"{max(0.0, seconds):.1f} s"
    left = round(seconds)
    parts: list[str] = []
    for length, unit in _UNITS:
        count, left = divmod(left, length)
        if count or parts:
            parts.append(f"{count} {unit}" if count else "")
    return " ".join(filter(None, parts[:2]))


def digest(text: str | None) -> Markup:
    """Return a digest cut short, as Docker does; the whole one is one hover away."""
    if not text:
        return _NOTHING
    return Markup('<code class="digest" title="{}">{}</code>').format(text, short(text))


def plural(count: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def size(count: int) -> str:
    """Return a number of bytes."""
    return f"{count} B" if count < 1024 else f"{count / 1024:.1f} kB"  # noqa: PLR2004 -- a kibibyte


def upper_first(text: str) -> str:
    """Return a sentence with a capital at its start; names in it keep their letters."""
    return text[:1].upper() + text[1:]


def sentence(text: str) -> Markup:
    """Return a text with a period at its end, unless it ends already, and `names` as code."""
    whole = text if text.endswith((".", "?", "!", "…")) else f"{text}."
    return code_marked(whole)


def code_marked(text: str) -> Markup:
    """Return a text in which what stands between backticks is shown as code."""
    # Escaped before it is looked at: others choose what stands in it.
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 -- escaped above


FILTERS: Mapping[str, Callable[..., object]] = {
    "when": when,
    "moment": moment,
    "duration": duration,
    "digest": digest,
    "plural": plural,
    "short": short,
    "bytes": size,
    "sentence": sentence,
    "code_marked": code_marked,
    "upper_first": upper_first,
    "event_value": value_text,
}
