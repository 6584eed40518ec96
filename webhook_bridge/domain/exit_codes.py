# SPDX-License-Identifier: GPL-3.0-or-later
"""What the exit codes mean, of commands and of the status that pipelines poll."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from webhook_bridge.domain.outcomes import RunState


class ExitCode(IntEnum):
    """How it went: the exit codes of every command."""

    OK = 0
    FAILED = 1
    USAGE = 2
    PARTIAL = 3
    REFUSED = 4


def exit_code_of(state: RunState) -> ExitCode:
    """Return the exit code that tells how a run ended."""
    return {"succeeded": ExitCode.OK, "partial": ExitCode.PARTIAL}.get(state, ExitCode.FAILED)


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """Return the exit code for several apps: a failure before what is only partly done."""
    found = set(codes)
    return next(
        (code for code in (ExitCode.FAILED, ExitCode.PARTIAL) if code in found), ExitCode.OK
    )
