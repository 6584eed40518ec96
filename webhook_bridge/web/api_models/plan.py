# SPDX-License-Identifier: GPL-3.0-or-later
"""What a deployment would do, in an answer."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from webhook_bridge.domain.plan import ChangeWord
from webhook_bridge.web.api_models.fields import (
    Answer,
    AppName,
    Digest,
    Host,
    Reason,
    Tag,
    Text,
    Time,
    Version,
)


class Problem(Answer):
    """Why nothing would be done."""

    code: Annotated[str, Field(examples=["held"])]
    why: Reason


class PlannedHost(Answer):
    """What would happen on one host."""

    host: Host
    change: ChangeWord
    from_digest: Digest | None
    from_version: Version | None
    options: Annotated[list[Text], Field(description="names of options that would change")]
    seen_at: Time | None
    remark: Annotated[Text, Field(examples=[""])]


class PlanInventory(Answer):
    """When the hosts were read of the inventory."""

    read_at: Time | None
    is_known: Annotated[bool, Field(description="false: they are those that were seen last")]


class Plan(Answer):
    """What such a deployment would do; nothing is changed and no host is asked."""

    app: AppName
    tag: Tag | None
    digest: Digest | None
    version: Version | None
    problem: Problem | None
    sentence: Reason
    changes: Annotated[int, Field(examples=[2], description="on how many hosts")]
    known_at: Annotated[Time | None, Field(description="when what is known longest was seen")]
    hosts: list[PlannedHost]
    batches: list[list[Host]]
    canary: list[Host]
    inventory: PlanInventory
