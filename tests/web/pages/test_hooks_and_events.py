# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest
from flask.testing import FlaskClient

from tests.support.fleet_states import desire
from tests.support.installation import SECRET
from webhook_bridge.domain.deliveries import NewDelivery
from webhook_bridge.domain.events import NewEvent
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.sources import SOURCES
from webhook_bridge.store import deliveries, events, releases

V2 = f"sha256:{'2' * 64}"


def polled(bridge: Bridge, *, at: float) -> None:
    """A push that polling found and nobody told of."""
    with bridge.store.write() as connection:
        identifier = deliveries.add(connection, NewDelivery("poll", "poll", "", {}, b"{}", at))
        new = NewRelease("shop", "r/acme/shop", "1.4.2", V2, "delivery", "poll", identifier)
        releases.desire(connection, new, now=at)


def test_a_hook_waits_for_its_first_delivery_and_turns_when_it_comes(
    page: FlaskClient, bridge: Bridge
) -> None:
    before = page.get("/hook/hub").text
    with bridge.store.write() as connection:
        deliveries.add(connection, NewDelivery("hub", "dockerhub", "::1", {}, b"{}", 1.0))

    assert "Waiting for the first delivery…" in before
    assert "Last delivery" in page.get("/hook/hub").text


def test_a_hook_shows_the_url_to_paste_without_its_secret(page: FlaskClient) -> None:
    in_path, in_header = page.get("/hook/hub").text, page.get("/hook/mine").text

    assert "http://localhost/hooks/hub/SECRET</pre>" in in_path
    assert "http://localhost/hooks/mine</pre>" in in_header
    assert SECRET not in in_path + in_header


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_every_kind_of_sender_has_its_steps(page: FlaskClient, source: str) -> None:
    with page.application.app_context():
        template = page.application.jinja_env.from_string(
            "{% from 'hook_steps.html' import STEPS %}{{ STEPS[source] | length }}"
        )

        assert int(template.render(source=source)) > 0


def test_a_sender_is_silent_where_polling_found_what_it_did_not_tell(
    page: FlaskClient, bridge: Bridge
) -> None:
    polled(bridge, at=5.0)
    polled(bridge, at=6.0)

    listed, one = page.get("/hooks").text, page.get("/hook/mine").text

    assert "1 sender silent:</b>" in listed
    assert "2 pushes since" in one
    assert "were found by polling" in one


def test_a_sender_that_was_heard_of_since_is_not_silent(page: FlaskClient, bridge: Bridge) -> None:
    polled(bridge, at=5.0)
    with bridge.store.write() as connection:
        deliveries.add(connection, NewDelivery("mine", "distribution", "::1", {}, b"{}", 7.0))

    assert "silent" not in page.get("/hook/mine").text


def test_a_new_secret_is_shown_once_and_told_without_it(page: FlaskClient, bridge: Bridge) -> None:
    shown = page.post("/hook/mine/rotate").text

    file = bridge.settings.hooks["mine"].secret_file
    assert file is not None
    secret = file.read_text().splitlines()[0]
    assert secret in shown
    assert secret not in page.get("/hook/mine").text
    exported = page.get("/events.jsonl?kind=hook.rotated").text
    assert json.loads(exported)["data"] == {"hook": "mine"}
    assert json.loads(exported)["actor"] == "user:ann"


def test_only_an_admin_makes_a_new_secret(reader: FlaskClient) -> None:
    assert reader.get("/hook/mine/rotate").status_code == 403
    assert reader.post("/hook/mine/rotate").status_code == 403
    assert "Make a new one" not in reader.get("/hook/mine").text


def test_an_unknown_hook_is_not_found(page: FlaskClient) -> None:
    assert page.get("/hook/nope").status_code == 404


@pytest.fixture
def many_events(bridge: Bridge) -> Bridge:
    with bridge.store.write() as connection:
        for number in range(150):
            told = NewEvent(
                "hold.lifted", "user:ann", 1000.0 + number, "shop", data={"digest": f"n{number:03}"}
            )
            events.record(connection, told)
        events.record(connection, NewEvent("app.removed", "cli:me@here", 9000.0, "blog"))
    return bridge


def test_events_are_filtered_and_read_page_by_page(page: FlaskClient, many_events: Bridge) -> None:
    first = page.get("/events?app=shop&kind=&actor=&since=").text
    link = first.partition('" rel="next"')[0].rpartition('href="')[2].replace("&amp;", "&")
    second = page.get(link).text

    assert "app.removed</th>" not in first
    assert first.count("digest n") + second.count("digest n") == 150
    assert "digest n000" in second


