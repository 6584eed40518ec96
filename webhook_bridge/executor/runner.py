# SPDX-License-Identifier: GPL-3.0-or-later
"""Start the run child for one release, wait for it, and collect what it reported."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from types import MappingProxyType
from typing import Any

from webhook_bridge.config.inventory_files import loss_policy
from webhook_bridge.config.settings import Settings
from webhook_bridge.domain.consequences import ROLLOUTS
from webhook_bridge.domain.hosts import KeptContainer
from webhook_bridge.domain.inventory import most_lost
from webhook_bridge.domain.outcomes import INVENTORY_FAILED, Outcome, RunReport, Stopped
from webhook_bridge.domain.run_steps import RunSteps
from webhook_bridge.domain.runs import RunKind, Work
from webhook_bridge.executor.environment import run_environment
from webhook_bridge.executor.events import News, read_report
from webhook_bridge.executor.image_facts import image_facts
from webhook_bridge.executor.inventory_failure import cause_of_failure
from webhook_bridge.executor.lent_login import login_to_lend
from webhook_bridge.executor.orphans import end_orphans
from webhook_bridge.executor.run_processes import RunProcess, RunStart, start_anew
from webhook_bridge.state_folder import RunFiles, option_key

_log = logging.getLogger(__name__)
PLAYBOOK = "longshore.containers.deploy"
# A rollback asks the hosts first what they keep; a look changes nothing.
_OTHER_PLAYBOOKS: Mapping[RunKind, str] = {
    "observe": "longshore.containers.status",
    "rollback": "longshore.containers.rollback",
    "remove": "longshore.containers.remove",
}
# ansible-runner ends a run at its deadline by itself; this is for the case that it cannot.
_GRACE_AFTER_DEADLINE_S = 30.0
_POLL_INTERVAL_S = 0.5
# Warnings of each source of the inventory; a log may be long, but not where no play began.
_MOST_LINES_OF_A_FAILURE = 2000


def execute(
    settings: Settings,
    work: Work,
    *,
    stop: threading.Event,
    why_stop: Callable[[], str | None] = lambda: None,
    heard: Callable[[Sequence[Outcome], RunSteps | None], None] = lambda _outcomes, _steps: None,
    start: Callable[[RunStart], RunProcess] = start_anew,
) -> RunReport:
    """Run the playbook for a claimed app and return what it reported.

    Must be called in a thread that lives as long as the run: `start` may have the kernel end the
    run's process with it.
    When `stop` is set the child and all it started are ended at once. `why_stop` is asked now and
    then; once it gives a word, the run starts no further batch. `heard` is given what is reported
    while the run goes on: the outcomes that came since it was called last, and all steps of hosts
    so far, None where none of them is new.
    """
    files = RunFiles.of(settings.state_dir, work.run.id)
    files.folder.mkdir(mode=0o700, parents=True)
    files.log.touch(mode=0o600)
    with files.errors.open("w") as errors:
        spec = _spec(settings, work, files)
        process = start(RunStart(spec, _environment(settings, files), files.folder, errors))
        longest = settings.deploy.deadline + _GRACE_AFTER_DEADLINE_S
        look = partial(_look, files, why_stop, News(files.events), heard)
        error = _wait(process, stop, longest, look=look)
    result = _result(files)
    if not result or files.private.is_symlink():  # its processes did not come to their end
        end_orphans(files)
    if result.get("status") == "timeout":
        error = "the run passed its deadline (deploy.deadline)"
    code = result.get("exit_code")
    exit_code = code if isinstance(code, int) else None
    report = read_report(files.events, exit_code=exit_code, error=error or _said(files))
    return _with_inventory_failure(report, files)


def _with_inventory_failure(report: RunReport, files: RunFiles) -> RunReport:
    """Add why the inventory could not be read, where Ansible ended before its first play."""
    if not report.exit_code or files.events.exists():
        return report
    with files.log.open(encoding="utf-8", errors="replace") as log:
        cause = cause_of_failure(islice(log, _MOST_LINES_OF_A_FAILURE))
    if not cause:
        return report
    why = f"the inventory cannot be read: {cause}"
    return replace(report, stopped=Stopped(INVENTORY_FAILED, why))


def _look(
    files: RunFiles,
    why_stop: Callable[[], str | None],
    news: News,
    heard: Callable[[Sequence[Outcome], RunSteps | None], None],
) -> None:
    """Do what is due twice a second while a run goes on."""
    _stop_batches(files, why_stop)
    outcomes, steps = news.read()
    if outcomes or steps is not None:
        heard(outcomes, steps)


def _stop_batches(files: RunFiles, why_stop: Callable[[], str | None]) -> None:
    """Write the stop file once there is a reason: at once as a whole, since Ansible reads it."""
    if files.stop.exists():
        return
    word = why_stop()
    if word is None:
        return
    new = files.stop.with_suffix(".new")
    try:
        new.write_text(word, encoding="utf-8")
        new.rename(files.stop)
    except OSError as error:
        _log.error("run %s: cannot be stopped yet: %s", files.folder.name, error)


def _wait(
    process: RunProcess,
    stop: threading.Event,
    longest: float,
    *,
    look: Callable[[], None],
) -> str:
    """Wait for the run's process; end it when asked to, or when it is late. Return why, if so."""
    waited = 0.0
    step = 0.05
    look()
    while not process.ended(step):
        if stop.is_set() or waited > longest:
            process.end()
            return "the bridge was stopped" if stop.is_set() else "the run passed its deadline"
        waited += step
        if waited % _POLL_INTERVAL_S < step:
            look()
    return ""


