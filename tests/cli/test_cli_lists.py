# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lists of deliveries, runs and releases show, and their details."""

from __future__ import annotations

import re

import pytest

from tests.support.app_rows import change_app
from tests.support.commands import V2, as_json, begin_run, longshore, released
from tests.support.installation import Installation
from webhook_bridge.domain.deliveries import NewDelivery
from webhook_bridge.domain.events import NewEvent
from webhook_bridge.domain.hosts import HostState
from webhook_bridge.domain.inbound import InboundRequest
from webhook_bridge.domain.outcomes import Outcome
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.receiving import rejected_requests
from webhook_bridge.store import deliveries, events, rejected, releases, runs
from webhook_bridge.store.database import open_store

# A command leaves its connections to the end of its process, which is not the test's end.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("deliveries", "No delivery has come in yet."),
        ("runs", "Nothing has been run yet."),
        ("status", "never deployed"),
    ],
)
def test_an_empty_installation_says_so(installation: Installation, command: str, said: str) -> None:
    done = longshore(command, config=installation.file)

    assert done.returncode == (3 if command == "status" else 0)
    assert said in done.stdout


def test_deliveries_show_what_became_of_each(installation: Installation, filled: str) -> None:
    text = longshore("deliveries", config=installation.file).stdout

    assert "no_app" in text
    assert "no app uses it" in text
    [shown] = as_json("deliveries", config=installation.file)["deliveries"]
    assert shown["verdict"] == "no_app"


def test_one_delivery_is_shown_as_it_came(installation: Installation, filled: str) -> None:
    [listed] = as_json("deliveries", config=installation.file)["deliveries"]

    text = longshore("deliveries", listed["id"][:8], config=installation.file).stdout

    assert f"delivery {listed['id']} to hook" in text
    assert "no_app: no app uses it" in text
    assert "\x1b" not in text
    assert as_json("deliveries", listed["id"], config=installation.file)["body"]


def test_a_run_shows_its_hosts_and_the_last_words_of_what_failed(
    installation: Installation, filled: str
) -> None:
    text = longshore("runs", filled[:8], config=installation.file).stdout

    assert "deploy of shop: failed" in text
    assert "h1 | address in use" in text
    assert "\x1b" not in text
    assert as_json("runs", filled, config=installation.file)["outcomes"][0]["host"] == "h1"


def test_logs_print_what_ansible_printed_and_follow_tells_how_it_ended(
    installation: Installation, filled: str
) -> None:
    assert longshore("logs", filled, config=installation.file).stdout.startswith("TASK [Stage]")
    assert longshore("logs", filled, "--follow", config=installation.file).returncode == 1


def test_releases_are_listed_with_who_brought_them(installation: Installation, filled: str) -> None:
    done = longshore("releases", "shop", config=installation.file)

    assert done.returncode == 0
    assert "deploy: me" in done.stdout
    assert "111111111111" in done.stdout


LONG = "the port 80 is held by another process of this host " * 9


def fail_on_all_hosts(installation: Installation) -> str:
    """Have a run that failed on three hosts for one long reason; return its id."""
    states = {host: HostState("shop", host, reached=True, digest=V2) for host in ("h1", "h2", "h3")}
    released(installation, "shop", **states)
    told = [Outcome(host, "failed", "switch", LONG.strip(), V2) for host in states]
    run = begin_run(installation, *told)
    store = open_store(installation.settings().state_dir)
    with store.write() as connection:
        change_app(connection, "shop", applied_generation=2)
        runs.finish(connection, run, state="failed", reason=f"h1: {LONG.strip()}", now=6.0)
    store.close()
    return run


@pytest.mark.parametrize("words", [("status",), ("runs",), ("deliveries",)])
@pytest.mark.parametrize("terminal", [True, False])
def test_each_row_of_a_list_is_one_short_line(
    installation: Installation,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    *,
    terminal: bool,
) -> None:
    fail_on_all_hosts(installation)
    store = open_store(installation.settings().state_dir)
    with store.write() as connection:
        new = NewDelivery("hub", "dockerhub", "::1", {}, b"{}", 1.0)
        deliveries.decide(
            connection, deliveries.add(connection, new), code="held", detail=LONG, now=2.0
        )
    store.close()
    if terminal:
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("COLUMNS", "80")

    lines = longshore(*words, config=installation.file).stdout.splitlines()

    shown = [re.sub("\x1b[^m]*m", "", line).rstrip() for line in lines]
    assert len(shown) == {"status": 2, "runs": 3, "deliveries": 2}[words[0]]
    assert max(map(len, shown)) <= (80 if terminal else 180)
    assert "…" in "".join(shown)


