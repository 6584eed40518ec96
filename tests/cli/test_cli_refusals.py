# SPDX-License-Identifier: GPL-3.0-or-later
"""What a command says that cannot be done, and its exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.commands import V1, longshore
from tests.support.installation import Installation

# A command leaves its connections to the end of its process, which is not the test's end.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def test_without_settings_every_command_says_how_to_begin(tmp_path: Path) -> None:
    done = longshore("status", cwd=tmp_path)

    assert done.returncode == 2
    assert done.stderr == "longshore: longshore.toml: does not exist; run: longshore init\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("status", "none"), "no app 'none' is declared in the apps file; declared: shop"),
        (("deploy", "none"), "no app 'none' is declared in the apps file; declared: shop"),
        (("rollback", "none"), "no app 'none' is declared in the apps file; declared: shop"),
        (("runs", "none"), "no run has an id that starts with 'none'"),
        (("logs", "none"), "no run has an id that starts with 'none'"),
        (("cancel", "none"), "no run has an id that starts with 'none'"),
        (("rollback", "shop"), "shop: was never deployed by this bridge"),
        (("rollback", "shop", "--to", "1"), "shop: was never deployed by this bridge"),
        (("reconcile", "shop"), "shop: was never deployed by this bridge"),
        (("reconcile", "none"), "no app 'none' is declared in the apps file; declared: shop"),
        (("releases", "none"), "no app 'none' is declared in the apps file; declared: shop"),
        (("unhold", "shop", V1), "shop: 111111111111 is not held; held: none"),
        (("deploy", "shop", "--tag", "--x"), "tag must be a tag such as 1.4.2, not '--x'"),
        (("deploy", "shop", "--digest", "sha256:1"), "digest must be sha256: and 64 hex digits"),
        (("deploy", "shop"), "accepts no connection"),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_reason(
    installation: Installation, arguments: tuple[str, ...], said: str
) -> None:
    done = longshore(*arguments, config=installation.file)

    assert done.returncode == 4
    assert said in done.stderr
    assert done.stderr.startswith("longshore: ")


@pytest.mark.parametrize("arguments", [("nonsense",), ("deploy",), ("runs", "--limit", "0")])
def test_wrong_usage_is_exit_code_2(installation: Installation, arguments: tuple[str, ...]) -> None:
    assert longshore(*arguments, config=installation.file).returncode == 2
    done = longshore(*arguments, "--json", config=installation.file)
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"] == "usage"
