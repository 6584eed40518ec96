# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import time

import pytest
from flask.testing import FlaskClient

from tests.support.fleet_states import desire, healthy, save
from webhook_bridge.domain.outcomes import Outcome
from webhook_bridge.domain.run_steps import Batch, HostStep, RunSteps
from webhook_bridge.domain.runs import NewRun
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.state_folder import RunFiles
from webhook_bridge.store import run_steps, runs

V2 = f"sha256:{'2' * 64}"


STEPS = RunSteps(
    (
        HostStep("h1", "preflight", 101.0, 104.0, good=True),
        HostStep("h1", "stage", 104.0, 111.0, good=True),
        HostStep("h1", "switch", 111.0, 116.0, good=True),
        HostStep("h2", "stage", 104.0, 110.0, good=True),
    ),
    (Batch(("h1",), 111.0), Batch(("h2", "h3"), 117.0)),
)


def log_of(bridge: Bridge, run_id: str):
    return RunFiles.of(bridge.settings.state_dir, run_id).log


def test_a_run_shows_the_host_that_failed_with_its_last_words(
    page: FlaskClient, run_id: str
) -> None:
    text = page.get(f"/runs/{run_id}").text

    assert "port taken" in text
    assert "Last words of its container (2 lines)" in text
    assert "Deploy it again…" in text


def test_what_a_host_printed_is_text(page: FlaskClient, run_id: str) -> None:
    text = page.get(f"/runs/{run_id}").text

    assert "TASK [Stage]\n�&lt;script&gt;" in text
    assert "<script>\n" not in text


@pytest.fixture
def active(bridge: Bridge) -> str:
    """A run that has come to its second batch."""
    release = desire(bridge, V2, tag="1.4.2")
    save(bridge, *(healthy(f"h{number}", V2) for number in range(1, 5)))
    with bridge.store.write() as connection:
        run = runs.start(connection, NewRun("shop", release.id, 1, 1, "deploy"), now=100.0)
        runs.put_outcomes(connection, run.id, [Outcome("h1", "updated", "switch", "", V2)])
        run_steps.put(connection, run.id, STEPS)
    log_of(bridge, run.id).parent.mkdir(parents=True)
    return run.id


def test_the_time_of_a_run_is_drawn_from_the_steps_of_its_hosts(
    page: FlaskClient, active: str
) -> None:
    text = page.get(f"/runs/{active}").text

    for name, took in (("start of Ansible", "1.0 s"), ("pre-flight", "3.0 s"), ("stage", "7.0 s")):
        assert f'<th scope="row">{name}</th><td class="num">{took}</td>' in text
    assert '<th scope="row">canary</th><td class="num">5.0 s</td>' in text
    assert '<td class="wide-only">h1</td>' in text
    assert '<span class="step">stage 7.0 s</span> <span class="step">switch 5.0 s</span>' in text
    assert "now: the batches" in text
    assert "So far, " in text


@pytest.mark.parametrize(
    ("is_restored", "says"),
    [
        (True, "</span>, the old container runs)"),
        (False, " ✘</span> the old container is not known to run)"),
    ],
)
def test_what_lies_within_a_switch_stands_in_brackets_and_says_whether_the_old_one_runs(
    page: FlaskClient, bridge: Bridge, active: str, *, is_restored: bool, says: str
) -> None:
    steps = (
        HostStep("h1", "switch", 111.0, 113.5, good=False),
        HostStep("h1", "health", 111.3, 112.4, good=False),
        HostStep("h1", "way_back", 112.4, 113.4, good=is_restored),
        HostStep("h1", "after_switch", 114.0, 115.0, good=True),
    )
    with bridge.store.write() as connection:
        run_steps.put(connection, active, RunSteps(steps, (Batch(("h1",), 111.0),)))

    text = page.get(f"/runs/{active}").text

    line = text.partition('data-label="Steps">')[2].partition("</td>")[0]
    assert line.startswith(
        '<span class="step">switch 2.5 s ✘</span> '
        '<span class="within">(<span>health check 1.1 s ✘</span>,</span> '
        '<span class="within"><span>going back 1.0 s'
    )
    assert says in line
    assert line.endswith('</span> <span class="step">after 1.0 s</span>')


def test_a_run_stands_beside_the_median_of_those_before_it(
    page: FlaskClient, bridge: Bridge, active: str
) -> None:
    with bridge.store.write() as connection:
        runs.finish(connection, active, state="succeeded", reason="", now=120.0)
        release = runs.get(connection, active).release_id
        later = runs.start(connection, NewRun("shop", release, 2, 2, "deploy"), now=200.0)
        slow = HostStep("h1", "stage", 201.0, 231.0, good=True)
        run_steps.put(connection, later.id, RunSteps((slow,)))
        runs.finish(connection, later.id, state="failed", reason="", now=240.0)

    text = page.get(f"/runs/{later.id}").text

    assert "30 s of 31 s were stage: longer than usual, the median is 7.0 s." in text
    assert '<td class="num">30 s<small class="narrow-only">median 7.0 s</small></td>' in text
    assert '<td class="num dim wide-only">7.0 s</td>' in text
    assert "median of 1 run before it" in text


def test_of_a_run_without_steps_the_part_it_is_in_is_told(
    page: FlaskClient, bridge: Bridge
) -> None:
    release = desire(bridge, V2, tag="1.4.2")
    with bridge.store.write() as connection:
        run = runs.start(connection, NewRun("shop", release.id, 1, 1, "deploy"), now=time.time())

    assert "now: the start of Ansible" in page.get(f"/runs/{run.id}").text


