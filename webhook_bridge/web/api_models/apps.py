# SPDX-License-Identifier: GPL-3.0-or-later
"""Apps in answers: what should run, what runs where, and what is going on."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from webhook_bridge.domain.drift import DriftReason
from webhook_bridge.domain.inventory import InventoryState
from webhook_bridge.domain.outcomes import RunState
from webhook_bridge.web.api_models.fields import (
    Answer,
    AppName,
    Digest,
    Host,
    Image,
    Reason,
    Text,
    Time,
    Version,
    word_of,
)
from webhook_bridge.web.api_models.releases import HeldWord, Release
from webhook_bridge.web.api_models.runs import Outcome, Run


class AppInventory(Answer):
    """The hosts of an app, as the inventory was read last."""

    app: AppName
    state: Annotated[str, word_of(InventoryState, "never read")]
    hosts: list[Host]
    read_at: Time | None
    reason: Annotated[
        Text, Field(description="why the newest reading is not believed", examples=[""])
    ]
    lost: Annotated[
        list[Host], Field(description="those that a reading in doubt has not", examples=[[]])
    ]
    new: Annotated[
        list[Host],
        Field(description="those that the release was not brought to yet", examples=[[]]),
    ]


class InventoryList(Answer):
    """The hosts of each app."""

    inventory: list[AppInventory]


class Drift(Answer):
    """How a host differs from what its app should run."""

    reason: DriftReason
    by_hand: Annotated[bool, Field(description="whether somebody changed it on the host")]
    sentence: Reason
    options: Annotated[list[Text], Field(description="names of options that differ")]


class ObservedHost(Answer):
    """What a host is known to run."""

    host: Host
    digest: Annotated[
        str | None,
        Field(
            description="empty: nothing runs there; null: nobody has seen it",
            examples=["sha256:" + "1a" * 32],
        ),
    ]
    version: Version | None
    container: Annotated[Text | None, Field(examples=["shop"])]
    extra_container: Annotated[
        Text | None, Field(description="a second one of the app beside it", examples=[None])
    ]
    health: Annotated[Text | None, Field(examples=["healthy"])]
    daemon: Annotated[Text | None, Field(examples=[None])]
    reached: bool
    seen_at: Time | None
    drift: Drift | None
    retry_at: Time | None


class LastOutcome(Outcome):
    """What was done last on a host."""

    in_last_run: Annotated[bool, Field(description="whether the last run reported it")]


class App(Answer):
    """One app."""

    app: AppName
    image: Image
    track: Annotated[Text, Field(examples=["semver >=1.4 <2"], description="which tags it takes")]
    hosts: Annotated[Text, Field(examples=["web"], description="an Ansible host pattern")]
    inventory: AppInventory
    state: Annotated[str, word_of(RunState, "never deployed", "waiting")]
    release: Release | None
    last_run: Run | None
    pending_hosts: Annotated[
        list[Host], Field(description="could not be reached; tried again at `retry_at`")
    ]
    retry_at: Time | None
    last_observation: Run | None
    observe_at: Time | None
    held: Annotated[dict[str, HeldWord], Field(description="why, by digest")]
    held_versions: dict[str, Version | None]
    outcomes: list[LastOutcome]
    observed: list[ObservedHost]


class AppList(Answer):
    """All declared apps, or those that the token is for."""

    apps: list[App]


class Reconciling(Answer):
    """The app whose hosts are looked at."""

    app: App


class TagRef(Answer):
    """A tag and the digest that it meant."""

    tag: Text | None
    digest: Digest


class ReviewedTag(Answer):
    """A tag at the registry."""

    tag: Annotated[Text, Field(examples=["1.4.2"])]
    why_not: Annotated[
        Text | None, Field(description="why the rule does not take it; null: it does")
    ]
    order: Annotated[Text, Field(description="what orders it among those that are taken")]


class TagList(Answer):
    """What an app's rule makes of the tags at its registry."""

    app: AppName
    image: Image
    track: Annotated[Text, Field(examples=["semver >=1.4 <2"])]
    newest: Annotated[Text | None, Field(examples=["1.4.2"], description="the one it takes now")]
    digest: Digest | None
    desired: Annotated[TagRef | None, Field(description="what the app should run")]
    notes: list[Text]
    tags: list[ReviewedTag]
    more: Annotated[int, Field(examples=[0], description="how many were left out by `limit`")]
