# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn a registry's useless answers into sentences: image, who failed, and what to do next."""

from __future__ import annotations

import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from webhook_bridge.bounded_http import Answer, Unanswered
from webhook_bridge.domain.references import ImageName, shown
from webhook_bridge.registry.access import RegistryAccess
from webhook_bridge.registry.errors import (
    RateLimited,
    RegistryDenied,
    RegistryError,
    RegistryUnreachable,
)

REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
REDIRECTS = frozenset({301, 302, 303, 307, 308})

_LONGEST_WAIT_S = 3600.0


@dataclass(frozen=True)
class Failures:
    """Errors about one image; `named` is how messages call it, with tag or digest."""

    image: ImageName
    access: RegistryAccess
    named: str

    @property
    def registry(self) -> str:
        """Return what the registry is called in a message."""
        return f"registry {self.image.registry}"

    def failure(self, answer: Answer, who: str) -> RegistryError:
        """Return the error for a status that is of no use."""
        wait = _retry_after(answer.headers.get("Retry-After"))
        if answer.status in REFUSED:
            return self.denied(who)
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            return RateLimited(
                f"{self.named}: the {who} was asked too often (HTTP 429); give it "
                "a username and password if it has none, for a higher limit.",
                retry_after_s=wait,
            )
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return RegistryUnreachable(
                f"{self.named}: the {who} is out of order (HTTP {answer.status}); look at its log.",
                retry_after_s=wait,
            )
        if answer.status in REDIRECTS:
            return self._redirected(answer, who)
        return self.unusable(f"is answered by the {who} with HTTP {answer.status}")

    def denied(self, who: str) -> RegistryDenied:
        """Say that credentials are missing or refused."""
        if self.access.credential_command:
            advice = (
                f"check that what {self.access.credential_command[0]} gives may pull it, and the "
                "repository's name"
            )
        elif self.access.username is None:
            advice = (
                "set username and password_file for it if the repository is private, or correct "
                "the repository's name"
            )
        else:
            advice = (
                f"check that user {shown(self.access.username)} may pull it and that the "
                "password still holds"
            )
        return RegistryDenied(f"{self.named}: the {who} does not let us read it; {advice}.")

    def no_credentials(self, error: Exception) -> RegistryUnreachable:
        """Say that the credential helper gave nothing; it may do so the next time."""
        return RegistryUnreachable(
            f"{self.named}: the credential_command of {self.registry} {error}; run it by hand to "
            "see what it says."
        )

    def strange_realm(self, realm: str) -> RegistryDenied:
        """Say that the token service is not one we ask."""
        return RegistryDenied(
            f"{self.named}: the {self.registry} sends us to {shown(realm)} for a token, which is "
            "not asked: it is not https or not a host known for this registry. If it is right, "
            "add its host to the registry's token_realms."
        )

    def no_token(self, who: str) -> RegistryError:
        """Say that the token service gave none."""
        return RegistryError(f"{self.named}: the {who} answers without a token; look at its log.")

    def unreachable(self, who: str, error: Unanswered) -> RegistryUnreachable:
        """Say that no answer came, and why."""
        return RegistryUnreachable(
            f"{self.named}: the {who} {error}. Check the name, the network of this machine "
            "(a proxy stands in HTTPS_PROXY), and that the registry runs."
        )

    def _redirected(self, answer: Answer, who: str) -> RegistryError:
        return RegistryError(
            f"{self.named}: the {who} redirects to {shown(answer.headers.get('Location'))}, "
            "which is not followed; name the host that answers itself as the registry."
        )

    def unusable(self, what: str) -> RegistryError:
        """Say that what answers is no registry; `what` continues the image's name."""
        return RegistryError(
            f"{self.named} {what}; check that {self.image.registry} is a registry, and not a "
            "proxy or a login page in front of it."
        )


def _retry_after(value: str | None) -> float | None:
    """Return the seconds to wait (RFC 9110 §10.2.3: seconds or a date), an hour at the most."""
    if value is None:
        return None
    try:
        seconds = float(value) if value.isdecimal() else _until(value)
    except (ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), _LONGEST_WAIT_S)


def _until(date: str) -> float:
    return parsedate_to_datetime(date).timestamp() - time.time()
