# SPDX-License-Identifier: GPL-3.0-or-later
"""When a started container counts as working, without a container."""

import pytest
from ansible_collections.longshore.containers.plugins.module_utils._check_times import (
    CheckTimes,
    check_times,
    too_slow,
)
from ansible_collections.longshore.containers.plugins.module_utils._container import (
    Container,
    health_word,
)
from ansible_collections.longshore.containers.plugins.module_utils._health_gate import (
    Health,
    Progress,
    Sight,
    advance,
    health_problem,
    probe_word,
)
from ansible_collections.longshore.containers.plugins.module_utils._health_rules import (
    asks_elsewhere,
)

from tests.collection.containers import RUNNING

PROBED = Health(timeout=60, stable_for=5, url="http://127.0.0.1:80/")
REFUSED = "http://127.0.0.1:80/ refused the connection"


def after(*sights: Sight, health: Health, last_check: str = "") -> Progress:
    """Follow a container from its start."""
    progress = Progress(last_check=last_check)
    for sight in sights:
        progress = advance(progress, sight, health, restarts_before=0)
    return progress


def probed(*said: str, health: Health = PROBED, container: Container = RUNNING) -> Progress:
    """Follow a container that is probed once a second."""
    sights = [Sight(float(at), container, probe) for at, probe in enumerate(said)]
    return after(*sights, health=health)


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({"health": "healthy"}, "steady"),
        ({"health": ""}, "steady"),
        ({"health": "starting"}, "wait"),
        ({"health": "unhealthy"}, "bad"),
        ({"running": False, "exit_code": 3}, "bad"),
        ({"restarting": True}, "bad"),
        ({"restart_count": 1}, "bad"),
        ({"paused": True}, "bad"),
    ],
)
def test_a_started_container_is_judged_at_once(change: dict[str, object], verdict: str) -> None:
    assert after(Sight(0, RUNNING._replace(**change)), health=Health()).verdict == verdict


def test_a_container_that_is_gone_is_bad() -> None:
    assert after(Sight(0, None), health=Health()).verdict == "bad"


def test_the_reason_of_an_exit_names_code_and_lack_of_memory() -> None:
    ended = RUNNING._replace(running=False, exit_code=137, oom_killed=True)

    reason = after(Sight(0, ended), health=Health()).reason

    assert reason == "it exited with code 137 (killed: out of memory)"


def test_the_reason_of_an_end_without_an_error_says_what_is_deployed() -> None:
    ended = RUNNING._replace(running=False, exit_code=0)
    failed = ended._replace(error="no such device")

    assert after(Sight(0, ended), health=Health()).reason.startswith(
        "it ended with exit code 0, and what is deployed has to go on running"
    )
    assert after(Sight(0, failed), health=Health()).reason.startswith("it exited with code 0: no")


def test_a_container_is_proven_after_it_was_well_for_the_stable_time() -> None:
    seen = [Sight(at, RUNNING) for at in (1.0, 10.9)]

    assert after(*seen, health=Health(stable_for=10)).verdict == "steady"
    assert after(*seen, Sight(11.0, RUNNING), health=Health(stable_for=10)).verdict == "proven"


SELDOM = RUNNING._replace(health="starting", check_times=CheckTimes(interval=90, timeout=5))
LONG_START = RUNNING._replace(
    health="starting",
    check_times=CheckTimes(interval=10, timeout=5, start_period=120, start_interval=5),
)
TOO_EARLY = (("2026-11-22T10:01:10Z", False),)


def test_a_container_is_not_given_up_before_its_check_ran_once() -> None:
    assert after(Sight(60, SELDOM), Sight(95, SELDOM), health=Health()).verdict == "wait"
    healthy = SELDOM._replace(health="healthy")
    found = after(Sight(95, SELDOM), Sight(95.5, healthy), health=Health(stable_for=0))
    assert found.verdict == "proven"


def test_a_container_whose_late_check_failed_is_given_up() -> None:
    checked = SELDOM._replace(checks=(("2026-11-22T10:01:31Z", False),))

    found = after(Sight(60, SELDOM), Sight(91, checked), health=Health())

    assert found.verdict == "bad"
    assert found.reason.startswith("it did not get healthy within 91 s")


