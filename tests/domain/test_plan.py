# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from webhook_bridge.domain.hosts import HostState
from webhook_bridge.domain.plan import (
    AppPlan,
    HostPlan,
    Problem,
    host_plan,
    host_plans,
    sentence_of,
)

OLD, NEW = "sha256:old", "sha256:new"


def state(**fields: Any) -> HostState:
    return HostState("shop", "h1", **{"reached": True, "seen_at": 5.0, "digest": OLD, **fields})


@pytest.mark.parametrize(
    ("known", "change"),
    [
        (None, "unknown"),
        (state(digest=None), "unknown"),
        (state(digest=""), "start"),
        (state(), "image"),
        (state(other_options=("env A",)), "image"),
        (state(digest=NEW), "unchanged"),
        (state(digest=NEW, other_options=("env A",)), "options"),
        (state(reached=False), "left_out"),
        (state(reached=False, digest=None), "left_out"),
    ],
)
def test_what_would_happen_on_a_host_follows_from_what_is_known(
    known: HostState | None, change: str
) -> None:
    assert host_plan("h1", known, digest=NEW).change == change


def test_a_host_is_told_with_what_it_runs_and_which_options_differ() -> None:
    known = state(other_options=("env A", "labels"))

    assert host_plan("h1", known, digest=NEW) == HostPlan(
        "h1", "image", OLD, ("env A", "labels"), 5.0
    )


def test_a_host_that_put_the_digest_back_before_is_remarked() -> None:
    assert (
        "put this very digest back"
        in host_plan("h1", state(rejected_digest=NEW), digest=NEW).remark
    )


def test_hosts_stay_in_the_order_of_the_inventory() -> None:
    found = host_plans(["h2", "h1"], {"h1": state()}, digest=NEW)

    assert [(one.host, one.change) for one in found] == [("h2", "unknown"), ("h1", "image")]


def plan(*changes: Any, **fields: Any) -> AppPlan:
    hosts = tuple(HostPlan(f"h{n}", change, seen_at=n) for n, change in enumerate(changes, 1))
    batches = tuple((one.host,) for one in hosts)
    return AppPlan("shop", "latest", NEW, **{"hosts": hosts, "batches": batches, **fields})


@pytest.mark.parametrize(
    ("one", "sentence"),
    [
        (plan("unchanged", "unchanged"), "shop: nothing to do: 2 hosts run 1.4.2"),
        (
            plan("unchanged", "left_out"),
            "shop: nothing to do: 1 host run 1.4.2; 1 host would be left out",
        ),
        (
            plan("image", "options", "unchanged"),
            "shop: 1.4.2 would come to 2 of 3 hosts in 3 batches, h1 first",
        ),
        (plan("start"), "shop: 1.4.2 would come to 1 of 1 host in one batch"),
        (plan(), "shop: nothing would be done: no host is known"),
        (
            plan("image", problem=Problem("held", "it is held")),
            "shop: nothing would be done: it is held",
        ),
    ],
)
def test_a_sentence_says_what_would_happen(one: AppPlan, sentence: str) -> None:
    assert sentence_of(one, version="1.4.2") == sentence


def test_what_is_known_is_as_old_as_its_oldest_part() -> None:
    assert plan("image", "image").known_at == 1
    assert plan().known_at is None
