# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import stat
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.support.installation import SECRET, Installation
from webhook_bridge.cli.hooks import age_warning
from webhook_bridge.cli.main import longshore
from webhook_bridge.config.secret_files import (
    dated_secrets,
    new_secret,
    read_dated_secrets,
    read_secret,
    replace_secret,
)
from webhook_bridge.errors import NotFound, Refused
from webhook_bridge.receiving.hook_secrets import HookSecrets


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    file = tmp_path / "secret"
    file.touch(mode=0o600)
    file.write_text(SECRET + "\n")
    return file


def run(installation: Installation, *words: str) -> Result:
    command = ["--config", str(installation.file), *words]
    return CliRunner().invoke(longshore, command, standalone_mode=False)


def test_the_new_secret_is_the_current_one_and_the_one_before_stays_good_for_a_while(
    secret_file: Path,
) -> None:
    before = time.time()

    replace_secret(secret_file, "the-new-one-0123456789-0123", keep_old_for=60)

    new, old = read_dated_secrets(secret_file)
    assert (new.text, new.expires) == ("the-new-one-0123456789-0123", None)
    assert old.text == SECRET
    assert old.is_good(before + 58)
    assert not old.is_good(before + 65)
    assert stat.S_IMODE(secret_file.stat().st_mode) == 0o600


def test_a_second_rotation_does_not_lengthen_the_life_of_the_first_secret(
    secret_file: Path,
) -> None:
    replace_secret(secret_file, new_secret(), keep_old_for=60)
    first = read_dated_secrets(secret_file)[1].expires
    replace_secret(secret_file, new_secret(), keep_old_for=6000)

    assert [one.expires for one in read_dated_secrets(secret_file)][2] == first


def test_an_old_secret_can_be_ended_at_once(secret_file: Path) -> None:
    replace_secret(secret_file, "the-new-one-0123456789-0123", keep_old_for=0)

    assert secret_file.read_text() == "the-new-one-0123456789-0123\n"


def test_a_secret_whose_time_is_over_is_not_read(secret_file: Path) -> None:
    secret_file.write_text("current\nbefore expires=2001-01-01T00:00:00+00:00\n")

    assert read_secret(secret_file) == ["current"]


def test_a_time_that_is_none_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="expires= is followed by no time"):
        dated_secrets("before expires=tomorrow")


def test_a_link_to_the_secret_stays_a_link(secret_file: Path) -> None:
    link = secret_file.with_name("link")
    link.symlink_to(secret_file)

    replace_secret(link, new_secret(), keep_old_for=1)

    assert link.is_symlink()
    assert len(read_dated_secrets(secret_file)) == 2


def good(installation: Installation, secrets: HookSecrets) -> Sequence[bytes]:
    hook = installation.settings().hooks["hub"]
    return secrets.of(replace(hook, secrets=(b"as-it-was-at-the-start",)))


def test_a_running_bridge_takes_both_secrets_after_a_rotation(
    installation: Installation,
) -> None:
    secrets = HookSecrets(check_interval_s=0)
    assert good(installation, secrets) == [SECRET.encode()]

    done = run(installation, "hook", "rotate", "hub")

    new = (installation.folder / "hub").read_text().splitlines()[0]
    assert done.exception is None
    assert new not in done.output
    assert good(installation, secrets) == [new.encode(), SECRET.encode()]


@pytest.mark.parametrize("wrong", ["short", "not/for/a/path" * 3, "", None])
def test_a_secret_file_that_becomes_wrong_changes_nothing(
    installation: Installation, wrong: str | None
) -> None:
    secrets = HookSecrets(check_interval_s=0)
    hook = installation.settings().hooks["hub"]
    assert list(secrets.of(hook)) == [SECRET.encode()]

    if wrong is None:
        (installation.folder / "hub").unlink()
    else:
        (installation.folder / "hub").write_text(wrong)

    assert list(secrets.of(hook)) == [SECRET.encode()]


def test_a_hook_that_is_not_there_is_named_with_those_that_are(installation: Installation) -> None:
    done = run(installation, "hook", "rotate", "nobody")

    assert isinstance(done.exception, NotFound)
    assert "hooks: hub, mine" in str(done.exception)


def test_a_secret_from_the_environment_is_not_replaced(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGSHORE_HOOKS_HUB_SECRET", new_secret())

    done = run(installation, "hook", "rotate", "hub")

    assert isinstance(done.exception, Refused)
    assert "LONGSHORE_HOOKS_HUB_SECRET" in str(done.exception)
    assert (installation.folder / "hub").read_text() == SECRET


def test_a_secret_of_ninety_days_is_spoken_of(installation: Installation) -> None:
    hook = installation.settings().hooks["hub"]
    assert age_warning(hook) is None

    long_ago = time.time() - 100 * 86400
    os.utime(installation.folder / "hub", (long_ago, long_ago))

    assert age_warning(hook) == ("hook hub: its secret is 100 days old; longshore hook rotate hub")


def test_hooks_are_listed_without_their_secrets(installation: Installation) -> None:
    done = run(installation, "hook", "list")

    assert "/hooks/hub/SECRET" in done.output
    assert SECRET not in done.output