def test_a_check_that_does_not_end_is_waited_for_as_long_as_it_may_take() -> None:
    assert after(Sight(95.9, SELDOM), health=Health()).verdict == "wait"
    assert after(Sight(96.0, SELDOM), health=Health()).verdict == "bad"


def test_checks_within_the_start_period_of_the_image_do_not_count_against_it() -> None:
    early = LONG_START._replace(checks=TOO_EARLY)
    late = early._replace(checks=(*TOO_EARLY, ("2026-11-22T10:02:05Z", False)))

    assert after(Sight(70, early), Sight(119, early), health=Health()).verdict == "wait"
    assert after(Sight(70, early), Sight(125, late), health=Health()).verdict == "bad"


def test_a_container_that_is_checked_often_is_given_up_at_the_timeout() -> None:
    often = RUNNING._replace(health="starting", check_times=CheckTimes(interval=1, timeout=5))
    checked = often._replace(checks=TOO_EARLY)

    assert after(Sight(59, checked), Sight(60, checked), health=Health()).verdict == "bad"


def test_a_check_that_is_later_than_any_wait_is_named_with_both_values() -> None:
    said = too_slow(CheckTimes(interval=600, timeout=30), 60)

    assert "interval 600 s" in said
    assert "health.timeout is 60 s" in said
    assert "at least 631" in said
    assert too_slow(CheckTimes(interval=600, timeout=30), 631) == ""
    assert too_slow(SELDOM.check_times, 60) == ""


@pytest.mark.parametrize("found", [None, {}, {"Test": []}, {"Test": ["NONE"], "Interval": 1}])
def test_a_container_without_a_check_has_no_times(found: object) -> None:
    assert check_times({"Healthcheck": found}) is None


def test_a_check_has_the_times_of_docker_where_it_names_none() -> None:
    second = 1_000_000_000
    config = {"Healthcheck": {"Test": ["CMD", "x"], "Timeout": second, "StartPeriod": 2 * second}}

    assert check_times(config) == CheckTimes(interval=30, timeout=1, start_period=2)


def test_a_probe_that_never_succeeds_is_waited_for_until_the_timeout_and_named() -> None:
    assert probed(*[REFUSED] * 60).verdict == "wait"

    found = probed(*[REFUSED] * 61)

    assert (found.verdict, probe_word(found, PROBED)) == ("bad", "unhealthy")
    assert found.reason == f"it did not get healthy within 60 s: {REFUSED}"


def test_probe_and_health_check_count_together() -> None:
    starting, healthy = (RUNNING._replace(health=word) for word in ("starting", "healthy"))

    assert probed("", container=starting).verdict == "wait"
    assert probed(REFUSED, container=healthy).verdict == "wait"
    assert probed("", container=healthy).verdict == "steady"


def test_k_successes_in_a_row_are_needed_and_a_failure_starts_the_count_anew() -> None:
    three = PROBED._replace(successes=3)

    assert probed("", "", REFUSED, "", "", health=three).verdict == "wait"
    assert probed("", "", REFUSED, "", "", "", health=three).verdict == "steady"


def test_a_health_check_that_flaps_needs_k_successes_in_a_row_too() -> None:
    def flapping(*results: bool) -> Container:
        checks = tuple((f"second {at}", ok) for at, ok in enumerate(results))
        return RUNNING._replace(health="healthy", checks=checks)

    health = Health(successes=2)
    seen = [Sight(1, flapping(True)), Sight(2, flapping(True, False))]

    assert after(*seen, Sight(3, flapping(True, False, True)), health=health).verdict == "wait"
    steady = after(*seen, Sight(4, flapping(True, False, True, True)), health=health)
    assert steady.verdict == "steady"


def test_health_checks_from_before_the_start_do_not_count() -> None:
    container = RUNNING._replace(health="healthy", checks=(("1", True), ("2", True), ("3", True)))

    assert after(Sight(0, container), health=Health(successes=2), last_check="2").checks == 1


