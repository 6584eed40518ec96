# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.support.installation import SECRET
from webhook_bridge.domain.deliveries import NewDelivery, NewRejected
from webhook_bridge.domain.events import NewEvent
from webhook_bridge.domain.image_labels import ImageLabels
from webhook_bridge.domain.releases import NewRelease, ReleaseState
from webhook_bridge.domain.runs import NewRun
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.store import deliveries, events, image_labels, rejected, releases, runs

V2 = f"sha256:{'2' * 64}"
HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e"


def deliver(
    bridge: Bridge,
    body: bytes = b'{"tag": "1.4.2"}',
    *,
    at: float = 1000.0,
    verdict: str | None = "no_app",
    detail: str = "no app uses it",
    hook: str = "hub",
    remote: str = "192.0.2.7",
    headers: dict[str, str] | None = None,
) -> str:
    """Store a delivery with its verdict, and return its id."""
    new = NewDelivery(hook, "dockerhub", remote, headers or {}, body, at)
    with bridge.store.write() as connection:
        identifier = deliveries.add(connection, new)
        if verdict is not None:
            deliveries.decide(connection, identifier, code=verdict, detail=detail, now=at + 1)
    return identifier


def refuse(bridge: Bridge, *, at: float = 2000.0, detail: str = "the secret is wrong") -> None:
    new = NewRejected("hub", 401, "unauthorized", detail, "192.0.2.9", {}, 2, b"{}", at, 3)
    with bridge.store.write() as connection:
        rejected.add_all(connection, [new])


def test_without_a_delivery_the_page_says_how_to_get_one(page: FlaskClient) -> None:
    assert "Nothing has come in yet." in page.get("/deliveries").text


def test_accepted_and_refused_stand_in_one_list_newest_first(
    page: FlaskClient, bridge: Bridge
) -> None:
    deliver(bridge, at=1000.0)
    refuse(bridge, at=2000.0)
    deliver(bridge, at=3000.0, verdict=None)

    text = page.get("/deliveries").text

    assert text.index("waiting") < text.index("refused 401") < text.index("no app uses it")
    assert "3 more were refused just before" in text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("hook=mine", ["second"]),
        ("verdict=held", ["second"]),
        ("verdict=refused", ["refusal"]),
        ("tag=7.7", ["second"]),
        ("digest=2222222222", ["second"]),
        ("address=198.51.", ["second"]),
        ("app=shop", ["first"]),
        ("text=first", ["first"]),
        ("text=%25", []),
        ("since=1970-01-01T00:30", ["second"]),
        ("until=1970-01-01T00:20", ["first", "refusal"]),
        ("hook=&verdict=&text=", ["first", "refusal", "second"]),
    ],
)
def test_the_list_is_filtered(
    page: FlaskClient, bridge: Bridge, query: str, found: list[str]
) -> None:
    refuse(bridge, at=500.0, detail="refusal")
    deliver(bridge, b'{"repository": "acme/shop"}', at=1000.0, detail="first")
    body = b'{"tag": "7.7", "digest": "' + V2.encode() + b'"}'
    deliver(
        bridge, body, at=3000.0, verdict="held", detail="second", hook="mine", remote="198.51.100.1"
    )

    text = page.get(f"/deliveries?{query}").text

    assert [one for one in ("first", "refusal", "second") if f'wide">{one}' in text] == found


def test_a_delivery_that_was_decided_on_for_an_app_is_found_by_it(
    page: FlaskClient, bridge: Bridge
) -> None:
    identifier = deliver(bridge, b"{}", detail="by event")
    with bridge.store.write() as connection:
        told = NewEvent("delivery.decided", "hook hub", 1.0, app="shop", delivery=identifier)
        events.record(connection, told)

    assert "by event" in page.get("/deliveries?app=shop").text