def _result(files: RunFiles) -> Mapping[str, Any]:
    """Return how Ansible ended; nothing where the child died before it could say."""
    try:
        result: dict[str, Any] = json.loads(files.result.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return result


def _said(files: RunFiles) -> str:
    lines = files.errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1][:500] if lines else ""


def _environment(settings: Settings, files: RunFiles) -> dict[str, str]:
    return run_environment(
        settings.ansible, state_dir=settings.state_dir, events=files.events, environ=os.environ
    )


def _spec(settings: Settings, work: Work, files: RunFiles) -> dict[str, Any]:
    locks = settings.state_dir / "locks"
    locks.mkdir(mode=0o700, parents=True, exist_ok=True)
    return {
        "parent": os.getpid(),
        "lock": str(locks / f"{work.run.app}.lock"),
        "ident": work.run.id,
        "playbook": _OTHER_PLAYBOOKS.get(work.run.kind, PLAYBOOK),
        "inventory": str(settings.ansible.inventory),
        "extravars": {
            **extra_vars(work, files, image_facts(settings.registries, work)),
            **_inventory_vars(settings, work),
            "longshore_option_key": _unsafe(option_key(settings.state_dir)),
        },
        "login": login_to_lend(settings.registries, work),
        "forks": settings.ansible.forks,
        "deadline": int(settings.deploy.deadline),
        "log": str(files.log),
        "result": str(files.result),
    }


def extra_vars(
    work: Work, files: RunFiles, image: Mapping[str, object] = MappingProxyType({})
) -> Mapping[str, object]:
    """Return the extra vars of a run: validated values under fixed names, each marked unsafe.

    Ansible trusts extra vars as templates in every version; a value wrapped as
    `__ansible_unsafe` is never templated (tried on ansible-core 2.16 to 2.21).
    """
    values: dict[str, object] = {
        "app": _unsafe(work.run.app),
        "longshore_digest": _unsafe(work.release.digest),
        "longshore_stop_file": _unsafe(str(files.stop)),
        "longshore_protect": [_unsafe(digest) for digest in work.protect],
        "longshore_released_at": {
            digest: _unsafe(_rfc3339(at)) for digest, at in work.released_at.items()
        },
        "longshore_goes_back": work.release.cause == "rollback",
    }
    if work.attempts:
        values["longshore_again"] = True
    if image:
        values["longshore_image"] = {key: _marked(value) for key, value in image.items()}
    if work.run.hosts:
        values["longshore_hosts"] = [_unsafe(host) for host in work.run.hosts]
        # They were hosts of the app once: those that the inventory has lost are left out.
        values["longshore_lenient"] = True
    if work.run.restore_targets:
        values["longshore_restore"] = {
            host: _kept(kept) for host, kept in work.run.restore_targets.items()
        }
    return values


def _inventory_vars(settings: Settings, work: Work) -> Mapping[str, object]:
    """Return what tells a rollout that the inventory has lost many of its hosts."""
    if not work.known_hosts or work.run.hosts or work.run.kind not in ROLLOUTS:
        return {}
    return {
        "longshore_known_hosts": [_unsafe(host) for host in work.known_hosts],
        "longshore_most_lost": most_lost(len(work.known_hosts), loss_policy(settings).max_loss),
    }


def _rfc3339(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def _kept(kept: KeptContainer) -> dict[str, object]:
    return {"container": _unsafe(kept.container), "digest": _unsafe(kept.digest)}


def _marked(value: object) -> object:
    """Mark the texts in a value; a number is nothing that a template could be in."""
    if isinstance(value, list):
        return [_marked(one) for one in value]
    return _unsafe(value) if isinstance(value, str) else value


def _unsafe(value: str) -> dict[str, str]:
    return {"__ansible_unsafe": value}
