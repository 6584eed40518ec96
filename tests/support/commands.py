# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands that are run in the test's own process, and what they are asked about."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from tests.support.app_rows import change_app
from tests.support.installation import Installation
from webhook_bridge.cli import main
from webhook_bridge.domain.hosts import HostState
from webhook_bridge.domain.outcomes import Outcome
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.domain.runs import NewRun
from webhook_bridge.store import host_states, releases, runs
from webhook_bridge.store.database import open_store

V1, V2 = (f"sha256:{digit * 64}" for digit in "12")


@dataclass
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


def longshore(*arguments: str, config: Path | None = None, cwd: Path | None = None) -> Done:
    """Run a command in this process: starting one for each would take most of the time."""
    chosen = [] if config is None else ["--config", str(config)]
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(cwd or Path.cwd()),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch.object(sys, "argv", ["longshore", *chosen, *arguments]),
    ):
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
    return Done(code, out.getvalue(), err.getvalue())


def as_json(*arguments: str, config: Path, returncode: int = 0) -> Any:
    done = longshore(*arguments, "--json", config=config)
    assert done.returncode == returncode, done.stderr
    return json.loads(done.stdout)


def begin_run(installation: Installation, *told: Outcome) -> str:
    """Have a newer release of the app whose run goes on, and what hosts reported in it."""
    store = open_store(installation.settings().state_dir)
    with store.write() as connection:
        new = NewRelease("shop", "r/acme/shop", "latest", V2, "deploy", "me")
        release = releases.desire(connection, new, now=4.0)
        run = runs.start(connection, NewRun("shop", release.id, 2, 2, "deploy"), now=5.0)
        runs.put_outcomes(connection, run.id, told)
    store.close()
    return run.id


def released(installation: Installation, *apps: str, **states: HostState) -> None:
    """Have a good release of these apps, which knows these hosts."""
    store = open_store(installation.settings().state_dir)
    with store.write() as connection:
        for app in apps:
            new = NewRelease(app, "r/acme/shop", "latest", V1, "deploy", "me")
            release = releases.desire(connection, new, now=1.0)
            releases.mark(connection, release.id, "good")
            run = runs.start(connection, NewRun(app, release.id, 1, 1, "deploy", ()), now=2.0)
            told = [Outcome(h, "updated", "switch", "why", V1, running=V1) for h in ("h1", "h2")]
            runs.add_outcomes(connection, run.id, told)
            runs.finish(connection, run.id, state="succeeded", reason="2 of 2", now=3.0)
            change_app(connection, app, applied_generation=1)
        host_states.save(connection, list(states.values()))
    store.close()
