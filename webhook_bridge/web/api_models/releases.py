# SPDX-License-Identifier: GPL-3.0-or-later
"""Releases in answers: which digest an app should run."""

from __future__ import annotations

from typing import Annotated, get_args

from pydantic import Field

from webhook_bridge.domain.releases import BY_HAND, Cause, HeldReason, ReleaseState
from webhook_bridge.web.api_models.fields import (
    Actor,
    Answer,
    AppName,
    Cursor,
    Digest,
    Identifier,
    Image,
    Tag,
    Text,
    Time,
    Version,
    word_of,
)

HeldWord = Annotated[
    Text,
    Field(
        description="why: "
        + ", ".join(f"`{one}`" for one in get_args(HeldReason))
        + f"; `{BY_HAND}` with the words of whoever held it after a colon",
        examples=["put back"],
    ),
]


class Labels(Answer):
    """What the author of an image says of it, by its labels `org.opencontainers.image.*`."""

    version: Annotated[Text | None, Field(examples=["1.4.2"])]
    revision: Annotated[Text | None, Field(examples=["0f3a9c1d2e4b"])]
    source: Annotated[Text | None, Field(examples=["https://git.example/acme/shop"])]
    created: Annotated[Text | None, Field(examples=["2026-12-31T11:58:00Z"])]


class Release(Answer):
    """An app plus the one digest that should run, and who or what asked for it."""

    id: Identifier
    app: AppName
    image: Image
    tag: Tag | None
    digest: Digest
    version: Version | None
    labels: Annotated[
        Labels | None, Field(description="null until the registry was asked, once per digest")
    ]
    cause: Annotated[str, word_of(Cause)]
    actor: Actor
    delivery_id: Identifier | None
    generation: Annotated[
        int, Field(examples=[7], description="counts the changes of what an app should run")
    ]
    created_at: Time
    state: Annotated[str, word_of(ReleaseState)]


class ListedRelease(Release):
    """A release in the list of its app."""

    is_desired: Annotated[bool, Field(description="whether it is what the app should run now")]
    held: Annotated[HeldWord | None, Field(description="why its digest is held; null: it is not")]


class ReleaseList(Answer):
    """The newest releases of an app, the newest first."""

    releases: list[ListedRelease]
    next: Cursor | None


class ReleaseStarted(Answer):
    """The release that the app should run from now on; a run follows."""

    release: Release


class Held(Answer):
    """The digest that is held."""

    app: AppName
    digest: Digest


class HoldLifted(Answer):
    """The digest that is held no longer."""

    app: AppName
    digest: Digest
