# SPDX-License-Identifier: GPL-3.0-or-later
"""A daemon in memory, for following a switch through every point at which it can die.

What it does on start, stop, rename and remove is what tests/hosts sees real daemons do.
"""

import contextlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.longshore.containers.plugins.module_utils._container import (
    LABELS,
    Container,
    is_ours,
)
from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import DockerError

from tests.collection.containers import STAGED

CHANGES = ("stop", "start", "rename", "set_policy", "remove", "remove_image")


class KilledError(BaseException):
    """The switch died: nothing of it may run any more, not even what handles errors."""


@dataclass(frozen=True)
class _Watch:
    def has_ended(self) -> bool:
        return False


@dataclass
class FakeEngine:
    """Containers by ID; `broken` are digests whose containers exit as soon as they are started.

    `looping` are digests whose containers end a second after their start, and are started again for
    ever, by the `clock` of the switch. `fixed` are digests whose containers' restart policy cannot
    be changed: the daemon refuses, or (`ignores_policies`) takes it and does nothing. `unstoppable`
    are those it does not stop.
    """

    known: dict[str, Container] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    looping: set[str] = field(default_factory=set)
    clock: Callable[[], float] = lambda: 0.0
    fixed: set[str] = field(default_factory=set)
    ignores_policies: bool = False
    unstoppable: set[str] = field(default_factory=set)
    dies_before: int = 0
    free: int | None = None
    unstartable: dict[str, list[str]] = field(default_factory=dict)
    shared: dict[str, set[str]] = field(default_factory=dict)
    lost: dict[str, set[str]] = field(default_factory=dict)
    parted: dict[str, list[str]] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    most_running: int = 0
    least_running: int = 99
    _cache: dict[str, Container | None] | None = None
    _began: dict[str, float] = field(default_factory=dict)
    _clock: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @contextlib.contextmanager
    def cached_reads(self) -> Iterator[None]:
        with self._caching({} if self._cache is None else self._cache):
            yield

    @contextlib.contextmanager
    def fresh_reads(self) -> Iterator[None]:
        try:
            with self._caching(None):
                yield
        finally:
            self._forget()

    @contextlib.contextmanager
    def _caching(self, cache: dict[str, Container | None] | None) -> Iterator[None]:
        before, self._cache = self._cache, cache
        try:
            yield
        finally:
            self._cache = before

    def _forget(self) -> None:
        if self._cache:
            self._cache.clear()

    def create(self, number: int, **fields: Any) -> Container:
        """Stage the release of this number, unless a container bears its name."""
        name = f"shop-{number:012x}"
        found = next((one for one in self.known.values() if one.name == name), None)
        return found or self._create(number, name, fields)

    def _create(self, number: int, name: str, fields: dict[str, Any]) -> Container:
        made = STAGED._replace(
            id=f"{number}.{next(self._clock)}",
            name=name,
            digest=f"sha256:{number:064x}",
            image_id=f"sha256:{number:064x}",
            created_at=f"2026-01-01T00:00:00.{next(self._clock):09}Z",
        )
        self.known[made.id] = made._replace(**fields)
        return self.known[made.id]

    def names(self, *, running: bool) -> list[str]:
        return sorted(one.name for one in self.known.values() if one.running is running)

    # What an Engine tells

    def free_bytes(self) -> int | None:
        return self.free

    def survey(self, _app: str | None = None) -> tuple[Container, ...]:
        return tuple(one for one in self.known.values() if one.is_ours)

    def strangers(self, _app: str) -> tuple[str, ...]:
        labels = [(one, (one.app, one.digest, one.image, one.wanted_policy)) for one in self._all()]
        return tuple(
            o.name
            for o, known in labels
            if not is_ours(o.name, dict(zip(LABELS, known, strict=True)))
        )

    def inspect(self, name: str) -> Container | None:
        if self._cache is None:
            return self._inspect(name)
        if name not in self._cache:
            self._cache[name] = self._inspect(name)
        return self._cache[name]

    def _inspect(self, name: str) -> Container | None:
        found = self.known.get(name) or next((e for e in self._all() if e.name == name), None)
        return None if found is None else self._as_of_now(found)

    def image(self, name: str) -> dict[str, Any]:
        return {"RepoDigests": [f"docker.io/acme/shop@{name}"], "Architecture": "amd64"}

    def architecture(self) -> str:
        return "amd64"

    def start_problems(self, container: Container, _own: Sequence[str] = ()) -> list[str]:
        return self.unstartable.get(container.release_name, [])

    def gone_for_good(self, container: Container) -> list[str]:
        return self.parted.get(container.release_name, [])

    def shares(self, container: Container) -> set[str]:
        return self.shared.get(container.release_name, set())

    def shares_lost(self, container: Container) -> set[str]:
        return self.lost.get(container.release_name, set())

    def secrets(self, _container: Container) -> tuple[tuple[str, str], ...]:
        return ()

    def log(self, container: Container) -> list[str]:
        return [f"last words of {container.name}"]

    @contextlib.contextmanager
    def watch(self) -> Iterator[_Watch]:
        yield _Watch()

    # What an Engine changes

    def stop(self, container: Container, _timeout: int | None = None) -> None:
        self._change("stop", container)
        if container.digest in self.unstoppable:
            raise DockerError("tried to kill it, but got no exit event", 500)
        self._set(container, running=False, exit_code=143)

    def start(self, container: Container) -> None:
        self._change("start", container)
        if self.known[container.id].running:
            return
        works = container.digest not in self.broken
        started = f"2026-01-01T00:00:00.{next(self._clock):09}Z"
        self._began[container.id] = self.clock()
        self._set(
            container,
            running=works,
            started_at=started,
            exit_code=0 if works else 3,
            restart_count=0,
        )

    def rename(self, container: Container, name: str) -> None:
        self._change("rename", container)
        if any(one.name == name for one in self._all()):
            raise DockerError(f"the name {name} is already in use", 409)
        self._set(container, name=name)

    def set_policy(self, container: Container, policy: str) -> None:
        self._change("set_policy", container)
        if container.digest not in self.fixed:
            self._set(container, policy=policy)
        elif not self.ignores_policies:
            raise DockerError("update is not supported", 501)

    def remove(self, container: Container, *, volumes: bool) -> None:
        self._change("remove", container)
        self.known.pop(container.id, None)

    def remove_image(self, name: str) -> None:
        self._change("remove_image")
        self.done.append(name)

    def _change(self, verb: str, container: Container | None = None) -> None:
        self._forget()
        self.dies_before -= 1
        if self.dies_before == 0:
            raise KilledError
        self.done.append(f"{verb} {container.release_name}" if container else verb)

    def _as_of_now(self, found: Container) -> Container:
        if found.digest not in self.looping or not found.running:
            return found
        restarts = int(self.clock() - self._began[found.id])
        health = "starting" if found.health else ""  # as a daemon says after each start
        return found._replace(restarting=restarts > 0, restart_count=restarts, health=health)

    def _set(self, container: Container, **fields: Any) -> None:
        self.known[container.id] = self.known[container.id]._replace(**fields)
        serving = sum(one.running for one in self._all())
        self.most_running = max(self.most_running, serving)
        self.least_running = min(self.least_running, serving)

    def _all(self) -> list[Container]:
        return list(self.known.values())
