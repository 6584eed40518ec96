# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest
from flask.testing import FlaskClient

from tests.support.fleet_states import desire, healthy, save
from webhook_bridge.domain.hosts import HostState
from webhook_bridge.domain.outcomes import Outcome
from webhook_bridge.domain.runs import NewRun
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.store import releases, runs

V1, V2 = (f"sha256:{digit * 64}" for digit in "12")


def test_an_app_that_was_never_deployed_says_what_to_do(page: FlaskClient) -> None:
    assert "never deployed: push its image, or" in page.get("/").text


def test_without_any_app_the_page_says_how_to_declare_one(
    page: FlaskClient, bridge: Bridge
) -> None:
    bridge.apps.file.write_text('{"apps": {}}')

    text = page.get("/").text

    assert "No app yet." in text
    assert "apps.yml" in text


def test_hosts_that_run_the_release_are_counted_and_those_that_differ_are_named(
    page: FlaskClient, bridge: Bridge
) -> None:
    desire(bridge, V2, tag="1.4.2", state="good")
    hosts = [healthy(f"h{number:03}", V2) for number in range(118)]
    save(bridge, *hosts, healthy("h900", V1), HostState("shop", "h901", reached=False, seen_at=1.0))

    text = page.get("/").text

    assert "118 of 120 hosts run 1.4.2" in text
    assert "<b>1 differ</b>; <b>1 unreachable</b>" in text
    assert "<b>h900</b>" in text
    assert "<b>118 more</b></a> 1.4.2<small>running · healthy</small>" in text
    assert "<b>h007</b>" not in text


def test_a_host_that_failed_comes_before_one_that_differs(
    page: FlaskClient, bridge: Bridge
) -> None:
    desire(bridge, V2, tag="1.4.2", state="good")
    broken = HostState("shop", "z-broken", reached=True, seen_at=1.0, digest="", failed=True)
    save(bridge, healthy("a-behind", V1), broken, healthy("fine", V2))

    text = page.get("/").text

    assert text.index("<b>z-broken</b>") < text.index("<b>a-behind</b>") < text.index("<b>fine</b>")


def test_many_hosts_that_differ_alike_are_one_line(page: FlaskClient, bridge: Bridge) -> None:
    desire(bridge, V1, tag="1.4.1", state="good")
    desire(bridge, V2, tag="1.4.2", state="good")
    save(bridge, *(healthy(f"h{number:03}", V1) for number in range(100)), healthy("up", V2))

    text = page.get("/").text

    assert "<b>100</b></a> 1.4.1<small>runs another version</small>" in text
    assert "<b>h007</b>" not in text


def test_what_is_all_well_takes_one_line(page: FlaskClient, bridge: Bridge) -> None:
    desire(bridge, V2, tag="1.4.2", state="good")
    save(bridge, *(healthy(f"h{number:03}", V2) for number in range(100)))

    text = page.get("/").text

    assert "100 of 100 hosts run 1.4.2" in text
    assert "<small>running · healthy</small>" in text
    assert 'class="cells"' not in text


def test_hosts_are_found_by_a_part_of_their_name(page: FlaskClient, bridge: Bridge) -> None:
    desire(bridge, V2, tag="1.4.2", state="good")
    save(bridge, *(healthy(f"h{number:03}", V2) for number in range(20)))

    text = page.get("/?host=h01&show=").text

    assert "<b>h013</b>" in text
    assert "<b>h003</b>" not in text


def test_a_run_that_goes_on_shows_what_is_done_and_what_waits(
    page: FlaskClient, bridge: Bridge
) -> None:
    desire(bridge, V1, tag="1.4.1", state="good")
    save(bridge, healthy("h1", V1), healthy("h2", V1))
    release = desire(bridge, V2, tag="1.4.2")
    with bridge.store.write() as connection:
        run = runs.start(connection, NewRun("shop", release.id, 2, 1, "deploy"), now=5.0)
        runs.put_outcomes(
            connection, run.id, [Outcome("h1", "updated", "switch", "", V2, health="healthy")]
        )

    text = page.get("/").text

    assert f'1 of 2 hosts done by <a href="/runs/{run.id}">the run to 1.4.2</a>' in text
    assert "<b>h2</b> 1.4.1<small>waits for the run</small>" in text
    assert "<b>h1</b>" not in page.get("/?host=H2&show=").text


