# SPDX-License-Identifier: GPL-3.0-or-later
"""The decisions of a switch, without a daemon."""

import pytest
from ansible_collections.longshore.containers.plugins.module_utils._container import Container
from ansible_collections.longshore.containers.plugins.module_utils._health_gate import Health
from ansible_collections.longshore.containers.plugins.module_utils._switch_plan import (
    beside_problem,
    image_problem,
    plan_switch,
    prunable,
    return_problem,
    target_problem,
    unused_images,
)

from tests.collection.containers import DIGEST, NOW, RUNNING, STAGED, STOPPED


def test_a_staged_container_replaces_the_one_that_runs() -> None:
    plan = plan_switch((RUNNING, STAGED), STAGED)

    assert (plan.action, plan.current, plan.leftovers) == ("replace", RUNNING, ())


def test_a_target_that_runs_is_kept() -> None:
    assert plan_switch((RUNNING, STAGED), RUNNING).action == "keep"


def test_a_stopped_target_that_ran_last_is_resumed() -> None:
    assert plan_switch((STOPPED, STAGED), STOPPED).action == "resume"


def test_a_kept_older_container_replaces_the_one_that_runs() -> None:
    older = STOPPED._replace(id="older", started_at="2026-11-21T10:00:00Z")

    plan = plan_switch((RUNNING, older), older)

    assert (plan.action, plan.current) == ("replace", RUNNING)


@pytest.mark.parametrize(
    ("change", "health", "said"),
    [
        ({}, Health(), ""),
        ({"host_ports": ("80", "443")}, Health(), "published_ports fixes 80, 443 on the host"),
        ({"host_network": True}, Health(), "is host, whose ports"),
        ({"fixed_address": "172.18.0.9"}, Health(), "only one can have the address 172.18.0.9"),
        ({}, Health(url="http://127.0.0.1/"), "health.http.url may be answered by the old one"),
        ({}, Health(url="http://container:8080/"), ""),
    ],
    ids=str,
)
def test_what_would_clash_with_the_old_container_is_not_started_beside_it(
    change: dict[str, object], health: Health, said: str
) -> None:
    problem = beside_problem(STAGED._replace(**change), health)

    assert said in problem
    assert bool(problem) is bool(said)


def test_what_is_on_trial_is_a_leftover_and_never_put_back() -> None:
    trial = RUNNING._replace(
        id="trial", name="shop-000000000003-trial", started_at="2026-11-22T11:00:00Z"
    )

    plan = plan_switch((trial, STOPPED, STAGED), STAGED)

    assert (plan.current, plan.leftovers) == (STOPPED, (trial,))


def test_of_stopped_containers_the_one_that_was_started_last_is_put_back() -> None:
    older = STOPPED._replace(id="older", started_at="2026-11-22T09:59:59.9Z")

    assert plan_switch((older, STOPPED, STAGED), STAGED).current == STOPPED


def test_a_second_running_container_is_a_stray() -> None:
    second = RUNNING._replace(
        id="second", name="shop-000000000000", started_at="2026-11-22T09:00:00Z"
    )

    plan = plan_switch((second, RUNNING, STAGED), STAGED)

    assert (plan.current, plan.strays) == (RUNNING, (second,))


@pytest.mark.parametrize(
    ("arch", "host", "platform", "is_refused"),
    [
        ("amd64", "amd64", None, False),
        ("arm64", "amd64", None, True),
        ("arm64", "amd64", "linux/arm64", False),
        ("386", "amd64", None, False),
        ("amd64", "arm64", None, True),
        ("", "amd64", None, False),
    ],
)
def test_an_image_must_fit_the_processor(
    arch: str, host: str, platform: str | None, *, is_refused: bool
) -> None:
    image = {"RepoDigests": [f"acme/shop@{DIGEST}"], "Architecture": arch}

    problem = image_problem(image, digest=DIGEST, host_arch=host, platform=platform)

    assert bool(problem) is is_refused


