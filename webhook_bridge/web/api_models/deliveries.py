# SPDX-License-Identifier: GPL-3.0-or-later
"""Deliveries and refused requests in answers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from webhook_bridge.web.api_models.fields import Answer, Cursor, Identifier, Reason, Text, Time
from webhook_bridge.web.api_models.releases import Release
from webhook_bridge.web.api_models.runs import RunDetails

Hook = Annotated[Text, Field(examples=["hub"])]
Remote = Annotated[Text, Field(examples=["192.0.2.7"], description="the sender's address")]
Headers = Annotated[
    dict[str, Text], Field(description="as they came, without secrets", examples=[{}])
]
VerdictCode = Annotated[
    str,
    Field(
        examples=["released"], description="a word of docs/why.md; null: it waits for its verdict"
    ),
]


class Delivery(Answer):
    """One request that reached a hook."""

    id: Identifier
    hook: Hook
    source: Annotated[str, Field(examples=["dockerhub"], description="the kind of sender")]
    remote: Remote
    received_at: Time
    verdict: VerdictCode | None
    detail: Reason | None
    decided_at: Time | None
    retry_at: Time | None
    attempts: Annotated[int, Field(examples=[0])]


class DeliveryList(Answer):
    """The newest deliveries, the newest first."""

    deliveries: list[Delivery]
    next: Cursor | None


class BroughtRelease(Release):
    """A release that a delivery led to, and its runs."""

    runs: list[RunDetails]


class DeliveryDetails(Delivery):
    """One delivery as it came, and what it led to."""

    headers: Headers
    body: Annotated[Text, Field(examples=['{"push_data": {"tag": "1.4.2"}}'])]
    releases: list[BroughtRelease]


class Redelivered(Answer):
    """The id of the delivery that repeats it."""

    delivery: Identifier


class ForeseenVerdict(Answer):
    """What the verdict would be now."""

    verdict: Annotated[str | None, Field(examples=["unchanged"])]
    detail: Reason


class RejectedRequest(Answer):
    """One request that a hook, the API or signing in refused."""

    id: Identifier
    hook: Annotated[Hook | None, Field(description="null: it was none to a hook that there is")]
    status: Annotated[int, Field(examples=[401])]
    code: Annotated[str, Field(examples=["unauthorized"])]
    detail: Reason
    remote: Remote
    headers: Headers
    body_length: Annotated[int, Field(examples=[27])]
    excerpt: Annotated[Text, Field(description="its first 2 KiB", examples=["{}"])]
    received_at: Time
    more: Annotated[int, Field(examples=[0], description="others since the one before, not kept")]


class RejectedList(Answer):
    """The newest refused requests, the newest first."""

    rejected: list[RejectedRequest]
    next: Cursor | None
