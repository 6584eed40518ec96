# SPDX-License-Identifier: GPL-3.0-or-later
"""Which reads at a daemon are asked once and which anew, and what is said of one that hangs."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.longshore.containers.plugins.module_utils import _docker_socket
from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import (
    DockerError,
    DockerSocket,
    DockerTimeout,
)
from ansible_collections.longshore.containers.plugins.module_utils._host_run import ask
from ansible_collections.longshore.containers.plugins.plugin_utils._host_program import HostProgram

from tests.support.docker_daemon import Request, docker_daemon


class Client(DockerSocket):
    """A client that is told what its daemon was asked."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder / "d.sock"))  # type: ignore[no-untyped-call]  # runs on hosts
        self.asked: list[str] = []
        self.answer = self._counted

    def _counted(self, path: str) -> tuple[int, Any]:
        missing = path.startswith("/networks")
        return 404 if missing else 200, {"message": "gone", "count": len(self.asked)}

    def noted(self, request: Request) -> tuple[int, Any]:
        self.asked.append(request.path)
        return self.answer(request.path)


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Any]:
    found = Client(tmp_path)
    with docker_daemon(Path(found.path), found.noted):
        yield found


def test_a_read_is_asked_each_time(daemon: Any) -> None:
    assert daemon.get("containers", "a", "json") != daemon.get("containers", "a", "json")


def test_cached_reads_are_asked_once(daemon: Any) -> None:
    with daemon.cached_reads():
        first = daemon.get("containers", "a", "json")
        with daemon.cached_reads():
            again = daemon.get("containers", "a", "json")
        other = daemon.get("containers", "json", query={"all": "1"})

    assert first == again != other
    assert daemon.asked == ["/containers/a/json", "/containers/json?all=1"]


def test_a_cached_read_of_what_is_not_there_fails_each_time(daemon: Any) -> None:
    with daemon.cached_reads():
        for _ in range(2):
            with pytest.raises(DockerError, match="gone") as failed:
                daemon.get("networks", "a")
            assert failed.value.status == 404

    assert len(daemon.asked) == 1


@pytest.mark.parametrize("change", ["post", "delete"])
def test_a_change_ends_what_was_cached(daemon: Any, change: str) -> None:
    with daemon.cached_reads():
        before = daemon.get("containers", "a", "json")
        getattr(daemon, change)("containers", "a")
        after = daemon.get("containers", "a", "json")

    assert before != after


def test_a_change_that_is_followed_ends_what_was_cached(daemon: Any) -> None:
    with daemon.cached_reads():
        before = daemon.get("images", "a", "json")
        list(daemon.post_and_follow("images", "create"))
        after = daemon.get("images", "a", "json")

    assert before != after


def test_fresh_reads_are_asked_anew_and_end_what_was_cached(daemon: Any) -> None:
    with daemon.cached_reads():
        before = daemon.get("containers", "a", "json")
        with daemon.fresh_reads():
            within = [daemon.get("containers", "a", "json")["count"] for _ in range(2)]
        after = daemon.get("containers", "a", "json")

    assert [before["count"], *within, after["count"]] == [1, 2, 3, 4]


def test_a_read_with_a_login_is_asked_each_time(daemon: Any) -> None:
    login = {"X-Registry-Auth": "e30="}
    with daemon.cached_reads():
        first = daemon.get("distribution", "a", "json", headers=login)
        again = daemon.get("distribution", "a", "json", headers=login)

    assert first != again


def test_what_a_daemon_says_of_itself_is_asked_once(daemon: Any) -> None:
    first = daemon.get("info")
    daemon.post("containers", "a", "start")

    assert daemon.get("info") == first
    assert daemon.get("version") == daemon.get("version")


def test_a_daemon_that_was_away_is_asked_again_of_itself(
    daemon: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, away = Path(daemon.path), Path(daemon.path).with_suffix(".away")
    # It comes back while it is waited for.
    monkeypatch.setattr(_docker_socket.time, "sleep", lambda _seconds: away.rename(path))
    with daemon.cached_reads():
        before = (daemon.get("info"), daemon.get("containers", "json"))
        path.rename(away)
        daemon.get("containers", "b", "json")
        after = (daemon.get("info"), daemon.get("containers", "json"))

    assert all(one != other for one, other in zip(before, after, strict=True))


def test_a_pre_flight_asks_nothing_twice(daemon: Any) -> None:
    def answer(path: str) -> tuple[int, Any]:
        if path.startswith(("/containers/json", "/images/json")):
            return 200, [{"Id": "1", "Names": ["/shop-1"], "Labels": {}}]
        image = {"Os": "linux", "Architecture": "amd64", "Arch": "amd64"}
        return (200 if path.startswith(("/info", "/version", "/images")) else 404), image

    daemon.answer = answer
    params = {"app": "shop", "name": "shop-1", "image": "a/b", "digest": f"sha256:{'a' * 64}"}
    made = HostProgram("container_preflight")
    checked = made.checked({**params, "socket": daemon.path})

    said = ask(json.loads(made.order(checked, check_mode=False, facility="")))

    assert said["problems"] == []
    assert len(daemon.asked) > 5
    assert sorted(daemon.asked) == sorted(set(daemon.asked))


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_daemon_that_takes_a_request_and_hangs_is_named_with_what_it_was_asked(
    tmp_path: Path, method: str
) -> None:
    path = str(tmp_path / "docker.sock")
    with socket.socket(socket.AF_UNIX) as hanging:
        hanging.bind(path)
        hanging.listen()

        with pytest.raises(DockerTimeout) as caught:
            getattr(DockerSocket(path), method)("containers", "json", timeout=0.05)

    said = f"the Docker daemon at {path} did not answer {method.upper()} "
    assert str(caught.value).startswith(said)
    assert caught.value.seconds == 0.05
