# SPDX-License-Identifier: GPL-3.0-or-later
"""What a pipeline learns of its delivery by the hook's own secret, and a stranger by none."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from tests.support.installation import SECRET, TOKEN, Installation
from webhook_bridge.domain.deliveries import NewDelivery
from webhook_bridge.domain.outcomes import RunState
from webhook_bridge.domain.releases import NewRelease, Release
from webhook_bridge.domain.runs import NewRun
from webhook_bridge.operations.delivery_status import status_of
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.store import deliveries, releases, runs
from webhook_bridge.web import create_app

V1, V2 = (f"sha256:{digit * 64}" for digit in "12")
BEARER = {"Authorization": f"Bearer {SECRET}"}
_HOOKS = """
[hooks.ci]
source = "generic"
secret_file = "mine"
[hooks.signed]
source = "generic"
auth = "hmac"
secret_file = "mine"
[hooks.standard]
source = "generic"
auth = "standard-webhooks"
secret_file = "mine"
[hooks.basic]
source = "generic"
auth = "basic"
username = "ci"
secret_file = "mine"
[hooks.far]
source = "generic"
secret_file = "mine"
allow_from = ["192.0.2.0/24"]
"""


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[Bridge]:
    """A bridge that receives, and decides nothing by itself."""
    folder = tmp_path / "longshore"
    folder.mkdir()
    installation = Installation(folder, registry="127.0.0.1:1")
    installation.file.write_text(installation.file.read_text() + _HOOKS)
    made = Bridge(installation.settings())
    yield made
    made.store.close()
    made._lock.release()


@pytest.fixture
def client(bridge: Bridge) -> FlaskClient:
    return create_app(bridge).test_client()


def store_delivery(bridge: Bridge, hook: str = "ci") -> str:
    with bridge.store.write() as connection:
        return deliveries.add(connection, NewDelivery(hook, "generic", "::1", {}, b"{}", 1.0))


def decide(bridge: Bridge, delivery: str, code: str, *found: Release) -> None:
    with bridge.store.write() as connection:
        ids = [one.id for one in found]
        deliveries.decide(connection, delivery, code=code, detail="said", now=2.0, releases=ids)


def desire(bridge: Bridge, digest: str, *, tag: str = "1.4", app: str = "shop") -> Release:
    new = NewRelease(app, "r/acme/shop", tag, digest, "delivery", "hook ci")
    with bridge.store.write() as connection:
        return releases.desire(connection, new, now=2.0)


def run(bridge: Bridge, release: Release, state: RunState = "running") -> str:
    new = NewRun(release.app, release.id, release.generation, 1, "deploy")
    with bridge.store.write() as connection:
        started = runs.start(connection, new, now=3.0)
        if state != "running":
            runs.finish(connection, started.id, state=state, reason="h1: no", now=4.0)
    return started.id


def ask(client: FlaskClient, delivery: str, *, hook: str = "ci", **headers: str) -> TestResponse:
    path = f"/hooks/{hook}/deliveries/{delivery}"
    return client.get(path, headers={**BEARER, **headers})


def told(client: FlaskClient, delivery: str) -> tuple[object, object, object]:
    found = ask(client, delivery).get_json()
    return found["state"], found["done"], found["exit_code"]


def test_the_answer_to_a_delivery_names_the_address_of_its_status(client: FlaskClient) -> None:
    body = {"image": "127.0.0.1:1/acme/shop", "tag": "1.4"}
    taken = client.post("/hooks/ci", json=body, headers=BEARER)

    answer = client.get(taken.headers["Location"], headers=BEARER)

    assert taken.get_json()["status"] == taken.headers["Location"]
    assert answer.get_json()["delivery"] == taken.get_json()["delivery"]
    assert (answer.get_json()["state"], answer.get_json()["done"]) == ("waiting", False)


@pytest.mark.parametrize(
    ("state", "code"), [("succeeded", 0), ("partial", 3), ("restored", 1), ("canceled", 1)]
)
def test_a_delivery_ends_as_the_rollout_that_it_led_to(
    client: FlaskClient, bridge: Bridge, state: RunState, code: int
) -> None:
    delivery, release = store_delivery(bridge), desire(bridge, V1)
    decide(bridge, delivery, "released", release)
    before = told(client, delivery)
    run(bridge, release, state)

    assert before == ("waiting", False, None)
    assert told(client, delivery) == (state, True, code)


def test_a_rollout_that_goes_on_is_named(client: FlaskClient, bridge: Bridge) -> None:
    delivery, release = store_delivery(bridge), desire(bridge, V1)
    decide(bridge, delivery, "released", release)
    run_id = run(bridge, release)

    found = ask(client, delivery).get_json()

    assert (found["state"], found["done"]) == ("running", False)
    assert [(one["app"], one["run"]) for one in found["rollouts"]] == [("shop", run_id)]
    assert found["sentence"] == f"shop 1.4: the rollout goes on (run {run_id[:8]})"


def test_a_push_that_another_delivery_told_first_is_waited_for_all_the_same(
    client: FlaskClient, bridge: Bridge
) -> None:
    delivery, release = store_delivery(bridge), desire(bridge, V1)
    decide(bridge, delivery, "unchanged", release)
    before = told(client, delivery)
    run(bridge, release, "restored")

    assert before == ("waiting", False, None)
    assert told(client, delivery) == ("restored", True, 1)


def test_a_run_that_was_cut_off_is_waited_for_until_it_was_run_again(
    client: FlaskClient, bridge: Bridge
) -> None:
    delivery, release = store_delivery(bridge), desire(bridge, V1)
    decide(bridge, delivery, "released", release)
    run(bridge, release, "interrupted")
    before = told(client, delivery)
    run(bridge, release, "succeeded")

    assert before == ("waiting", False, None)
    assert told(client, delivery) == ("succeeded", True, 0)


def test_a_release_that_another_overtook_ends_with_the_other(
    client: FlaskClient, bridge: Bridge
) -> None:
    delivery, release = store_delivery(bridge), desire(bridge, V1)
    decide(bridge, delivery, "released", release)
    newer = desire(bridge, V2, tag="1.5")
    before = told(client, delivery)
    run(bridge, newer, "succeeded")

    found = ask(client, delivery).get_json()
    assert before == ("waiting", False, None)
    assert (found["state"], found["exit_code"]) == ("succeeded", 0)
    assert found["rollouts"][0]["overtaken"]
    assert "overtaken by a newer release" in found["sentence"]


def test_of_several_apps_the_worst_end_counts_and_the_last_is_waited_for(
    client: FlaskClient, bridge: Bridge
) -> None:
    delivery = store_delivery(bridge)
    first, second = desire(bridge, V1), desire(bridge, V1, app="api")
    decide(bridge, delivery, "released", first, second)
    run(bridge, first, "partial")
    before = told(client, delivery)
    run(bridge, second, "failed")

    assert before == ("waiting", False, None)
    assert told(client, delivery) == ("failed", True, 1)


@pytest.mark.parametrize(("verdict", "code"), [("no_app", 4), ("held", 4), ("hosts_changed", 0)])
def test_a_delivery_that_brings_nothing_has_ended_with_its_verdict(
    client: FlaskClient, bridge: Bridge, verdict: str, code: int
) -> None:
    delivery = store_delivery(bridge)
    decide(bridge, delivery, verdict)

    assert told(client, delivery) == ("no_rollout", True, code)


def test_a_release_of_an_app_that_was_removed_is_not_waited_for(
    client: FlaskClient, bridge: Bridge
) -> None:
    delivery, release = store_delivery(bridge), desire(bridge, V1)
    decide(bridge, delivery, "released", release)
    with bridge.store.write() as connection:
        releases.forget_app(connection, "shop")

    assert told(client, delivery) == ("superseded", True, 1)


def test_a_status_tells_no_host_and_no_reason_of_one(client: FlaskClient, bridge: Bridge) -> None:
    delivery, release = store_delivery(bridge), desire(bridge, V1)
    decide(bridge, delivery, "released", release)
    run(bridge, release, "failed")

    assert "h1" not in ask(client, delivery).get_data(as_text=True)


def test_who_asks_again_is_answered_with_a_body_only_when_it_changed(
    client: FlaskClient, bridge: Bridge
) -> None:
    delivery, release = store_delivery(bridge), desire(bridge, V1)
    first = ask(client, delivery)
    same = ask(client, delivery, **{"If-None-Match": first.headers["ETag"]})
    decide(bridge, delivery, "released", release)
    changed = ask(client, delivery, **{"If-None-Match": first.headers["ETag"]})

    assert (same.status_code, same.data, same.headers["Retry-After"]) == (304, b"", "2")
    assert (changed.status_code, changed.headers["Retry-After"]) == (200, "2")
    run(bridge, release, "succeeded")
    assert "Retry-After" not in ask(client, delivery).headers


def test_a_delivery_that_waits_for_long_is_to_be_asked_for_less_often(
    client: FlaskClient, bridge: Bridge
) -> None:
    delivery = store_delivery(bridge)
    with bridge.store.write() as connection:
        deliveries.postpone(connection, delivery, due_at=time.time() + 3600, detail="too young")

    assert ask(client, delivery).headers["Retry-After"] == "30"


def test_the_words_beside_a_hold_are_not_for_the_secret_of_a_hook(
    client: FlaskClient, bridge: Bridge
) -> None:
    delivery = store_delivery(bridge)
    decide(bridge, delivery, "held")

    with bridge.store.read() as connection:
        here = status_of(connection, delivery)
    assert here is not None
    assert here.view["detail"] == "said"
    assert ask(client, delivery).get_json()["detail"] is None


def test_a_status_costs_two_queries_and_writes_nothing(client: FlaskClient, bridge: Bridge) -> None:
    delivery, release = store_delivery(bridge), desire(bridge, V1)
    decide(bridge, delivery, "released", release)
    run(bridge, release)
    ask(client, delivery)
    said: list[str] = []
    for engine in (bridge.store._readers, bridge.store._engine):
        event.listen(engine, "before_cursor_execute", lambda *given: said.append(given[2]))

    ask(client, delivery)

    assert [one.split()[0] for one in said if "BEGIN" not in one] == ["SELECT", "SELECT"]


def signature(text: str) -> str:
    return hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()


def signed(path: str, *, at: float | None = None) -> dict[str, str]:
    """Return the headers of who signs as GitHub does, with openssl or with anything else."""
    now = str(int(time.time() if at is None else at))
    text = f"{now}.{path}"
    return {"Webhook-Timestamp": now, "X-Hub-Signature-256": f"sha256={signature(text)}"}


def standard(path: str) -> dict[str, str]:
    now = str(int(time.time()))
    made = hmac.new(SECRET.encode(), f"poll.{now}.{path}".encode(), hashlib.sha256).digest()
    shown = f"v1,{base64.b64encode(made).decode()}"
    return {"webhook-id": "poll", "webhook-timestamp": now, "webhook-signature": shown}


def test_a_hook_whose_sender_signs_is_read_by_a_signature_of_the_path(
    client: FlaskClient, bridge: Bridge
) -> None:
    for hook, sign in (("signed", signed), ("standard", standard)):
        path = f"/hooks/{hook}/deliveries/{store_delivery(bridge, hook)}"
        other = f"/hooks/{hook}/deliveries/{store_delivery(bridge, hook)}"

        assert client.get(path, headers=sign(path)).status_code == 200
        assert client.get(other, headers=sign(path)).status_code == 404
        assert client.get(path, headers=BEARER).status_code == 404


def test_a_signature_for_a_status_is_good_for_minutes_and_for_no_delivery(
    client: FlaskClient, bridge: Bridge
) -> None:
    path = f"/hooks/signed/deliveries/{store_delivery(bridge, 'signed')}"
    headers = signed(path, at=time.time() - 400)
    fresh = signed(path)
    no_time = {key: value for key, value in fresh.items() if key != "Webhook-Timestamp"}

    assert client.get(path, headers=headers).status_code == 404
    assert client.get(path, headers=no_time).status_code == 404
    assert client.post("/hooks/signed", data=b"{}", headers=fresh).status_code == 401


def test_a_secret_in_the_path_of_deliveries_is_a_bearer_token_here(
    client: FlaskClient, bridge: Bridge
) -> None:
    delivery = store_delivery(bridge, "hub")

    assert ask(client, delivery, hook="hub").status_code == 200


def test_a_password_works_as_for_a_delivery(client: FlaskClient, bridge: Bridge) -> None:
    path = f"/hooks/basic/deliveries/{store_delivery(bridge, 'basic')}"

    assert client.get(path, auth=("ci", SECRET)).status_code == 200
    assert client.get(path, auth=("ci", "wrong")).status_code == 404


def test_strangers_and_who_asks_for_another_hooks_delivery_learn_nothing(
    client: FlaskClient, bridge: Bridge
) -> None:
    mine, others, far = (store_delivery(bridge, hook) for hook in ("ci", "hub", "far"))
    wrong = {"Authorization": f"Bearer {TOKEN}"}

    answers = [
        ask(client, others),
        ask(client, "no-such-delivery"),
        ask(client, mine[:8]),
        ask(client, mine, **wrong),
        ask(client, mine, hook="nosuch"),
        ask(client, far, hook="far"),
        client.get(f"/hooks/ci/deliveries/{mine}"),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.data for answer in answers}) == 1
    assert len({tuple(sorted(set(a.headers.keys()))) for a in answers}) == 1


def test_who_guesses_is_slowed_and_who_has_the_secret_is_not(
    client: FlaskClient, bridge: Bridge
) -> None:
    delivery = store_delivery(bridge)
    wrong = {"Authorization": "Bearer nobody"}

    statuses = [ask(client, delivery, **wrong).status_code for _ in range(61)]

    assert set(statuses[:60]) == {404}
    assert statuses[60] == 429
    assert ask(client, delivery).status_code == 200


def test_what_strangers_sent_is_kept_without_the_secret(
    client: FlaskClient, bridge: Bridge
) -> None:
    ask(client, "1", hook="far")

    [note] = bridge.rejections._notes
    assert note.hook == "far"
    assert SECRET not in str(note.headers)
