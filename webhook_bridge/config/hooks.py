# SPDX-License-Identifier: GPL-3.0-or-later
"""The hooks of longshore.toml: each table is checked by its source, and its secrets are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError

from webhook_bridge.config.secret_files import SecretPlaces, check_stands_in_url
from webhook_bridge.config.validation_errors import describe_problems
from webhook_bridge.queues import DEFAULT, QUEUES, QueueTable
from webhook_bridge.sources import SOURCES
from webhook_bridge.sources.base import Source
from webhook_bridge.sources.sns import AmazonSns

HookName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,40}$")]


@dataclass(frozen=True)
class Hook:
    """One endpoint that a sender may call, or its queue; the first secret is the current one."""

    name: str
    sender: Source
    secrets: tuple[bytes, ...] = field(repr=False)
    secret_file: Path | None = None
    """Where the secrets are, unless the environment has them or the sender shares none."""

    @property
    def source(self) -> str:
        """The word for the kind of sender."""
        return self.sender.source

    @property
    def registry(self) -> str:
        """The registry that its events are about; empty where each event says it itself."""
        return self.sender.registry or ""


def read_hooks(
    file: Path, tables: Mapping[str, dict[str, Any]], places: SecretPlaces
) -> tuple[dict[str, Hook], list[str]]:
    """Return the hooks whose tables are right, and every problem with the others."""
    hooks: dict[str, Hook] = {}
    problems: list[str] = []
    for name, table in tables.items():
        try:
            hooks[name] = _read_hook(file, name, table, places)
        except _Problems as found:
            problems += found.args[0]
    return hooks, problems + _shared_queues(file, hooks)


class _Problems(Exception):
    """What is wrong with a hook: a list of lines."""


def _shared_queues(file: Path, hooks: Mapping[str, Hook]) -> list[str]:
    """Return the problem of a queue that two hooks read: each would get a part of its messages."""
    owners: dict[str, str] = {}
    problems = []
    for name, hook in hooks.items():
        queue = hook.sender.queue
        owner = name if queue is None else owners.setdefault(queue.place, name)
        if owner != name:
            problem = f"is the queue of hook {owner} already; give each hook a queue of its own"
            problems.append(f"{file}: hooks.{name}.queue: {problem}")
    return problems


def _read_hook(file: Path, name: str, table: dict[str, Any], places: SecretPlaces) -> Hook:
    sender = _sender(file, f"hooks.{name}", table)
    if lines := [f"{file}: hooks.{name}.{problem}" for problem in _queue_problems(sender)]:
        raise _Problems(lines)
    secrets = _secrets(file, name, sender, places)
    in_file = sender.secret_file is not None and secret_variable(name) not in places.environ
    path = places.folder / sender.secret_file if in_file and sender.secret_file else None
    return Hook(name, sender, secrets, path)


def secret_variable(hook: str) -> str:
    """Return the variable whose secret wins over the hook's file."""
    return f"LONGSHORE_HOOKS_{hook.upper().replace('-', '_')}_SECRET"


def _sender(file: Path, prefix: str, table: dict[str, Any]) -> Source:
    word = table.get("source")
    if word is None:
        raise _Problems([f"{file}: {prefix}.source: is required"])
    if not isinstance(word, str) or word not in SOURCES:
        known = ", ".join(sorted(SOURCES))
        raise _Problems([f"{file}: {prefix}.source: {word!r} is not known; allowed: {known}"])
    if "queue" in table:
        table = table | {"queue": _queue(file, f"{prefix}.queue", table["queue"])}
    try:
        return SOURCES[word].model_validate(table)
    except ValidationError as error:
        lines = describe_problems(file, error, model=SOURCES[word], prefix=prefix)
        raise _Problems(lines) from None


def _queue(file: Path, prefix: str, table: object) -> QueueTable:
    if not isinstance(table, dict):
        raise _Problems([f"{file}: {prefix}: must be a table of keys and values"])
    word = table.get("service", DEFAULT)
    if not isinstance(word, str) or word not in QUEUES:
        known = ", ".join(sorted(QUEUES))
        raise _Problems([f"{file}: {prefix}.service: {word!r} is not known; allowed: {known}"])
    try:
        return QUEUES[word].model_validate(table, context={"folder": file.parent})
    except ValidationError as error:
        lines = describe_problems(file, error, model=QUEUES[word], prefix=prefix)
        raise _Problems(lines) from None


def _queue_problems(sender: Source) -> list[str]:
    """Return what contradicts each other in a hook with a queue, as `key: sentence`."""
    queue, problems = sender.queue, []
    if queue is None:
        return []
    if queue.proof == "hook" and not sender.scheme.needs_secret:
        problems.append(
            'queue.proof: "hook" is for senders that share a secret with their hook; this one '
            "proves itself over HTTP only: leave the key out"
        )
    if isinstance(sender, AmazonSns):
        problems.append(
            "queue: a queue that subscribes to a topic takes the envelope off: write "
            'source = "ecr", without topics'
        )
    if sender.allow_from and not queue.http:
        problems.append(
            "allow_from: has no meaning here: messages of a queue come from no address; the "
            "queue's policy says who may send"
        )
    return problems


def _secrets(file: Path, name: str, sender: Source, places: SecretPlaces) -> tuple[bytes, ...]:
    if not sender.needs_secret:
        if sender.secret_file is None:
            return ()
        wrong = (
            "has no meaning here: the queue's policy says who may send; to have each message show "
            'the secret too, set queue.proof = "hook", and for a URL besides queue.http = true'
            if sender.scheme.needs_secret
            else "has no meaning here: the sender proves itself by a key of its own"
        )
        raise _Problems([f"{file}: hooks.{name}.secret_file: {wrong}"])
    try:
        found = places.read(sender.secret_file, variable=secret_variable(name))
        for secret in found if sender.scheme.place == "path" else ():
            check_stands_in_url(secret.decode())
    except ValueError as error:
        raise _Problems([f"{file}: hooks.{name}.secret_file: {error}"]) from None
    return found
