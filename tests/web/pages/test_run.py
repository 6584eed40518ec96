# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest
from flask.testing import FlaskClient

from tests.support.fleet_states import desire, healthy, save
from webhook_bridge.domain.outcomes import Outcome
from webhook_bridge.domain.runs import NewRun
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.state_folder import RunFiles
from webhook_bridge.store import runs

V2 = f"sha256:{'2' * 64}"


def log_of(bridge: Bridge, run_id: str):
    return RunFiles.of(bridge.settings.state_dir, run_id).log


def test_a_run_shows_the_host_that_failed_with_its_last_words(
    page: FlaskClient, run_id: str
) -> None:
    text = page.get(f"/runs/{run_id}").text

    assert "port taken" in text
    assert "Last words of its container (2 lines)" in text
    assert "Retry hosts that failed…" in text


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
    switch = {"event": "step", "play": "Switch to the release"}
    told = [
        {"event": "step", "play": "Stage the release on every host", "task": "Stage", "at": 103.0},
        {**switch, "task": "See", "at": 110.0},
        {**switch, "task": "Switch", "at": 111.0},
        {"event": "outcome", "host": "h1", "outcome": "updated", "at": 112.0},
        {**switch, "task": "See", "at": 115.0},
    ]
    files = RunFiles.of(bridge.settings.state_dir, run.id)
    files.folder.mkdir(parents=True)
    files.events.write_text("".join(json.dumps(one) + "\n" for one in told))
    return run.id


def test_the_time_of_a_run_is_told_by_phase(page: FlaskClient, active: str) -> None:
    text = page.get(f"/runs/{active}").text

    for name, took in (("pre-flight", "3.0 s"), ("stage", "7.0 s"), ("canary", "5.0 s")):
        assert f'<th scope="row">{name}</th><td class="num">{took}</td>' in text
    assert "Batch 2 took longest" in text
    assert '<td class="wide-only">h1</td>' in text


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
