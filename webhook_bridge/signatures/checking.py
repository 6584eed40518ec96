# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask the registry for an image's signatures until one is good; whatever goes wrong is a no."""

from __future__ import annotations

import logging

from webhook_bridge.domain.references import ImageName
from webhook_bridge.registry.client import RegistryClient, RegistryError
from webhook_bridge.registry.conversation import Conversation
from webhook_bridge.signatures.check import SignatureCheck
from webhook_bridge.signatures.finding import signatures_of
from webhook_bridge.signatures.formats import NotSigned
from webhook_bridge.signatures.keys import CosignKeys

_log = logging.getLogger(__name__)
_MOST_REASONS = 3


def check_signature(
    registry: RegistryClient, image: ImageName, digest: str, keys: CosignKeys
) -> SignatureCheck:
    """Return whether one of the keys signed this digest; never raises."""
    try:
        with registry.conversation(image, named=f"the signature of {image}@{digest}") as talk:
            return _check(talk, digest, keys)
    except NotSigned as error:
        return SignatureCheck(good=False, reason=f"one signature {error}")
    except RegistryError as error:
        return SignatureCheck(
            good=False,
            reason=str(error),
            retryable=error.retryable,
            retry_after_s=error.retry_after_s,
        )
    except Exception as error:  # noqa: BLE001 -- a fault of ours must not let an image through
        _log.exception("cannot check the signature of %s@%s", image, digest)
        return SignatureCheck(good=False, reason=f"internal error ({type(error).__name__})")


def _check(talk: Conversation, digest: str, keys: CosignKeys) -> SignatureCheck:
    reasons: list[str] = []
    for check in signatures_of(talk, digest):
        try:
            check(keys)
        except NotSigned as error:
            reasons.append(f"one signature {error}")
        except RegistryError as error:
            if error.retryable:
                raise
            reasons.append(str(error))
        else:
            return SignatureCheck(good=True)
    if not reasons:
        return SignatureCheck(good=False, reason="no signature is there")
    return SignatureCheck(good=False, reason=", ".join(dict.fromkeys(reasons[:_MOST_REASONS])))
