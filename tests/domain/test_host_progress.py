# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from webhook_bridge.domain.host_progress import HostProgress, progress_of
from webhook_bridge.domain.run_steps import NO_STEPS, Batch, HostStep, RunSteps, StepWord

HOSTS = ("h1", "h2", "h3")


def ended(host: str, step: StepWord, began: float, until: float) -> HostStep:
    return HostStep(host, step, began, until, good=True)


CHECKED = tuple(ended(host, "preflight", 1.0, 2.0) for host in HOSTS)
STAGED = (*CHECKED, *(ended(host, "stage", 2.0, 5.0) for host in HOSTS))


@pytest.mark.parametrize(
    ("steps", "progress"),
    [
        (NO_STEPS, [HostProgress(host) for host in HOSTS]),
        (
            RunSteps(CHECKED[:1]),
            [
                HostProgress("h2", "preflight", 1.0),
                HostProgress("h3", "preflight", 1.0),
                HostProgress("h1", None, 2.0),
            ],
        ),
        (RunSteps(CHECKED), [HostProgress(host, "stage", 2.0) for host in HOSTS]),
        (
            RunSteps((*CHECKED[:2], ended("h1", "stage", 2.0, 5.0))),
            [HostProgress("h2", "stage", 2.0), HostProgress("h1", None, 5.0), HostProgress("h3")],
        ),
        (
            RunSteps(STAGED, (Batch(("h1",), 6.0),)),
            [
                HostProgress("h1", "switch", 6.0),
                HostProgress("h2", None, 5.0),
                HostProgress("h3", None, 5.0),
            ],
        ),
        (
            RunSteps(
                (*STAGED, ended("h1", "before_switch", 6.0, 7.0)), (Batch(("h1", "h2"), 6.0),)
            ),
            [
                HostProgress("h1", "switch", 7.0),
                HostProgress("h2", "before_switch", 6.0),
                HostProgress("h3", None, 5.0),
            ],
        ),
        (
            RunSteps((*STAGED, ended("h1", "switch", 6.0, 9.0)), (Batch(HOSTS[:1], 6.0),)),
            [
                HostProgress("h1", None, 9.0),
                HostProgress("h2", None, 5.0),
                HostProgress("h3", None, 5.0),
            ],
        ),
    ],
    ids=["start", "preflight", "stage", "some staged", "switch", "before switch", "switched"],
)
def test_a_host_that_has_not_reported_is_in_the_step_after_those_it_ended(
    steps: RunSteps, progress: list[HostProgress]
) -> None:
    assert progress_of(HOSTS, steps) == progress
