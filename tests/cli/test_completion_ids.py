# SPDX-License-Identifier: GPL-3.0-or-later
"""What a shell completes of the store: ids and digests, which nobody can guess."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from click.shell_completion import BashComplete

from tests.support.commands import V1, V2, begin_run, released
from tests.support.installation import Installation
from webhook_bridge.cli.completion import COMPLETE_VARIABLE
from webhook_bridge.cli.main import longshore
from webhook_bridge.domain.deliveries import NewDelivery
from webhook_bridge.domain.releases import UNFINISHED
from webhook_bridge.store import deliveries, holds
from webhook_bridge.store.database import open_store

V3 = f"sha256:{'3' * 64}"
SHORT = {digest: digest[7:19] for digest in (V1, V2, V3)}
SLOW = ("sqlalchemy", "alembic", "pydantic", "rich")
PROGRAM = f"""
import sys
from webhook_bridge.cli import main
try:
    main()
finally:
    print(*sorted(set({SLOW!r}) & set(sys.modules)), file=sys.stderr)
"""


def complete(installation: Installation, *words: str) -> list[str]:
    shell = BashComplete(longshore, {}, "longshore", COMPLETE_VARIABLE)
    given = ["--config", str(installation.file), *words[:-1]]
    return [item.value for item in shell.get_completions(given, words[-1])]


@pytest.fixture
def ids(installation: Installation) -> dict[str, str]:
    """A release that ran well, a newer one whose run goes on, a delivery, and held digests."""
    released(installation, "shop")
    run = begin_run(installation)
    store = open_store(installation.settings().state_dir)
    with store.write() as connection:
        new = NewDelivery("hub", "dockerhub", "::1", {}, b"{}", 1.0)
        delivery = deliveries.add(connection, new)
        for digest, reason in ((V3, "rolled back"), (V1, UNFINISHED)):
            holds.hold(connection, "shop", digest, reason=reason, run_id=None, now=1.0)
    store.close()
    return {"RUN": run, "DELIVERY": delivery}


@pytest.mark.parametrize("by_stand_in", [True, False])
@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("logs", "RUN"),
        ("cancel", "RUN"),
        ("runs", "RUN"),
        ("delivery", "DELIVERY"),
        ("deliveries", "DELIVERY"),
        ("redeliver", "DELIVERY"),
    ],
)
def test_ids_are_completed(
    installation: Installation,
    ids: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    kind: str,
    *,
    by_stand_in: bool,
) -> None:
    if by_stand_in:
        monkeypatch.setenv(COMPLETE_VARIABLE, "bash_complete")
    whole = ids[kind]

    assert whole[:8] in complete(installation, command, "")
    assert complete(installation, command, whole[:6]) == [whole[:8]]
    assert complete(installation, command, whole[:9]) == [whole]
    assert complete(installation, command, "%") == []


def test_only_runs_that_go_on_are_offered_to_cancel(
    installation: Installation, ids: dict[str, str]
) -> None:
    assert complete(installation, "cancel", "") == [ids["RUN"][:8]]
    assert len(complete(installation, "logs", "")) == 2


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("rollback", "shop", "--to", ""), [SHORT[V1]]),
        (("deploy", "shop", "--digest", ""), [SHORT[V2], SHORT[V1]]),
        (("deploy", "shop", "--digest", "1"), [SHORT[V1]]),
        (("deploy", "shop", "--digest", "sha256:2"), [V2]),
        (("deploy", "--digest", ""), []),
        (("unhold", "shop", ""), [SHORT[V3]]),
        (("unhold", "blog", ""), []),
    ],
)
@pytest.mark.usefixtures("ids")
def test_digests_are_completed(
    installation: Installation, words: tuple[str, ...], offered: list[str]
) -> None:
    assert complete(installation, *words) == offered


@pytest.mark.parametrize("content", [None, b"nonsense", b""])
def test_a_store_that_cannot_be_read_completes_nothing_and_is_left_alone(
    installation: Installation, content: bytes | None
) -> None:
    file = installation.state / "longshore.db"
    file.unlink()
    if content is not None:
        file.write_bytes(content)

    for words in (("logs", ""), ("unhold", "shop", ""), ("rollback", "shop", "--to", "")):
        assert complete(installation, *words) == []

    assert (file.read_bytes() if file.exists() else None) == content


@pytest.mark.parametrize(("words", "offered"), [("logs ", "RUN"), ("unhold shop ", SHORT[V3])])
def test_ids_are_completed_without_slow_imports(
    installation: Installation, ids: dict[str, str], words: str, offered: str
) -> None:
    typed = f"longshore {words}"
    environ = {
        "LONGSHORE_CONFIG": str(installation.file),
        COMPLETE_VARIABLE: "bash_complete",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(typed.count(" ")),
    }

    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.argv[0] = 'longshore'\n{PROGRAM}"],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )

    assert f"plain,{ids.get(offered, offered)[: 12 if offered != 'RUN' else 8]}" in done.stdout
    assert done.stderr.strip() == ""
