# SPDX-License-Identifier: GPL-3.0-or-later
"""A bridge that serves gets its settings again when their file changes."""

from __future__ import annotations

import logging

import pytest

from tests.support.installation import Installation
from webhook_bridge.config.settings import SettingsFile
from webhook_bridge.config.settings_reloader import (
    NEEDS_RESTART,
    SettingsReloader,
    differing_keys,
    needs_restart,
    written_settings,
)


def edit(installation: Installation, old: str, new: str) -> None:
    text = installation.file.read_text()
    assert old in text
    installation.file.write_text(text.replace(old, new))


def test_a_file_that_did_not_change_gives_no_settings(installation: Installation) -> None:
    assert SettingsReloader(installation.settings()).changed() is None


def test_a_change_gives_new_settings_once(
    installation: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    reloader = SettingsReloader(installation.settings())
    edit(installation, "[deploy]", '[deploy]\ndeadline = "2h"')

    with caplog.at_level(logging.INFO):
        new = reloader.changed()

    assert new is not None
    assert new.deploy.deadline == 7200
    assert (reloader.changed(), reloader.restart) == (None, [])
    assert "deploy.deadline" in caplog.text


def test_what_needs_a_restart_stays_and_is_named(
    installation: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    before = installation.settings()
    reloader = SettingsReloader(before)
    edit(installation, f"127.0.0.1:{installation.port}", "127.0.0.1:1")
    edit(installation, "[server]", 'state_dir = "elsewhere"\n[poll]\nevery = "1m"\n[server]')
    edit(installation, "[deploy]", '[deploy]\nconcurrent_runs = 9\ndeadline = "2h"')

    new = reloader.changed()

    assert new is not None
    assert (new.server, new.state_dir, new.poll) == (before.server, before.state_dir, before.poll)
    assert new.deploy == before.deploy.model_copy(update={"deadline": 7200.0})
    named = ["deploy.concurrent_runs", "poll.every", "server.listen", "state_dir"]
    assert reloader.restart == named
    assert f"need a restart of the bridge: {', '.join(named)}" in caplog.text


def test_what_is_changed_back_needs_no_restart(installation: Installation) -> None:
    reloader = SettingsReloader(installation.settings())
    edit(installation, f"127.0.0.1:{installation.port}", "127.0.0.1:1")
    reloader.changed()
    edit(installation, "127.0.0.1:1", f"127.0.0.1:{installation.port}")
    reloader.changed()

    assert reloader.restart == []


@pytest.mark.parametrize("text", ["[deploy", "[deploy]\nnonsense = 1", ""])
def test_a_wrong_edit_is_logged_and_changes_nothing(
    installation: Installation, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    reloader, right = SettingsReloader(installation.settings()), installation.file.read_text()
    read = reloader.read
    if text:
        installation.file.write_text(text)
    else:
        installation.file.unlink()

    assert reloader.changed() is None
    assert "settings stay as they were" in caplog.text
    assert reloader.read == read

    installation.file.write_text(right + '[reconcile]\nevery = "off"\n')
    new = reloader.changed()
    assert new is not None
    assert new.reconcile.every is None


def test_each_setting_is_known_to_need_a_restart_or_not() -> None:
    tables = set(SettingsFile.model_fields)

    assert {key.partition(".")[0] for key in NEEDS_RESTART} <= tables
    live = {"hooks", "registries", "api", "auth", "reconcile", "inventory", "retention"}
    assert {table for table in tables if not needs_restart(table)} == {*live, "ansible", "deploy"}


def test_keys_that_are_in_one_file_only_differ(installation: Installation) -> None:
    written = written_settings(installation.file)

    assert differing_keys(written, {}) == sorted(written)
    assert "hooks.hub.source" in written
