# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a registry did not tell what was asked; messages name registry, image and next step."""

from __future__ import annotations

from webhook_bridge.errors import LongshoreError


class RegistryError(LongshoreError):
    """A registry's answer is of no use; repeating the question will not help."""

    code: str = "registry_unusable_answer"
    retryable: bool = False

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        """Seconds to wait, where the registry says so."""


class TagGone(RegistryError):
    """The tag, or the whole repository, is not there (or not yet: see distribution's race)."""

    code = "tag_gone"


class RegistryUnreachable(RegistryError):
    """No answer, or one that says that the registry is out of order now."""

    code = "registry_unreachable"
    retryable = True


class RegistryDenied(RegistryError):
    """The registry wants other credentials, or wants them where we do not send them."""

    code = "registry_denied"


class RateLimited(RegistryError):
    """The registry was asked too often."""

    code = "registry_rate_limited"
    retryable = True