def test_an_image_that_does_not_bear_the_digest_is_refused() -> None:
    image = {"RepoDigests": ["acme/shop@sha256:" + "b" * 64], "Architecture": "amd64"}

    assert image_problem(image, digest=DIGEST, host_arch="amd64", platform=None)


def test_a_container_without_our_label_is_refused() -> None:
    stranger = STAGED._replace(app="")

    assert "not ours" in target_problem(stranger, app="shop", digest=DIGEST)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "debug-of-ops"},
        {"name": "shop-000000000001-debug"},
        {"name": "shop-00000000000g"},
        {"name": "blog-000000000001"},
        {"digest": ""},
        {"image": ""},
        {"wanted_policy": ""},
    ],
    ids=str,
)
def test_a_container_without_our_labels_and_name_is_not_ours(change: dict[str, str]) -> None:
    stranger = RUNNING._replace(**change)

    assert not stranger.is_ours
    assert "not ours" in target_problem(stranger, app="shop", digest=DIGEST)


@pytest.mark.parametrize(
    "name", ["shop-0123456789ab", "shop-0123456789ab-trial", "shop-0123456789ab-return"]
)
def test_a_container_with_our_labels_and_name_is_ours(name: str) -> None:
    assert RUNNING._replace(name=name).is_ours


def test_previous_containers_beyond_keep_and_stale_staged_ones_go() -> None:
    previous = [
        STOPPED._replace(id=str(day), started_at=f"2026-11-0{day}T00:00:00Z") for day in (1, 2, 3)
    ]
    stale = STAGED._replace(id="stale", created_at="2026-11-22T09:00:00Z")
    fresh = STAGED._replace(id="fresh", created_at="2026-11-22T11:59:00Z")

    going = prunable(
        [*previous, stale, fresh, RUNNING],
        target=RUNNING,
        keep=2,
        stale_before="2026-11-22T11:00:00Z",
    )

    assert {each.id for each in going} == {"1", "stale"}


def test_a_protected_digest_is_never_pruned_and_takes_no_place_among_those_kept() -> None:
    previous = [
        STOPPED._replace(
            id=str(day),
            digest=f"sha256:{day:064}",
            started_at=f"2026-11-0{day}T00:00:00Z",
        )
        for day in (1, 2, 3)
    ]

    going = prunable(
        [*previous, RUNNING],
        target=RUNNING,
        keep=1,
        stale_before=NOW,
        protect=(previous[0].digest, previous[2].digest),
    )

    assert going == ()
    assert unused_images([previous[0]], [], protect=(previous[0].digest,)) == ()


def test_a_container_that_returns_is_its_own_target_even_after_a_crash() -> None:
    returning = RUNNING._replace(id="back", name="shop-000000000000-return")
    failed = RUNNING._replace(id="failed", name="shop-000000000003-trial")

    plan = plan_switch((returning, failed, STOPPED), returning)

    assert (plan.action, plan.current, plan.leftovers) == ("replace", STOPPED, (failed,))
    assert returning.release_name == "shop-000000000000"


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (None, "is no longer on this host"),
        (STAGED, "never proved itself"),
        (STOPPED._replace(name="shop-000000000001-trial"), "never proved itself"),
        (STOPPED._replace(name="shop-000000000001-return"), ""),
        (STOPPED, ""),
        (RUNNING, ""),
    ],
    ids=["gone", "staged", "on trial", "cut off", "stopped", "running"],
)
def test_only_a_container_that_served_is_gone_back_to(target: Container | None, said: str) -> None:
    problem = return_problem(target, restore_container="0123456789ab")

    assert said in problem
    assert bool(problem) is bool(said)


def test_an_image_that_a_remaining_container_uses_is_kept() -> None:
    other = STOPPED._replace(digest="sha256:" + "b" * 64)

    assert unused_images([STOPPED, other], [RUNNING]) == (f"docker.io/acme/shop@{other.digest}",)
