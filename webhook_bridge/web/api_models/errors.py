# SPDX-License-Identifier: GPL-3.0-or-later
"""The one shape of all errors."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from webhook_bridge.web.api_models.fields import Answer


class Error(Answer):
    """Why a request was refused; nothing was changed."""

    error: Annotated[str, Field(examples=["malformed"], description="a code for programs")]
    message: Annotated[
        str,
        Field(
            examples=["query: limit: 'x' must be a whole number from 1 to 200"],
            description="a sentence for people, which names the place and what is allowed",
        ),
    ]
