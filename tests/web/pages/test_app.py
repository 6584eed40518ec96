# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from markupsafe import escape

from tests.support.fleet_states import desire, healthy, save
from tests.support.tag_registry import TagRegistry
from webhook_bridge.domain.events import WantedEvents
from webhook_bridge.domain.runs import NewRun
from webhook_bridge.operations.plan import Wanted, plan_view
from webhook_bridge.operations.plan_text import change_text, target_text
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.store import events, holds, releases, runs

V1, V2 = (f"sha256:{digit * 64}" for digit in "12")


@pytest.fixture
def two_releases(bridge: Bridge) -> Bridge:
    """1.4.1 ran well and was replaced by 1.4.2, which runs on two of three hosts."""
    desire(bridge, V1, tag="1.4.1", state="good")
    desire(bridge, V2, tag="1.4.2", state="good", actor="hook hub")
    save(bridge, healthy("h1", V2), healthy("h2", V2), healthy("h3", V1))
    return bridge


def generation(bridge: Bridge) -> str:
    with bridge.store.read() as connection:
        return str(releases.app_row(connection, "shop").generation)


def desired(bridge: Bridge):
    with bridge.store.read() as connection:
        return releases.desired(connection, "shop")


def test_an_app_shows_its_hosts_and_who_brought_each_release(
    page: FlaskClient, two_releases: Bridge
) -> None:
    text = page.get("/apps/shop").text

    assert "2 of 3 hosts run <b>1.4.2</b>" in text
    assert "h3 still runs another digest, which an earlier run left there" in text
    assert "deploy by hook hub" in text
    assert text.index("</span> h3<") < text.index("</span> h1<")


def test_an_unknown_app_is_named_with_those_there_are(page: FlaskClient) -> None:
    answer = page.get("/apps/nope")

    assert answer.status_code == 404
    assert "shop" in answer.text


def test_somebody_who_may_only_look_sees_no_button_and_can_do_nothing(
    reader: FlaskClient, two_releases: Bridge
) -> None:
    assert "Deploy…" not in reader.get("/apps/shop").text
    for action in ("deploy", "rollback", "hold", "unhold", "reconcile"):
        assert reader.get(f"/apps/shop/{action}").status_code == 403
        assert reader.post(f"/apps/shop/{action}").status_code == 403


def test_a_deploy_says_before_what_will_happen(page: FlaskClient, two_releases: Bridge) -> None:
    text = page.get(f"/apps/shop/deploy?digest={V1}").text

    assert "Deploy 1.4.1 to shop?" in text
    for words in (
        "<b>2 hosts</b>: 1.4.2 222222222222 → 1.4.1 111111111111 (h1, h2)</li>",
        "<b>1 host</b>: run it already: 1.4.1 111111111111 (h3)</li>",
    ):
        assert words in re.sub("</?span[^>]*>", "", text)
    assert "3 batches of 1, 1, 1 hosts, h1 first" in text


@pytest.mark.parametrize("action", ["deploy", "rollback", "reconcile"])
def test_a_button_says_before_what_the_command_line_says(
    page: FlaskClient, two_releases: Bridge, action: str
) -> None:
    wanted = Wanted(same=True) if action == "reconcile" else Wanted(digest=V1)
    apps, registry = two_releases.apps.current(), two_releases.registry
    plan = plan_view(two_releases.store, registry, apps, name="shop", wanted=wanted)

    text = page.get(f"/apps/shop/{action}" + f"?digest={V1}" * (action == "deploy")).text

    assert escape(plan["sentence"]) in text
    for host in plan["hosts"]:
        row = f'<th scope="row">{host["host"]}</th><td class="wide">'
        assert (
            escape(change_text(host, target_text(plan)))
            in text.partition(row)[2].partition("</tr>")[0]
        )


def test_of_many_hosts_alike_a_plan_names_the_first_three(
    page: FlaskClient, bridge: Bridge
) -> None:
    desire(bridge, V1, tag="1.4.1", state="good")
    save(bridge, *(healthy(f"h{number}", V1) for number in range(1, 6)))

    text = page.get(f"/apps/shop/deploy?digest={V2}").text

    assert '<span class="dim">(h1, h2, h3 and 2 more)</span>' in text


