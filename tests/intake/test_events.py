# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from pathlib import Path

import pytest

from webhook_bridge.config.apps import load_apps
from webhook_bridge.domain.deliveries import NewDelivery
from webhook_bridge.domain.events import Event, WantedEvents
from webhook_bridge.domain.verdicts import Verdict
from webhook_bridge.intake.decisions import TagResolution
from webhook_bridge.intake.matching import UpdateCandidate, candidate_of
from webhook_bridge.intake.parsing import ParsedDelivery
from webhook_bridge.intake.recording import record, snapshot
from webhook_bridge.store import Store, deliveries, events

V1 = f"sha256:{'1' * 64}"


@pytest.fixture
def claim(tmp_path: Path) -> UpdateCandidate:
    file = tmp_path / "apps.yml"
    app = {"image": "docker.io/acme/shop", "hosts": "web"}
    file.write_text(json.dumps({"apps": {"shop": app}}))
    return candidate_of("shop", load_apps(file)["shop"])


def decided(
    store: Store, hook: str, *claims: UpdateCandidate, verdicts: tuple[Verdict, ...] = ()
) -> str:
    """Have a delivery to a hook decided, for which the registry says V1; return its id."""
    source = "poll" if hook == "poll" else "dockerhub"
    with store.write() as connection:
        new = NewDelivery(hook, source, "", {}, b"{}", 1.0)
        [delivery] = deliveries.find(connection, deliveries.add(connection, new))
    answers = {one.lookup: TagResolution(V1, tag="latest") for one in claims}
    before = snapshot(store, claims)
    record(
        store,
        [ParsedDelivery(delivery, claims, verdicts)],
        answers,
        {},
        before=before,
        patience=9.0,
    )
    return delivery.id


def told(store: Store) -> list[Event]:
    with store.read() as connection:
        return events.matching(connection, WantedEvents(after=0), limit=9)


@pytest.mark.parametrize(("hook", "actor"), [("hub", "hook hub"), ("poll", "poll")])
def test_a_new_digest_is_told_of_with_its_delivery_and_who_sent_it(
    store: Store, claim: UpdateCandidate, hook: str, actor: str
) -> None:
    identifier = decided(store, hook, claim)

    desired, verdict = told(store)
    for one in (desired, verdict):
        assert (one.app, one.actor, one.delivery) == ("shop", actor, identifier)
    assert (desired.kind, desired.data["digest"]) == ("release.desired", V1)
    assert (verdict.kind, verdict.data["verdict"]) == ("delivery.decided", "released")


def test_a_digest_that_is_desired_already_is_told_of_as_a_verdict_alone(
    store: Store, claim: UpdateCandidate
) -> None:
    decided(store, "hub", claim)
    decided(store, "hub", claim)

    assert [one.data["verdict"] for one in told(store)[2:]] == ["unchanged"]


def test_a_delivery_that_is_about_no_app_names_none(store: Store) -> None:
    decided(store, "hub", verdicts=(Verdict("no_app", "no app has it"),))

    [verdict] = told(store)
    assert (verdict.app, verdict.data["apps"]) == (None, [])
    assert verdict.data["detail"] == "no app has it"