def test_the_whole_reason_is_told_on_demand(installation: Installation) -> None:
    run = fail_on_all_hosts(installation)

    for words in (("runs", "--full"), ("runs", run), ("status", "--full"), ("status", "shop")):
        assert LONG.strip() in longshore(*words, config=installation.file).stdout, words


@pytest.mark.parametrize("words", [("runs", "RUN"), ("status", "shop")])
def test_a_reason_of_several_hosts_is_told_once(
    installation: Installation, words: tuple[str, ...]
) -> None:
    run = fail_on_all_hosts(installation)

    shown = longshore(*(run if word == "RUN" else word for word in words), config=installation.file)

    told = [line for line in shown.stdout.splitlines() if LONG.strip() in line]
    assert len(told) == 1, shown.stdout
    assert words[0] == "status" or "h2, h3: as above" in shown.stdout


def test_the_runs_of_an_app_that_is_not_declared_are_refused(installation: Installation) -> None:
    done = longshore("runs", "--app", "nosuch", config=installation.file)

    assert done.returncode == 4
    assert "no app 'nosuch' is declared in the apps file; declared: shop" in done.stderr
    assert longshore("runs", "--app", "shop", config=installation.file).returncode == 0


def test_the_runs_of_an_app_that_left_the_file_are_shown(installation: Installation) -> None:
    released(installation, "blog")

    [shown] = as_json("runs", "--app", "blog", config=installation.file)["runs"]

    assert shown["app"] == "blog"


@pytest.mark.parametrize("options", [(), ("--rejected",), ("--verdict", "no_app")])
def test_the_deliveries_of_a_hook_that_is_not_configured_are_refused(
    installation: Installation, options: tuple[str, ...]
) -> None:
    done = longshore("deliveries", "--hook", "nosuch", *options, config=installation.file)

    assert done.returncode == 4
    assert "no hook 'nosuch' is configured" in done.stderr
    assert "configured: hub, mine" in done.stderr
    known = longshore("deliveries", "--hook", "mine", *options, config=installation.file)
    assert known.returncode == 0


def test_the_deliveries_of_a_hook_that_was_taken_out_are_shown(installation: Installation) -> None:
    store = open_store(installation.settings().state_dir)
    with store.write() as connection:
        deliveries.add(connection, NewDelivery("old", "dockerhub", "::1", {}, b"{}", 1.0))
    store.close()

    [shown] = as_json("deliveries", "--hook", "old", config=installation.file)["deliveries"]
    filtered = longshore(
        "deliveries", "--hook", "old", "--verdict", "no_app", config=installation.file
    )

    assert shown["hook"] == "old"
    assert (filtered.returncode, filtered.stdout) == (0, "No such delivery.\n")


@pytest.mark.parametrize("words", [("events",), ("releases", "shop"), ("deliveries", "--rejected")])
def test_lists_print_their_last_column_whole_on_demand(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    actor = f"cli:{'someone-' * 9}"
    store = open_store(installation.settings().state_dir)
    with store.write() as connection:
        new = NewRelease("shop", "r/acme/shop", "latest", V2, "deploy", actor)
        releases.desire(connection, new, now=4.0)
        data = {"reason": actor}
        events.record(connection, NewEvent("run.ended", "me", 1.0, "shop", data=data))
        received = InboundRequest({}, b"", 1.0)
        note = rejected_requests.rejection(
            received, hook="hub", status=401, code="x", detail=actor, remote="::1"
        )
        rejected.add_all(connection, [note])
    store.close()
    assert actor in longshore(*words, config=installation.file).stdout  # a pipe
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")

    cut, whole = (
        longshore(*words, *more, config=installation.file).stdout for more in ((), ("--full",))
    )

    assert "…" in cut
    assert actor in re.sub("\x1b[^m]*m|\\s", "", whole)