def test_what_a_tag_means_is_called_as_on_the_page_of_its_app(
    page: FlaskClient, bridge: Bridge, registry: TagRegistry
) -> None:
    desire(bridge, V1, tag="1.3.2", state="good")
    desire(bridge, V2, tag="1.4.1", state="good")
    save(bridge, healthy("h1", V2))
    registry.digests["latest"] = V1

    shown = page.post("/apps/shop/deploy/plan", data={"tag": "latest"}).text

    assert "Deploy 1.3.2 to shop?" in shown
    assert "1.4.1 222222222222 → 1.3.2 111111111111" in shown
    assert '<input type="hidden" name="tag" value="latest">' in shown


def test_a_tag_is_looked_up_before_it_is_deployed(
    page: FlaskClient, two_releases: Bridge, registry: TagRegistry
) -> None:
    asked = page.get("/apps/shop/deploy").text
    before = registry.asked
    shown = page.post("/apps/shop/deploy/plan", data={"tag": "2.0"}).text

    assert 'action="/apps/shop/deploy/plan"' in asked
    assert (before, desired(two_releases).digest) == (0, V2)
    assert "shop: 1.4.2 would come to 1 of 3 hosts" in shown
    assert "<p>2.0 means 1.4.2 at the registry now.</p>" in shown
    assert '<input type="hidden" name="tag" value="2.0">' in shown
    assert f'<input type="hidden" name="expected" value="{V2}">' in shown


def test_a_tag_that_means_another_digest_than_was_shown_is_not_deployed(
    page: FlaskClient, two_releases: Bridge
) -> None:
    form = {"tag": "2.0", "expected": V1, "generation": generation(two_releases)}

    answer = page.post("/apps/shop/deploy", data=form)

    assert answer.status_code == 409
    assert "Look again what would happen" in answer.text
    assert desired(two_releases).tag == "1.4.2"


def test_what_a_tag_means_and_is_held_has_no_button_but_another_way(
    page: FlaskClient, two_releases: Bridge
) -> None:
    page.post("/apps/shop/hold", data={"digest": V2})

    shown = page.post("/apps/shop/deploy/plan", data={"tag": "2.0"}).text

    assert "which is held" in shown or "is held (held by hand)" in shown
    assert ">Deploy it</button>" not in shown
    assert f'href="/apps/shop/deploy?digest={V2}">Deploy it all the same' in shown


def test_a_deploy_is_done_in_the_name_of_who_confirmed_it(
    page: FlaskClient, two_releases: Bridge
) -> None:
    form = {"tag": "2.0", "digest": "", "generation": generation(two_releases)}

    answer = page.post("/apps/shop/deploy", data=form)

    assert (answer.status_code, answer.location) == (303, "/apps/shop")
    release = desired(two_releases)
    assert (release.tag, release.actor) == ("2.0", "user:ann")


def test_a_form_that_is_sent_twice_is_done_once(page: FlaskClient, two_releases: Bridge) -> None:
    form = {"tag": "2.0", "generation": generation(two_releases)}
    page.post("/apps/shop/deploy", data=form)

    again = page.post("/apps/shop/deploy", data=form)

    assert again.status_code == 409
    assert "nothing was changed" in again.text


def test_a_deploy_that_the_registry_refuses_is_a_page_that_says_so(
    page: FlaskClient, two_releases: Bridge
) -> None:
    form = {"tag": "9.9", "generation": generation(two_releases)}

    answer = page.post("/apps/shop/deploy", data=form)

    assert answer.status_code == 409
    assert answer.mimetype == "text/html"
    assert desired(two_releases).digest == V2


def test_a_rollback_says_which_version_it_goes_back_to_and_does_it(
    page: FlaskClient, two_releases: Bridge
) -> None:
    asked = page.get("/apps/shop/rollback").text
    page.post("/apps/shop/rollback", data={"generation": generation(two_releases)})

    assert "Roll shop back to 1.4.1?" in asked
    assert (desired(two_releases).digest, desired(two_releases).cause) == (V1, "rollback")


def test_without_anything_to_go_back_to_a_page_says_so(page: FlaskClient) -> None:
    answer = page.get("/apps/shop/rollback")

    assert answer.status_code == 409
    assert "was never deployed" in answer.text