def test_pages_of_the_list_follow_each_other_without_a_gap(
    page: FlaskClient, bridge: Bridge
) -> None:
    for number in range(120):
        deliver(bridge, at=1000.0 + number, detail=f"number {number:03}")
        if number % 3 == 0:
            refuse(bridge, at=1000.5 + number, detail=f"refusal {number:03}")
    seen, address = [], "/deliveries"
    while address:
        text = page.get(address).text
        seen += [part.partition("<")[0].strip() for part in text.split('class="wide">')[1:]]
        link = text.partition('" rel="next"')[0].rpartition('href="')[2]
        address = link.replace("&amp;", "&") if 'rel="next"' in text else ""

    assert len(seen) == len(set(seen)) == 160


def test_a_filter_that_is_not_understood_is_refused(page: FlaskClient) -> None:
    for query in ("verdict=nonsense", "before=x", "since=yesterdayish", "colour=red"):
        assert page.get(f"/deliveries?{query}").status_code == 400


def test_one_delivery_shows_what_came_and_what_its_verdict_means(
    page: FlaskClient, bridge: Bridge
) -> None:
    identifier = deliver(bridge, b'{"a":{"b":1}}', headers={"User-Agent": "hub/1"})

    text = page.get(f"/deliveries/{identifier}").text

    assert "<b>No app</b>: no app uses the repository" in text
    assert "User-Agent: hub/1" in text
    assert "&#34;b&#34;: 1" in text


def test_the_curl_command_names_no_secret(page: FlaskClient, bridge: Bridge) -> None:
    text = page.get(f"/deliveries/{deliver(bridge)}").text

    assert "/hooks/hub/&#34;$SECRET&#34;" in text
    assert SECRET not in text


def test_what_a_sender_wrote_is_text_in_every_place(page: FlaskClient, bridge: Bridge) -> None:
    identifier = deliver(
        bridge,
        f'{{"x": "{HOSTILE}"}}'.encode(),
        detail=HOSTILE,
        remote=HOSTILE[:40],
        headers={"X-A": HOSTILE, HOSTILE: "1"},
    )
    refuse(bridge, detail=HOSTILE)

    for address in ("/deliveries", f"/deliveries/{identifier}", f"/deliveries?text={'<script>'}"):
        assert "<script>alert" not in page.get(address).text


def test_a_delivery_is_taken_in_again(page: FlaskClient, bridge: Bridge) -> None:
    identifier = deliver(bridge)

    asked = page.get(f"/deliveries/{identifier}/redeliver").text
    answer = page.post(f"/deliveries/{identifier}/redeliver")

    assert "stored as a new delivery" in asked
    new = answer.location.removeprefix("/deliveries/")
    assert f'<a href="/deliveries/{identifier}">' in page.get(f"/deliveries/{new}").text


def test_a_filtered_set_is_taken_in_again_and_nothing_else(
    page: FlaskClient, bridge: Bridge
) -> None:
    for verdict in ("held", "no_app", "held"):
        deliver(bridge, verdict=verdict)
    refuse(bridge)

    asked = page.get("/redeliver?verdict=held").text
    page.post("/redeliver?verdict=held", data={"csrf": "token"})

    assert "Take 2 deliveries in again?" in asked
    with bridge.store.read() as connection:
        assert len(deliveries.latest(connection, limit=10)) == 5


def test_a_dry_run_says_the_verdict_and_stores_nothing(page: FlaskClient, bridge: Bridge) -> None:
    text = page.post(f"/deliveries/{deliver(bridge)}/dry-run").text

    assert "Its verdict would be <b>" in text
    with bridge.store.read() as connection:
        assert len(deliveries.latest(connection, limit=10)) == 1


def test_a_dry_run_of_what_is_for_no_app_says_why_once(page: FlaskClient, bridge: Bridge) -> None:
    identifier = deliver(bridge, b'{"not": "a push"}')

    text = page.post(f"/deliveries/{identifier}/dry-run").text

    assert text.count("is this the right kind of hook for the sender?</p>") == 1
    assert "is it the right hook" not in text


