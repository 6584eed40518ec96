# SPDX-License-Identifier: GPL-3.0-or-later
"""A line for each host, and a box for a failure, while a run is followed."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from rich.cells import cell_len

from tests.support.commands import longshore
from tests.support.installation import Installation
from webhook_bridge.cli.live_lines import LiveLines
from webhook_bridge.domain.runs import NewRun, Run
from webhook_bridge.store import runs

# A command leaves its connections to the end of its process, which is not the test's end.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
EXPECTED = {"event": "expected", "at": 0.0, "hosts": ["h1", "h2"]}
COLOUR = re.compile("\x1b\\[[0-9;]*3[0-7][0-9;]*m")


def step(host: str, word: str, took: float) -> dict[str, Any]:
    return {"event": "host_step", "host": host, "step": word, "began": 5.0, "ended": 5.0 + took}


def outcome(host: str, word: str, reason: str = "", *log: str) -> dict[str, Any]:
    told = {"event": "outcome", "host": host, "outcome": word}
    return {**told, "reason": reason, "log": list(log)}


ROLLOUT = (
    EXPECTED,
    {"event": "step", "task": "Stage", "play": "x"},
    step("h1", "preflight", 0.3),
    step("h1", "stage", 0.4),
    {"event": "batch", "at": 6.0, "number": 1, "hosts": ["h1"]},
    step("h1", "switch", 0.1),
    outcome("h1", "updated", "runs shop-1"),
    outcome("h2", "restored", "it exited with 1", "no database", "bye"),
)


def shown(capsys: pytest.CaptureFixture[str], *events: dict[str, Any], err: bool = False) -> str:
    with LiveLines(err=err) as lines:
        for event in events:
            lines.show(event)
    out, error = capsys.readouterr()
    assert (out if err else error) == ""
    return error if err else out


def test_without_a_terminal_each_host_is_a_plain_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, *ROLLOUT).splitlines() == [
        "✔ h1 0.8 s",
        "↺ h2  restored: it exited with 1",
        "  h2 | no database",
        "  h2 | bye",
    ]


@pytest.mark.parametrize(
    ("word", "line"),
    [
        ("updated", "✔ h1"),
        ("unchanged", "✔ h1  unchanged"),
        ("failed", "✘ h1  failed: why"),
        ("unreachable", "○ h1  unreachable: why"),
        ("registry_trouble", "○ h1  registry_trouble: why"),
        ("skipped", "- h1  skipped: why"),
        ("of tomorrow", "? h1  of tomorrow: why"),
    ],
)
def test_a_sign_and_a_word_say_how_a_host_ended(
    capsys: pytest.CaptureFixture[str], word: str, line: str
) -> None:
    assert shown(capsys, EXPECTED, outcome("h1", word, "why")).splitlines() == [line]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.mark.usefixtures("terminal")
def test_a_failure_stands_in_a_box_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, *ROLLOUT[:-1], outcome("h2", "failed", "word " * 40, "no database"))

    lines = re.sub("\x1b\\[[0-9;?]*[a-zA-Z]|\r", "", text).splitlines()
    box = [line for line in lines if line.startswith(("╭", "│", "╰"))]
    assert "h2: failed" in box[0]
    assert any("no database" in line for line in box)
    assert {cell_len(line) for line in box} == {80}
    assert COLOUR.search(text)


@pytest.mark.usefixtures("terminal")
def test_no_colour_is_shown_where_nobody_wants_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    text = shown(capsys, *ROLLOUT)

    assert COLOUR.search(text) is None
    assert "✔ h1 0.8 s" in text


@pytest.mark.usefixtures("terminal")
def test_hosts_that_are_worked_on_are_shown_with_their_step(
    capsys: pytest.CaptureFixture[str],
) -> None:
    hosts = [f"h{n}" for n in range(1, 300)]

    with LiveLines(err=False) as lines:
        for event in ({**EXPECTED, "hosts": hosts}, *ROLLOUT[2:5]):
            lines.show(event)
        lines._live.refresh()
    text = capsys.readouterr().out

    assert re.search(r"h1  switch \d+ s", text)
    assert re.search(r"h2  pre-flight \d+ s", text)
    assert "and 291 more hosts" in text


@pytest.mark.usefixtures("terminal")
def test_what_a_host_says_steers_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "\x1b[2J[bold]\x07\u202e"

    text = shown(capsys, EXPECTED, outcome("h1", "failed", hostile, hostile), err=True)

    assert "\x1b[2J" not in text
    assert "\u202e" not in text
    assert "[bold]" in text


def test_an_encoding_without_the_signs_gets_others(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rich.console.Console.encoding", "ascii")

    assert shown(capsys, *ROLLOUT[:-1]).splitlines() == ["+ h1 0.8 s"]


@pytest.fixture
def followed(served: Installation, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """An installation in which a run that nobody starts is over at once, with its events."""

    def follow(_settings: Any, store: Any, release: Any, *, show: Any, **_more: Any) -> Run:
        for event in ROLLOUT:
            show(event)
        with store.write() as connection:
            new = NewRun("shop", release.id, 1, 1, "deploy")
            run = runs.start(connection, new, now=1.0)
            runs.finish(connection, run.id, state="restored", reason="h2: it exited", now=2.0)
            return runs.get(connection, run.id)

    monkeypatch.setattr("webhook_bridge.cli.deploy.follow_release", follow)
    monkeypatch.setattr("webhook_bridge.cli.deploy.is_served", lambda _settings: True)
    return served


def test_a_deploy_that_is_followed_ends_with_how_it_went(followed: Installation) -> None:
    done = longshore("deploy", "shop", "--follow", config=followed.file)

    lines = done.stdout.splitlines()
    assert done.returncode == 1, done.stderr
    assert lines[0] == "✔ h1 0.8 s"
    assert "shop latest: restored: h2: it exited" in lines
    assert "HOST" not in done.stdout


def test_with_json_the_lines_are_kept_from_what_programs_read(followed: Installation) -> None:
    done = longshore("deploy", "shop", "--follow", "--json", config=followed.file)

    assert json.loads(done.stdout)["state"] == "restored"
    assert "✔ h1 0.8 s" in done.stderr


def test_what_is_left_to_the_bridge_cannot_be_followed(served: Installation) -> None:
    done = longshore("deploy", "shop", "--follow", "--no-wait", config=served.file)

    assert done.returncode == 2
    assert "leave out --no-wait" in done.stderr