def test_a_digest_is_held_by_hand_and_let_off_again(
    page: FlaskClient, two_releases: Bridge
) -> None:
    page.post("/apps/shop/hold", data={"digest": V1, "why": "login is broken"})
    held = page.get("/apps/shop").text
    page.post("/apps/shop/unhold", data={"digest": V1})

    assert "held by hand: login is broken</span>" in held
    with two_releases.store.read() as connection:
        assert holds.held_digests(connection, "shop") == {}
        found = events.matching(connection, WantedEvents(app="shop"), limit=2)
    assert [(one.kind, one.actor) for one in found] == [
        ("hold.lifted", "user:ann"),
        ("hold.set", "user:ann"),
    ]


def test_a_digest_that_is_held_by_hand_is_not_gone_back_to(
    page: FlaskClient, two_releases: Bridge
) -> None:
    page.post("/apps/shop/hold", data={"digest": V1})

    assert page.get("/apps/shop/rollback").status_code == 409


def test_hosts_that_differ_are_retried(page: FlaskClient, two_releases: Bridge) -> None:
    answer = page.post("/apps/shop/reconcile")

    assert answer.status_code == 303
    with two_releases.store.read() as connection:
        assert releases.app_row(connection, "shop").observe_at is not None


@pytest.fixture
def failed_deploy(bridge: Bridge) -> Bridge:
    """1.4.2 failed on h2 of two hosts, and is not brought to more of them by itself."""
    desire(bridge, V1, tag="1.4.1", state="good")
    release = desire(bridge, V2, tag="1.4.2", state="failed")
    save(bridge, healthy("h1", V2), healthy("h2", V1))
    with bridge.store.write() as connection:
        run = runs.start(connection, NewRun("shop", release.id, 2, 1, "deploy"), now=1.0)
        runs.finish(connection, run.id, state="failed", reason="h2: port taken", now=2.0)
    return bridge


def last_run(bridge: Bridge) -> str:
    with bridge.store.read() as connection:
        return runs.latest(connection, app="shop", limit=1)[0].id


@pytest.mark.parametrize("where", ["app", "run"])
def test_what_is_offered_first_after_a_failed_deploy_can_be_done(
    page: FlaskClient, failed_deploy: Bridge, where: str
) -> None:
    address = "/apps/shop" if where == "app" else f"/runs/{last_run(failed_deploy)}"

    text = page.get(address).text
    offered = text.partition('class="button primary" href="')[2].partition('"')[0]
    asked = page.get(offered).text
    hidden = dict(re.findall(r'type="hidden" name="(digest|generation)" value="([^"]*)"', asked))
    answer = page.post("/apps/shop/deploy", data=hidden)

    assert ">Deploy it again…</a>" in text
    assert "Retry all hosts" not in text
    assert (offered, answer.status_code) == (f"/apps/shop/deploy?digest=sha256%3A{'2' * 64}", 303)


def test_hosts_that_may_not_be_retried_are_asked_about_with_another_way(
    page: FlaskClient, failed_deploy: Bridge
) -> None:
    asked = page.get("/apps/shop/reconcile").text

    assert page.post("/apps/shop/reconcile").status_code == 409
    assert "its release 222222222222 is failed" in asked
    assert "would come to" not in asked
    assert "Look and retry" not in asked
    assert f'href="/apps/shop/deploy?digest={V2}">Deploy it again…' in asked


def test_hosts_that_differ_from_a_good_release_may_be_retried(
    page: FlaskClient, two_releases: Bridge
) -> None:
    release = desired(two_releases)
    with two_releases.store.write() as connection:
        run = runs.start(connection, NewRun("shop", release.id, 2, 1, "reconcile"), now=1.0)
        runs.finish(connection, run.id, state="partial", reason="h3: away", now=2.0)

    for address in ("/apps/shop", f"/runs/{run.id}"):
        assert 'href="/apps/shop/reconcile">Retry all hosts that differ…' in page.get(address).text


def test_earlier_releases_are_one_link_away(page: FlaskClient, bridge: Bridge) -> None:
    for number in range(25):
        desire(bridge, V1, tag=f"1.{number}", state="good")

    first = page.get("/apps/shop").text
    earlier = page.get("/apps/shop?before=6").text

    assert "?before=6#releases" in first
    assert '<td data-label="Tag">1.4</td>' not in first
    assert '<td data-label="Tag">1.4</td>' in earlier
