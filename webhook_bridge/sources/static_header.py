# SPDX-License-Identifier: GPL-3.0-or-later
"""Senders that can be given a header with a fixed value: the three ways to put a secret there."""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

from pydantic import Field, ValidationInfo, field_validator

from webhook_bridge.authentication import BasicPassword, BearerToken, FixedHeader, Scheme
from webhook_bridge.sources.base import Source

HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,63}$")]
Username = Annotated[str, Field(pattern=r"^[!-9;-~]{1,128}$")]
Value = TypeVar("Value")


class HeaderChoice(Source):
    """The keys of such a sender; which values `auth` may have is the sender's to say."""

    auth: str = "bearer"
    header: HeaderName | None = Field(default=None, validate_default=True)
    username: Username | None = Field(default=None, validate_default=True)

    @field_validator("header")
    @classmethod
    def _header_fits(cls, value: str | None, info: ValidationInfo) -> str | None:
        return needed(value, wanted=info.data.get("auth") == "header", by='auth = "header"')

    @field_validator("username")
    @classmethod
    def _username_fits(cls, value: str | None, info: ValidationInfo) -> str | None:
        return needed(value, wanted=info.data.get("auth") == "basic", by='auth = "basic"')

    @property
    def scheme(self) -> Scheme:
        """A bearer token, unless the hook says otherwise."""
        if self.header is not None:
            return FixedHeader(self.header)
        return BearerToken() if self.username is None else BasicPassword(self.username)


class StaticHeader(HeaderChoice):
    """A sender with a header of its owner's choice, and no more than that."""

    auth: Literal["bearer", "basic", "header"] = "bearer"


def needed(value: Value | None, *, wanted: bool, by: str) -> Value | None:
    """Return a key's value that has a meaning exactly if another key has one; ValueError if not."""
    if wanted and value is None:
        raise ValueError(f"is required with {by}")
    if value is not None and not wanted:
        raise ValueError(f"has a meaning with {by} only")
    return value