def test_a_healthy_container_may_fail_two_probes_in_a_row_and_not_three() -> None:
    assert probed("", REFUSED, REFUSED).verdict == "wait"
    assert probed("", REFUSED, REFUSED, "").verdict == "steady"

    found = probed("", REFUSED, REFUSED, REFUSED)

    assert found.verdict == "bad"
    assert found.reason == f"it was healthy and then failed 3 times: {REFUSED}"


def test_a_failed_probe_starts_the_stable_time_anew() -> None:
    probes = ["", "", "", "", REFUSED, "", "", "", "", ""]

    assert probed(*probes).verdict == "steady"
    assert probed(*probes, "").verdict == "proven"


def test_within_the_start_period_unhealthy_is_waited_for_and_an_exit_is_not() -> None:
    health = Health(start_period=20)
    unhealthy = RUNNING._replace(health="unhealthy")
    ended = RUNNING._replace(running=False)

    assert after(Sight(19.9, unhealthy), health=health).verdict == "wait"
    assert after(Sight(20, unhealthy), health=health).verdict == "bad"
    assert after(Sight(1, ended), health=health).verdict == "bad"


@pytest.mark.parametrize(
    ("status", "probe", "word"),
    [
        ("", "", "not health-checked"),
        ("", "healthy", "healthy"),
        ("", "unhealthy", "unhealthy"),
        ("healthy", "unhealthy", "unhealthy"),
        ("healthy", "", "healthy"),
        ("starting", "healthy", "starting"),
    ],
)
def test_healthy_is_said_only_where_all_that_was_asked_says_so(
    status: str, probe: str, word: str
) -> None:
    assert health_word(RUNNING._replace(health=status, probe=probe)) == word


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"timeout": 0}, "health.timeout: must be a number of seconds greater than 0"),
        ({"stable_for": -1}, "health.stable_for: must be a number of seconds from 0"),
        ({"interval": 0}, "health.interval: must be a number of seconds greater"),
        ({"successes": 0}, "health.successes: must be a whole number from 1"),
        ({"start_period": -1}, "health.start_period: must be a number of seconds from 0"),
        ({"start_period": 60}, "must be less than health.timeout (60 s)"),
        ({"url": "localhost/health"}, "http.url: must be a URL"),
        ({"url": "ftp://localhost/"}, "http.url: must "),
        ({"url": "http:///health"}, "http.url: must "),
        ({"url": "http://localhost:99999/"}, "http.url: must "),
        ({"url": "http://local host/"}, "http.url: must "),
        ({"url": "http://user:pass@localhost/"}, "http.url: must "),
        ({"url": "http://x/", "statuses": (99,)}, "http.status: must be"),
        ({"url": "http://x/", "statuses": ()}, "http.status: must be"),
        ({"tcp": "5432"}, "health.tcp: must be HOST:PORT"),
        ({"tcp": "localhost:0"}, "must be HOST:PORT"),
        ({"tcp": "localhost:70000"}, "must be HOST:PORT"),
    ],
    ids=str,
)
def test_what_cannot_be_asked_is_refused_by_name(change: dict[str, object], said: str) -> None:
    assert said in health_problem(Health()._replace(**change))


@pytest.mark.parametrize("change", [{}, {"url": "https://container/"}, {"tcp": "[::1]:80"}])
def test_what_can_be_asked_is_not_refused(change: dict[str, str]) -> None:
    assert health_problem(Health()._replace(**change)) == ""


@pytest.mark.parametrize(
    ("change", "elsewhere"),
    [
        ({}, ""),
        ({"url": "http://container:8080/"}, ""),
        ({"tcp": "container:8080"}, ""),
        ({"url": "http://127.0.0.1:8080/"}, "http.url"),
        ({"tcp": "127.0.0.1:8080"}, "tcp"),
    ],
    ids=str,
)
def test_a_probe_that_names_no_container_asks_elsewhere(
    change: dict[str, str], elsewhere: str
) -> None:
    assert asks_elsewhere(**{"url": "", "tcp": "", **change}) == elsewhere
