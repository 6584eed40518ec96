# SPDX-License-Identifier: GPL-3.0-or-later
"""What every table of the apps file has in common: unknown keys are mistakes, nothing changes."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Table(BaseModel):
    """A table of keys and values in the apps file."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)
