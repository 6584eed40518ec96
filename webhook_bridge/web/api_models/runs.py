# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in answers: what each did, on which hosts, and when."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from webhook_bridge.domain.outcomes import OutcomeWord, RunState
from webhook_bridge.domain.run_steps import StepWord
from webhook_bridge.domain.runs import RunKind
from webhook_bridge.web.api_models.fields import (
    Actor,
    Answer,
    AppName,
    Cursor,
    Digest,
    Host,
    Identifier,
    Reason,
    Tag,
    Text,
    Time,
    Version,
    word_of,
)
from webhook_bridge.web.api_models.releases import Release


class KeptContainer(Answer):
    """A container that a host keeps, to go back to."""

    container: Annotated[Text, Field(examples=["shop-1a1a1a1a1a1a"])]
    digest: Digest


class Run(Answer):
    """One execution of a playbook for a release."""

    id: Identifier
    app: AppName
    release_id: Identifier
    generation: Annotated[int, Field(examples=[7])]
    epoch: Annotated[int, Field(examples=[3])]
    kind: Annotated[str, word_of(RunKind)]
    hosts: Annotated[list[Host], Field(description="empty: all hosts of the app")]
    restore_targets: Annotated[
        dict[str, KeptContainer], Field(description="by host: what is to be started there again")
    ]
    state: Annotated[str, word_of(RunState)]
    reason: Reason
    started_at: Time
    ended_at: Time | None
    canceled_by: Actor | None


class ListedRun(Run):
    """A run in a list, with what it was to bring."""

    tag: Tag | None
    digest: Digest
    version: Version | None


class RunList(Answer):
    """The newest runs, the newest first."""

    runs: list[ListedRun]
    next: Cursor | None


class Outcome(Answer):
    """What happened on one host in a run."""

    host: Host
    outcome: Annotated[str, word_of(OutcomeWord)]
    step: Annotated[Text, Field(examples=["switch"])]
    reason: Reason
    digest: Annotated[Digest | None, Field(description="the one that was asked for")]
    container: Annotated[Text | None, Field(examples=["shop"])]
    health: Annotated[Text | None, Field(examples=["healthy"])]
    log: Annotated[
        list[Text], Field(description="the last lines of a container that failed", examples=[[]])
    ]
    seconds: Annotated[float | None, Field(examples=[4.2])]
    running: Annotated[
        str | None,
        Field(
            description="the digest that runs there now: empty where nothing does, null where the "
            "host did not get to say",
            examples=["sha256:" + "1a" * 32],
        ),
    ]
    running_version: Version | None
    previous: Annotated[KeptContainer | None, Field(description="what ran before a switch")]
    daemon: Annotated[
        Text | None, Field(description="the id of the host's Docker Engine", examples=[None])
    ]


class Step(Answer):
    """When one step of one host began and ended, by the control node's clock.

    `health` and `way_back` lie within the `switch` before them.
    """

    host: Host
    step: Annotated[str, word_of(StepWord)]
    began_at: Time
    ended_at: Time
    good: bool


class Batch(Answer):
    """Hosts that were switched together, and when that began."""

    hosts: list[Host]
    began_at: Time


class TimelinePart(Answer):
    """A part of the way from the push to the last host."""

    part: Annotated[
        str,
        Field(
            examples=["canary"],
            description="sent, stored, verdict, waited, start, preflight, stage, canary or "
            "batches; within canary and batches canary_health, canary_way_back, batches_health, "
            "batches_way_back",
        ),
    ]
    began_at: Time
    ended_at: Time
    seconds: Annotated[float, Field(examples=[4.2])]
    median: Annotated[
        float | None, Field(examples=[3.9], description="that of the runs it is compared with")
    ]


class Timeline(Answer):
    """Where the time went, and what took longer than usual."""

    seconds: Annotated[float, Field(examples=[21.5])]
    sentence: Reason
    compared_with: Annotated[int, Field(examples=[20], description="how many runs before it")]
    parts: list[TimelinePart]


class RunDetails(Run):
    """A run with its release, what it did on each host, and when."""

    release: Release
    outcomes: list[Outcome]
    steps: list[Step]
    batches: list[Batch]
    timeline: Timeline


class RunCanceled(Answer):
    """The run, which ends after the batch that it is in."""

    run: Run
