# SPDX-License-Identifier: GPL-3.0-or-later
"""A real bridge takes changed settings while it serves, and `check` compares with it."""

from __future__ import annotations

from tests.support.installation import SECRET, Installation
from tests.support.serving import BODY, serving, status_of
from tests.support.waiting import wait_for
from webhook_bridge.cli.check import _not_served
from webhook_bridge.config.served_settings import served_settings

HOOK = """
[hooks.late]
source = "dockerhub"
secret_file = "hub"
"""


def test_a_bridge_that_serves_takes_changed_settings(installation: Installation) -> None:
    late = f"/hooks/late/{SECRET}"
    with serving(installation) as bridge:
        assert status_of(installation, late, BODY) in (401, 404)
        installation.file.write_text(installation.file.read_text() + HOOK)

        assert _not_served(installation.settings()) == ""
        assert status_of(installation, late, BODY) == 202

        other = f"127.0.0.1:{installation.port + 1}"
        text = installation.file.read_text()
        installation.file.write_text(text.replace(f"127.0.0.1:{installation.port}", other))
        assert "does not use server.listen yet: restart it" in _not_served(installation.settings())
        assert status_of(installation, "/healthz") == 200

        bridge.terminate()
        wait_for(lambda: bridge.poll() is not None, "its end", seconds=30)
    assert _not_served(installation.settings()) == ""
    assert served_settings(installation.state) is None
