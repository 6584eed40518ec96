# SPDX-License-Identifier: GPL-3.0-or-later
"""How often and when a host asks a registry, and what it says of one that does not answer."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.longshore.containers.plugins.module_utils import _registry_question
from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import (
    DockerError,
    DockerTimeout,
)
from ansible_collections.longshore.containers.plugins.module_utils._host_survey import HostSurvey
from ansible_collections.longshore.containers.plugins.module_utils._registry_login import Login
from ansible_collections.longshore.containers.plugins.module_utils._registry_question import (
    RegistryError,
    ask_registry,
    come_at_random,
)

IMAGE = "registry.example.com/acme/shop@sha256:" + "a" * 64
PASSING = DockerError("toomanyrequests: slow down", 500)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let no time pass, and note for how long one would have waited."""
    waited: list[float] = []
    monkeypatch.setattr(_registry_question.time, "sleep", waited.append)
    monkeypatch.setattr(_registry_question.time, "monotonic", lambda: sum(waited))
    return waited


class Daemon:
    """Answers a question to a registry with what is left of `answers`."""

    def __init__(self, *answers: Any, mirrors: tuple[str, ...] = ()) -> None:
        self._answers: Iterator[Any] = iter(answers)
        self._mirrors = mirrors
        self.timeouts: list[float] = []

    def get(self, *segments: str, timeout: float = 0, **_rest: Any) -> Any:
        if segments == ("info",):
            return {"RegistryConfig": {"Mirrors": list(self._mirrors)}}
        self.timeouts.append(timeout)
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


def failure(ask: Callable[[], Any]) -> RegistryError:
    with pytest.raises(RegistryError) as raised:
        ask()
    return raised.value


def test_a_registry_in_trouble_is_asked_again_after_growing_pauses(
    pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_registry_question.random, "uniform", lambda low, high: (low + high) / 2)
    daemon = Daemon(PASSING, PASSING, {"Platforms": []})

    assert ask_registry(daemon, IMAGE, login=Login(), within=20) == {"Platforms": []}
    assert pauses == [1.0, 2.0]


def test_two_hosts_that_were_refused_together_do_not_come_back_together(
    pauses: list[float],
) -> None:
    for _host in range(2):
        ask_registry(Daemon(PASSING, {}), IMAGE, login=Login(), within=1000)

    assert pauses[0] != pauses[1]


def test_a_registry_that_stays_in_trouble_is_told_with_its_cause(pauses: list[float]) -> None:
    daemon = Daemon(*[PASSING] * 9)

    error = failure(lambda: ask_registry(daemon, IMAGE, login=Login(), within=20))

    assert len(pauses) == 2
    assert error.cause == "rate_limited"
    assert "toomanyrequests" in str(error)
    assert "how often" in str(error)


def test_what_the_registry_has_decided_is_asked_once(pauses: list[float]) -> None:
    daemon = Daemon(DockerError("unauthorized: authentication required", 500))

    error = failure(lambda: ask_registry(daemon, IMAGE, login=Login(), within=20))

    assert (error.cause, error.final, pauses) == ("", True, [])


@pytest.mark.usefixtures("pauses")
def test_a_registry_that_is_silent_is_not_taken_for_a_daemon_that_hangs() -> None:
    daemon = Daemon(DockerTimeout("the Docker daemon did not answer", seconds=20))

    error = failure(lambda: ask_registry(daemon, IMAGE, login=Login(), within=20))

    assert daemon.timeouts == [20]
    assert error.cause == "unreachable"
    assert "the registry gave no answer to this host's Docker within 20 s" in str(error)


def test_no_try_begins_after_the_time_that_there_is(pauses: list[float]) -> None:
    daemon = Daemon(*[PASSING] * 9)

    failure(lambda: ask_registry(daemon, IMAGE, login=Login(), within=1.6))

    assert sum(pauses) < 1.6


@pytest.mark.usefixtures("pauses")
def test_a_daemon_that_is_gone_is_no_trouble_of_the_registry() -> None:
    daemon = Daemon(DockerError("no Docker daemon answers: connection refused"))

    assert not failure(lambda: ask_registry(daemon, IMAGE, login=Login(), within=20)).cause


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize("said", ["unauthorized: authentication required", "manifest unknown"])
def test_a_stored_login_that_could_not_be_read_is_named_where_one_is_wanted(said: str) -> None:
    login = Login(trouble="/root/.docker/config.json cannot be read: correct it")

    error = failure(
        lambda: ask_registry(Daemon(DockerError(said, 500)), IMAGE, login=login, within=20)
    )

    assert str(error) == f"{said}; {login.trouble}"


@pytest.mark.usefixtures("pauses")
def test_a_stored_login_that_could_not_be_read_is_no_matter_for_a_public_image() -> None:
    login = Login(trouble="/root/.docker/config.json cannot be read: correct it")

    assert ask_registry(Daemon({"Platforms": []}), IMAGE, login=login, within=20)


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize(("passing", "cause"), [(True, "failing"), (False, "")])
def test_a_login_that_could_not_be_lent_may_be_lent_the_next_time(
    cause: str, *, passing: bool
) -> None:
    login = Login(trouble="the bridge has no login to lend", passing=passing)
    refused = Daemon(DockerError("unauthorized: authentication required", 500))

    error = failure(lambda: ask_registry(refused, IMAGE, login=login, within=20))

    assert str(error).endswith("; the bridge has no login to lend")
    assert (error.cause, error.final) == (cause, not passing)


def test_hosts_that_come_at_random_come_within_the_time_given(pauses: list[float]) -> None:
    come_at_random(0)
    come_at_random(4)

    assert len(pauses) == 1
    assert 0 <= pauses[0] <= 4


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize(
    "answer", [DockerError("manifest unknown", 404), DockerError("i/o timeout", 500)]
)
def test_mirrors_that_do_not_have_an_image_of_docker_hub_leave_it_to_the_pull(
    answer: DockerError,
) -> None:
    survey = HostSurvey(Daemon(*[answer] * 3, mirrors=("https://mirror.example.com/",)))

    hub = "docker.io/acme/shop@sha256:" + "a" * 64
    assert survey.platforms_at_registry(hub, login=Login(), within=20) == []


@pytest.mark.usefixtures("pauses")
def test_mirrors_are_not_asked_for_another_registry() -> None:
    missing = DockerError("manifest unknown", 404)
    survey = HostSurvey(Daemon(missing, mirrors=("https://mirror.example.com/",)))

    failure(lambda: survey.platforms_at_registry(IMAGE, login=Login(), within=20))
