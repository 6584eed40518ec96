# SPDX-License-Identifier: GPL-3.0-or-later
"""What strangers chose is printed by every command, and never obeyed by a terminal."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import re
import sys
import threading
import unicodedata
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.installation import Installation
from webhook_bridge import logs as bridge_logs
from webhook_bridge.cli import main, output
from webhook_bridge.cli import status as status_command
from webhook_bridge.cli.follow import _print_event
from webhook_bridge.domain.deliveries import NewDelivery
from webhook_bridge.domain.events import NewEvent
from webhook_bridge.domain.hosts import HostState
from webhook_bridge.domain.image_labels import ImageLabels
from webhook_bridge.domain.inbound import InboundRequest
from webhook_bridge.domain.outcomes import Outcome
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.domain.runs import NewRun
from webhook_bridge.receiving import rejected_requests
from webhook_bridge.state_folder import RunFiles
from webhook_bridge.store import (
    deliveries,
    events,
    holds,
    host_states,
    image_labels,
    rejected,
    releases,
    runs,
)
from webhook_bridge.store.database import open_store

# ESC, CSI in one byte, right-to-left override, isolate, BOM, line separator, tag, noncharacter.
EVIL = "a\x1b[2J\x9b31m\u202eb\u2066\ufeff\u2028\x85\x7f\U000e0041\uffffz"
DIGEST = f"sha256:{'1' * 64}"
CLI = Path(output.__file__).parent

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def harmful(text: str) -> set[str]:
    """Return the characters of a text that steer a terminal or turn the direction of reading."""
    bad = ("Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn")
    return {c for c in text if unicodedata.category(c) in bad and c not in "\n\t"}


def longshore(*words: str, config: Path) -> str:
    """Return all that a command prints, in this process."""
    out = io.StringIO()
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(out),
        mock.patch.object(sys, "argv", ["longshore", "--config", str(config), *words]),
        contextlib.suppress(SystemExit),
    ):
        main()
    return out.getvalue()


@pytest.fixture
def identifiers(installation: Installation) -> tuple[str, str]:
    """A delivery and a run in which everything is what a stranger chose."""
    store = open_store(installation.settings().state_dir)
    with store.write() as connection:
        new = NewDelivery(EVIL, EVIL, EVIL, {f"X-{EVIL}": EVIL}, EVIL.encode(), 1.0)
        delivery = deliveries.add(connection, new)
        deliveries.decide(connection, delivery, code="no_app", detail=EVIL, now=2.0)
        received = InboundRequest({f"X-{EVIL}": EVIL}, EVIL.encode(), 1.0)
        note = rejected_requests.rejection(
            received, hook=EVIL, status=401, code=EVIL, detail=EVIL, remote=EVIL
        )
        rejected.add_all(connection, [note])
        release = releases.desire(
            connection,
            NewRelease("shop", EVIL, EVIL, DIGEST, "delivery", EVIL, delivery),
            now=1.0,
        )
        run = runs.start(connection, NewRun("shop", release.id, 1, 1, "deploy", ()), now=2.0)
        outcome = Outcome(EVIL, "failed", "switch", EVIL, DIGEST, log=(EVIL,))
        runs.add_outcomes(connection, run.id, [outcome])
        runs.finish(connection, run.id, state="failed", reason=f"{EVIL}\n{EVIL}", now=3.0)
        holds.hold(connection, "shop", DIGEST, reason=EVIL, run_id=None, now=1.0)
        image_labels.put(connection, DIGEST, ImageLabels(EVIL, EVIL, EVIL, EVIL))
        host = HostState("shop", EVIL, reached=True, seen_at=1.0, digest=DIGEST, health=EVIL)
        more = {"reason": EVIL, "container": EVIL, "extra_container": EVIL}
        other = replace(host, host=f"{EVIL}2", other_options=(EVIL,), **more)
        host_states.save(connection, [host, other])
        data = {EVIL: EVIL, "hosts": [EVIL]}
        happened = NewEvent("run.ended", EVIL, 1.0, EVIL, EVIL, EVIL, EVIL, EVIL, data)
        events.record(connection, happened)
    store.close()
    files = RunFiles.of(installation.state, run.id)
    files.folder.mkdir(parents=True)
    files.log.write_bytes(EVIL.encode() + b"\xff\n")
    return delivery, run.id


@pytest.mark.parametrize(
    "words",
    [
        ("deliveries",),
        ("deliveries", "--rejected"),
        ("delivery", "DELIVERY"),
        ("delivery", "DELIVERY", "--curl"),
        ("redeliver", "DELIVERY", "--dry-run"),
        ("runs",),
        ("runs", "RUN"),
        ("logs", "RUN"),
        ("logs", "RUN", "--follow"),
        ("cancel", "RUN"),
        ("status",),
        ("status", "shop"),
        ("status", "--full"),
        ("releases", "shop"),
        ("releases", "shop", "--full"),
        ("plan", "shop", "--digest", DIGEST),
        ("inventory", "list"),
        ("events",),
        ("events", "--full"),
        ("events", "--kind", EVIL),
        ("reconcile", "shop", "--no-wait"),
        ("runs", EVIL),
        ("deploy", EVIL),
        ("deploy", "shop", "--tag", EVIL),
        ("unhold", "shop", EVIL),
        ("rollback", "shop", "--to", EVIL),
        ("deliveries", "--verdict", EVIL),
        ("deliveries", "--since", EVIL),
        (f"--{EVIL}",),
        ("hook", "rotate", EVIL),
        ("hook", "list"),
    ],
)
def test_no_command_prints_what_steers_a_terminal(
    installation: Installation, identifiers: tuple[str, str], words: tuple[str, ...]
) -> None:
    delivery, run = identifiers
    ids = {"DELIVERY": delivery, "RUN": run}
    command = [ids.get(word, word) for word in words]

    text = longshore(*command, config=installation.file)
    as_json = longshore(*command, "--json", config=installation.file)

    assert text
    assert harmful(text) == set()
    assert harmful(as_json) == set()


@pytest.mark.parametrize(
    "words",
    [
        ("status",),
        ("status", "shop"),
        ("releases", "shop"),
        ("events",),
        ("deliveries",),
        ("runs",),
    ],
)
def test_no_table_on_a_terminal_holds_another_escape_than_a_colour(
    installation: Installation,
    identifiers: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")

    for full in ((), ("--full",) if words != ("status", "shop") else ()):
        text = longshore(*words, *full, config=installation.file)

        colours = re.compile("\x1b\\[[0-9;]*m")
        assert colours.search(text)
        assert harmful(colours.sub("", text)) == set()


def test_json_decodes_to_what_was_sent(
    installation: Installation, identifiers: tuple[str, str]
) -> None:
    shown = longshore("delivery", identifiers[0], "--json", config=installation.file)

    assert json.loads(shown)["body"] == EVIL
    assert json.loads(shown)["headers"] == {f"X-{EVIL}": EVIL}


@given(st.text(st.characters()), st.text())
def test_json_is_harmless_and_decodes_to_the_same(text: str, key: str) -> None:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        output.print_json({key: [text]})

    assert json.loads(out.getvalue()) == {key: [text]}
    assert harmful(out.getvalue()) == set()
    assert "\t" not in out.getvalue()


def test_json_stays_readable() -> None:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        output.print_json("é 日本 😀")

    assert out.getvalue() == '"é 日本 😀"\n'


def test_events_of_a_run_are_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    _print_event({"event": "step", "task": EVIL})
    _print_event({"event": "outcome", "host": f"{EVIL}\nh2: updated", "outcome": EVIL})

    told = capsys.readouterr().err
    assert harmful(told) == set()
    assert len(told.splitlines()) == 2


def test_an_error_that_nobody_expected_is_harmless(installation: Installation) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError(EVIL)

    with mock.patch.object(status_command, "open_apps", fail):
        text = longshore("status", config=installation.file)

    assert "RuntimeError: a [2J" in text
    assert harmful(text) == set()


@pytest.mark.parametrize("formatter", [bridge_logs.JsonLines(), bridge_logs.Lines()])
def test_a_log_line_is_harmless(formatter: logging.Formatter) -> None:
    error = RuntimeError(EVIL)
    record = logging.LogRecord(
        "x", logging.ERROR, "", 1, "said %s", (EVIL,), (RuntimeError, error, None)
    )

    assert harmful(formatter.format(record)) == set()


def test_what_ends_a_thread_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise RuntimeError("why it ended")

    with mock.patch.object(threading, "excepthook", bridge_logs._log_end_of_thread):
        thread = threading.Thread(target=fail, name="worker")
        thread.start()
        thread.join()

    assert "thread worker ended" in caplog.text
    assert "why it ended" in caplog.text


def test_commands_print_only_through_the_one_place() -> None:
    for file in CLI.glob("*.py"):
        source = file.read_text()
        if file.name != "output.py":
            assert "click.echo" not in source, file
            assert "click.secho" not in source, file
            assert not re.search(r"(?<!\w)print\(", source), file
            assert "sys.std" not in source.replace("log_to(sys.stderr)", ""), file