def test_events_are_exported_as_json_lines(page: FlaskClient, many_events: Bridge) -> None:
    answer = page.get("/events.jsonl?app=shop")

    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert len(lines) == 150
    assert lines[0]["actor"] == "user:ann"
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_a_push_is_explained_down_to_hosts_and_nothing_is_stored(
    page: FlaskClient, bridge: Bridge
) -> None:
    form = {"hook": "mine", "repository": "acme/shop", "tag": "latest", "body": ""}

    text = page.post("/explain", data=form).text

    assert "Its verdict would be <b>released</b>" in text
    assert "tracks <b>latest</b>" in text
    assert f"<code>sha256:{'1' * 64}</code>" in text
    with bridge.store.read() as connection:
        assert deliveries.latest(connection, limit=1) == []
        assert releases.desired(connection, "shop") is None


@pytest.mark.parametrize(
    ("repository", "tag", "verdict"),
    [
        ("acme/other", "latest", "no app"),
        ("acme/shop", "9.9", "tag not tracked"),
        ("acme/shop", "", "untagged"),
        ("NOT A REPOSITORY", "latest", "invalid reference"),
    ],
)
def test_why_a_push_does_nothing_is_explained(
    page: FlaskClient, repository: str, tag: str, verdict: str
) -> None:
    form = {"hook": "mine", "repository": repository, "tag": tag}

    assert f"Its verdict would be <b>{verdict}</b>" in page.post("/explain", data=form).text


@pytest.mark.parametrize("hook", ["mine", "hub"])
def test_a_repository_may_be_asked_for_as_it_stands_in_the_apps_file(
    page: FlaskClient, bridge: Bridge, hook: str
) -> None:
    image = bridge.apps.current()["shop"].image
    form = {"hook": hook, "repository": str(image), "tag": "latest"}

    text = page.post("/explain", data=form).text

    assert ("Its verdict would be <b>released</b>" in text) is (hook == "mine")
    assert ("hook hub is for the registry docker.io" in text) is (hook == "hub")
    assert (f"such as {image.repository}" in text) is (hook == "hub")


def test_a_registry_in_a_repository_that_is_none_is_explained(page: FlaskClient) -> None:
    answer = page.post("/explain", data={"hook": "mine", "repository": "a.b/", "tag": "1"})

    assert answer.status_code == 400
    assert "a.b/" in answer.text


def test_a_body_is_explained_as_its_sender_would_send_it(page: FlaskClient) -> None:
    form = {"hook": "hub", "body": '{"not": "a push"}'}

    assert "Its verdict would be <b>unexpected shape</b>" in page.post("/explain", data=form).text


def test_a_question_without_anything_asked_is_refused(page: FlaskClient) -> None:
    assert page.post("/explain", data={"hook": "hub"}).status_code == 400
    assert page.post("/explain", data={"hook": "no", "repository": "a/b"}).status_code == 404


def test_a_tag_is_named_in_an_answer_as_it_was_asked(page: FlaskClient) -> None:
    form = {"hook": "mine", "repository": "acme/shop", "tag": "v2-RC1"}

    text = page.post("/explain", data=form).text

    assert "A push of acme/shop:v2-RC1 told by hook mine</h2>" in text


def test_roles_that_were_given_are_shown_with_what_they_allow(
    page: FlaskClient, bridge: Bridge
) -> None:
    data = {"user": "bob", "roles": {"shop": "operate", "*": "read"}}
    with bridge.store.write() as connection:
        events.record(connection, NewEvent("user.added", "user:ann", 1.0, data=data))

    assert "roles shop: operate *: read" in page.get("/events").text


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        (
            {"repository": "acme/other", "tag": "1"},
            "<code>longshore check</code> for the apps.",
        ),
        ({"repository": "acme/shop", "tag": ""}, "names no tag."),
        ({"body": '{"a": 1}'}, "is this the right kind of hook for the sender?"),
    ],
)
def test_why_a_push_is_for_no_app_is_said_once(
    page: FlaskClient, form: dict[str, str], reason: str
) -> None:
    text = page.post("/explain", data={"hook": "mine", **form}).text

    assert text.count(reason) == 1
    assert f"{reason}</p>" in text
    assert "?." not in text


def test_what_the_registry_says_has_the_version_that_the_digest_is_known_by(
    page: FlaskClient, bridge: Bridge
) -> None:
    digest = f"sha256:{'1' * 64}"
    desire(bridge, digest, tag="1.3.2", state="good")
    form = {"hook": "mine", "repository": "acme/shop", "tag": "latest"}

    text = page.post("/explain", data=form).text

    assert f"latest means <b>1.3.2</b> <code>{digest}</code> now" in text
