# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask the registry what a tag means, as a value that decisions can be made on."""

from __future__ import annotations

from webhook_bridge.references import ImageName
from webhook_bridge.registry.client import RegistryClient, RegistryError
from webhook_bridge.verdicts import Resolved


def resolve(registry: RegistryClient, image: ImageName, tag: str) -> Resolved:
    """Return the digest that the tag means now, or why there is none; never raises for those."""
    try:
        return Resolved(registry.digest_of(image, tag))
    except RegistryError as error:
        return Resolved(
            None,
            code=error.code,
            detail=str(error),
            retryable=error.retryable,
            retry_after_s=error.retry_after_s,
        )
