# SPDX-License-Identifier: GPL-3.0-or-later
"""What came of looking for a signature, as a value that decisions can be made on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SignatureCheck:
    """Whether an image bears a good signature, or why it does not; the reason ends no sentence."""

    good: bool
    reason: str = ""
    retryable: bool = False
    """The registry could not tell now."""
    retry_after_s: float | None = None