@pytest.mark.parametrize("health", ["unhealthy", "restarting", "paused"])
def test_a_container_that_is_not_well_counts_as_failed(
    page: FlaskClient, bridge: Bridge, health: str
) -> None:
    desire(bridge, V2, tag="1.4.2", state="good")
    save(bridge, healthy("h1", V2, health=health))

    assert 'class="cell failed"' in page.get("/").text


def test_a_host_that_never_reported_says_so(page: FlaskClient, bridge: Bridge) -> None:
    desire(bridge, V2, tag="1.4.2", state="good")
    save(bridge, HostState("shop", "h1", reason="no route to host"), healthy("h2", V2))

    text = page.get("/").text

    assert "<small>never reported: no route to host</small>" in text


def test_a_digest_without_a_tag_is_shown_by_its_first_digits(
    page: FlaskClient, bridge: Bridge
) -> None:
    desire(bridge, V2, tag=None, state="good")
    save(bridge, healthy("h1", V2))

    assert "1 of 1 host runs 222222222222" in page.get("/").text


def test_a_tag_that_two_digests_had_is_never_shown_alone(page: FlaskClient, bridge: Bridge) -> None:
    desire(bridge, V1, tag="latest", state="good")
    desire(bridge, V2, tag="latest", state="good")
    save(bridge, healthy("h1", V2))

    assert "runs latest (2222222)" in page.get("/").text


def test_three_hundred_hosts_of_twenty_apps_fit_into_150_kilobytes(
    page: FlaskClient, bridge: Bridge
) -> None:
    names = [f"app-{number:02}" for number in range(20)]
    _declare(bridge, *names)
    for name in names:
        desire(bridge, V2, tag="1.4.2", state="good", app=name)
        save(bridge, *(healthy(f"web-{n:03}.example.com", V1, app=name) for n in range(300)))

    assert len(page.get("/").data) <= 150_000
    assert len(page.get("/?show=all").data) <= 150_000


def test_long_reasons_of_hosts_that_never_reported_are_cut(
    page: FlaskClient, bridge: Bridge
) -> None:
    desire(bridge, V2, tag="1.4.2", state="good")
    save(bridge, HostState("shop", "h1", reason="x" * 5000))

    assert f"<small>never reported: {'x' * 160}</small>" in page.get("/").text


def test_an_app_that_left_the_apps_file_is_named(page: FlaskClient, bridge: Bridge) -> None:
    desire(bridge, V2, tag="1.4.2", app="gone")

    assert "<strong>gone</strong>" in page.get("/").text


def test_a_part_is_sent_again_only_where_it_has_changed(page: FlaskClient, bridge: Bridge) -> None:
    desire(bridge, V2, tag="1.4.2", state="good")
    first = page.get("/", headers={"Longshore-Version": "old"})

    same = page.get("/", headers={"Longshore-Version": first.headers["Longshore-Version"]})
    save(bridge, healthy("h1", V2))
    page.application.extensions["longshore.live"].young_s = 0.0  # a second later
    changed = page.get("/", headers={"Longshore-Version": first.headers["Longshore-Version"]})

    assert "<h1>Fleet</h1>" in first.text
    assert "<html" not in first.text
    assert same.data == b""
    assert "<b>h1</b>" in changed.text


def test_a_commit_that_changes_nothing_of_a_part_sends_nothing(
    page: FlaskClient, bridge: Bridge
) -> None:
    first = page.get("/", headers={"Longshore-Version": "old"})
    with bridge.store.write() as connection:
        releases.locked_app_row(connection, "another")
    page.application.extensions["longshore.live"].young_s = 0.0  # a second later

    again = page.get("/", headers={"Longshore-Version": first.headers["Longshore-Version"]})

    assert again.data == b""
    assert again.headers["Longshore-Version"] != first.headers["Longshore-Version"]


def test_the_next_look_comes_sooner_while_something_is_under_way(
    page: FlaskClient, bridge: Bridge
) -> None:
    idle = page.get("/", headers={"Longshore-Version": "old"})
    desire(bridge, V2, tag="1.4.2")
    active = page.get("/", headers={"Longshore-Version": "old"})

    assert (idle.headers["Longshore-Next"], active.headers["Longshore-Next"]) == ("15", "2")


def _declare(bridge: Bridge, *names: str) -> None:
    entry = {"image": "127.0.0.1:1/acme/shop", "hosts": "web"}
    bridge.apps.file.write_text(json.dumps({"apps": dict.fromkeys(names, entry)}))