def led_to(bridge: Bridge, delivery: str, state: ReleaseState) -> str:
    """Store the release of a delivery, by the tag latest of a labelled image, and end its run."""
    with bridge.store.write() as connection:
        new = NewRelease("shop", "r/acme/shop", "latest", V2, "delivery", "hook hub", delivery)
        release = releases.desire(connection, new, now=1001.0)
        image_labels.put(connection, V2, ImageLabels("1.4.2"))
        run = runs.start(connection, NewRun("shop", release.id, 1, 1, "deploy"), now=1002.0)
        if state != "desired":
            runs.finish(connection, run.id, state="failed", reason="h2: port taken", now=1003.0)
            releases.mark(connection, release.id, state)
    return run.id


@pytest.mark.parametrize(
    ("state", "sign", "words"),
    [
        ("failed", "failed", "<b>failed</b> by"),
        ("desired", "waiting", "<b>desired, its run has yet to end</b> by"),
        ("good", "fine", "<b>good</b> by"),
        ("superseded", "idle", "<b>superseded</b> by"),
    ],
)
def test_a_delivery_is_shown_by_what_it_led_to(
    page: FlaskClient, bridge: Bridge, state: ReleaseState, sign: str, words: str
) -> None:
    identifier = deliver(bridge, verdict="released")
    run = led_to(bridge, identifier, state)

    text = page.get(f"/deliveries/{identifier}").text
    lead = text.partition('<p class="lead">')[2].partition("</p>")[0]

    assert f'class="mark {sign}"' in lead
    assert f'{words} <a href="/runs/{run}">its deploy</a>' in lead
    assert ("port taken" in lead) is (state in ("failed", "superseded"))
    assert f'class="mark {sign}"' in page.get("/deliveries").text


def test_deliveries_name_the_version_that_they_brought(page: FlaskClient, bridge: Bridge) -> None:
    identifier = deliver(bridge, verdict="released")
    led_to(bridge, identifier, "good")

    assert ">shop 1.4.2</a>" in page.get("/deliveries").text
    assert "<b>1.4.2</b> <code" in page.get(f"/deliveries/{identifier}").text


HUB_PUSH = b'{"repository": {"repo_name": "acme/shop"}, "push_data": {"tag": "1.4.2"}}'


@pytest.mark.parametrize(
    ("source", "body", "fields"),
    [
        ("dockerhub", HUB_PUSH, ['value="acme/shop"', 'value="1.4.2"']),
        (
            "dockerhub",
            b'{"not": "<a> push"}',
            ["{&#34;not&#34;: &#34;&lt;a&gt; push&#34;}</textarea>"],
        ),
        ("poll", b'{"app": "shop", "tag": "latest"}', ['value="acme/shop"', 'value="latest"']),
    ],
)
def test_a_delivery_is_asked_about_with_what_it_told(
    page: FlaskClient, bridge: Bridge, source: str, body: bytes, fields: list[str]
) -> None:
    with bridge.store.write() as connection:
        new = NewDelivery("hub", source, "", {}, body, 1000.0)
        identifier = deliveries.add(connection, new)

    link = page.get(f"/deliveries/{identifier}").text.partition('href="/explain?')[2]
    form = page.get(f"/explain?{link.partition(chr(34))[0]}").text

    for field in fields:
        assert field in form
    assert "<option selected>hub</option>" in form


def test_who_may_only_look_redelivers_nothing(reader: FlaskClient, bridge: Bridge) -> None:
    identifier = deliver(bridge)

    assert "Redeliver…" not in reader.get(f"/deliveries/{identifier}").text
    for path in (
        f"/deliveries/{identifier}/redeliver",
        f"/deliveries/{identifier}/dry-run",
        "/redeliver",
    ):
        assert reader.post(path).status_code == 403


def test_a_refused_request_says_why(page: FlaskClient, bridge: Bridge) -> None:
    refuse(bridge)
    text = page.get("/deliveries").text
    address = text.partition('href="/refused/')[2].partition('"')[0]

    assert (
        "Answered <b>401</b> (unauthorized): the secret is wrong"
        in page.get(f"/refused/{address}").text
    )