def test_a_run_that_goes_on_shows_who_waits_and_can_be_canceled(
    page: FlaskClient, bridge: Bridge, active: str
) -> None:
    text = page.get(f"/runs/{active}").text
    asked = page.get(f"/runs/{active}/cancel").text
    answer = page.post(f"/runs/{active}/cancel")

    assert "3 waiting" in text
    assert "no further batch begins" in asked
    assert answer.location == f"/runs/{active}"
    with bridge.store.read() as connection:
        assert runs.get(connection, active).canceled_by == "user:ann"


def test_a_run_that_goes_on_says_of_each_host_in_which_step_it_is(
    page: FlaskClient, active: str
) -> None:
    text = page.get(f"/runs/{active}").text

    for host, words in (("h2", "switch since"), ("h3", "switch since"), ("h4", "waits")):
        assert f"</span> {host}</span></th><td>{words}" in text
    assert text.index("</span> h1</span></th>") < text.index("</span> h2</span></th>")


def test_a_host_that_no_run_has_met_before_is_named_from_its_first_step_on(
    page: FlaskClient, bridge: Bridge
) -> None:
    release = desire(bridge, V2, tag="1.4.2")
    with bridge.store.write() as connection:
        run = runs.start(connection, NewRun("shop", release.id, 1, 1, "deploy"), now=time.time())
    before = page.get(f"/runs/{run.id}").text
    with bridge.store.write() as connection:
        run_steps.put(connection, run.id, RunSteps(STEPS.steps[:1]))
    text = page.get(f"/runs/{run.id}").text

    assert "No host has reported yet." in before
    assert "No host has reported yet." not in text
    assert "</span> h1</span></th><td>stage since" in text


def test_a_run_that_has_ended_is_not_canceled(page: FlaskClient, run_id: str) -> None:
    answer = page.post(f"/runs/{run_id}/cancel")

    assert answer.status_code == 409
    assert "has ended already" in answer.text


def test_of_a_long_log_the_last_lines_are_shown_and_the_rest_on_demand(
    page: FlaskClient, bridge: Bridge, run_id: str
) -> None:
    log_of(bridge, run_id).write_text("".join(f"line {n}\n" for n in range(100_000)))

    whole = page.get(f"/runs/{run_id}").text
    place = int(whole.partition('data-start="')[2].partition('"')[0])
    before = page.get(f"/runs/{run_id}/log/part?before={place}")

    assert "line 99999\n" in whole
    assert "line 99499\n" not in whole
    assert len(whole) < 50_000
    assert before.text.splitlines()[-1] == "line 99499"
    assert len(before.text.splitlines()) == 500


def test_the_page_of_a_log_says_which_of_its_lines_are_shown(
    page: FlaskClient, bridge: Bridge, run_id: str
) -> None:
    log_of(bridge, run_id).write_text("".join(f"line {n}\n" for n in range(3000)) + "fatal: x")
    address = f"/runs/{run_id}/log"

    whole = page.get(address).text
    place = whole.partition('data-start="')[2].partition('"')[0]
    before = page.get(f"{address}?before={place}").text
    log_of(bridge, run_id).write_text("one\ntwo\n")
    short = page.get(address).text

    assert "<run-log data-source=" in whole
    assert "The last 500 lines of 3,001." in whole
    assert "Jump to the newest" in whole
    assert "Lines 2,002 to 2,501 of 3,001." in before
    assert "The end of the log" in before
    assert "All 2 lines." in short


def test_the_page_of_a_log_follows_a_run_that_goes_on(
    page: FlaskClient, bridge: Bridge, active: str
) -> None:
    log_of(bridge, active).write_text("one\ntwo\n")

    assert " data-running>" in page.get(f"/runs/{active}/log").text
    assert " data-running>" not in page.get(f"/runs/{active}/log?before=4").text


def test_what_a_log_got_since_is_sent_without_what_was_there(
    page: FlaskClient, bridge: Bridge, active: str
) -> None:
    log = log_of(bridge, active)
    log.write_text("one\ntwo")
    first = page.get(f"/runs/{active}/log/part?after=0")
    log.write_text("one\ntwo\nthree\n")
    second = page.get(f"/runs/{active}/log/part?after={first.headers['Longshore-Log-End']}")

    assert (first.text, second.text) == ("one\n", "two\nthree\n")
    assert second.headers["Longshore-Log-Over"] == "no"


def test_a_log_is_searched(page: FlaskClient, bridge: Bridge, run_id: str) -> None:
    log_of(bridge, run_id).write_text("one\nfatal: <b>Boom</b>\nthree\n")

    text = page.get(f"/runs/{run_id}/log?q=boom").text

    assert "1 line with" in text
    assert "fatal: &lt;b&gt;Boom&lt;/b&gt;" in text


def test_a_log_is_downloaded_also_in_part(page: FlaskClient, run_id: str) -> None:
    address = f"/runs/{run_id}/log.txt"

    with page.get(address) as whole, page.get(address, headers={"Range": "bytes=0-3"}) as part:
        assert whole.headers["Content-Disposition"].startswith("attachment")
        assert (part.status_code, part.data) == (206, b"TASK")


def test_a_run_without_a_log_says_so(page: FlaskClient, bridge: Bridge, run_id: str) -> None:
    log_of(bridge, run_id).unlink()

    assert "Nothing was printed" in page.get(f"/runs/{run_id}").text
    assert "Nothing was printed" in page.get(f"/runs/{run_id}/log").text
