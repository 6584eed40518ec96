# SPDX-License-Identifier: GPL-3.0-or-later
"""One question to one registry: requests, the login they lead to, and what went wrong."""

from __future__ import annotations

import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from webhook_bridge.bounded_http import Answer, BoundedSession, TooLarge, Unanswered
from webhook_bridge.manifests import ACCEPTED, digest_of_bytes, is_manifest
from webhook_bridge.references import ImageName, is_digest, shown
from webhook_bridge.registry_access import RegistryAccess
from webhook_bridge.registry_errors import (
    RateLimited,
    RegistryDenied,
    RegistryError,
    RegistryUnreachable,
)
from webhook_bridge.registry_login import (
    MAX_TOKEN_ANSWER,
    Authorization,
    AuthorizationCache,
    Challenge,
    basic_authorization,
    choose_challenge,
    token_authorization,
)
from webhook_bridge.strict_json import MalformedBody, parse_object

MAX_DOCUMENT = 4 * 1024 * 1024
"""Bytes of a manifest or a configuration: the limit of distribution's own reader."""

_LONGEST_WAIT_S = 3600.0
_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_NOT_SERVED_TO_HEAD = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True)
class Manifest:
    """A manifest's content and the digest of its bytes; no digest: there is none."""

    digest: str | None
    document: dict[str, object]


class Conversation:
    """Requests about one image, in one session; `named` is the image in messages."""

    def __init__(
        self,
        session: BoundedSession,
        image: ImageName,
        *,
        access: RegistryAccess,
        named: str,
        authorizations: AuthorizationCache,
    ) -> None:
        self._session = session
        self._image = image
        self._access = access
        self._named = named
        self._authorizations = authorizations
        self._key = (access.api_url, image.repository, access.username or "")

    def head_manifest(self, reference: str) -> str | None:
        """Return the digest that the registry states, None where it states none.

        Some registries answer HEAD with 404 or 405, or without the digest: ask with GET then.
        """
        answer = self._ask("HEAD", f"manifests/{reference}", also=_NOT_SERVED_TO_HEAD)
        digest = answer.headers.get("Docker-Content-Digest")
        return digest if answer.status == HTTPStatus.OK and is_digest(digest) else None

    def get_manifest(self, reference: str) -> Manifest:
        """Return the manifest; its digest is computed, not believed."""
        answer = self._ask("GET", f"manifests/{reference}", also=frozenset({HTTPStatus.NOT_FOUND}))
        if answer.status != HTTPStatus.OK:
            return Manifest(None, {})
        document = self._parse(answer.body)
        if not is_manifest(document):
            raise self._unusable("is answered with something else than an image's manifest")
        digest = digest_of_bytes(answer.body)
        self._demand_same(reference, digest)
        return Manifest(digest, document)

    def get_config(self, digest: str) -> dict[str, object]:
        """Return an image's configuration; empty where the registry keeps it at another host."""
        answer = self._ask("GET", f"blobs/{digest}", also=_REDIRECTS)
        if answer.status in _REDIRECTS:
            return {}
        self._demand_same(digest, digest_of_bytes(answer.body))
        return self._parse(answer.body)

    def _ask(self, method: str, path: str, *, also: frozenset[int]) -> Answer:
        answer = self._send(method, path)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            self._log_in(answer)
            answer = self._send(method, path)
        if answer.status == HTTPStatus.OK or answer.status in also:
            return answer
        raise self._failure(answer, self._registry)

    def _send(self, method: str, path: str) -> Answer:
        headers = {"Accept": ", ".join(ACCEPTED)}
        authorization = self._authorizations.get(self._key)
        if authorization is not None:
            headers["Authorization"] = authorization
        url = f"{self._access.api_url}/v2/{self._image.repository}/{path}"
        try:
            return self._session.ask(method, url, headers=headers, max_bytes=MAX_DOCUMENT)
        except Unanswered as error:
            raise self._unreachable(self._registry, error) from error
        except TooLarge as error:
            raise self._unusable(f"is answered with more than {MAX_DOCUMENT} bytes") from error

    def _log_in(self, answer: Answer) -> None:
        challenge = choose_challenge(answer.challenges)
        if challenge is None:
            raise self._denied(self._registry)
        if challenge.scheme == "bearer":
            self._authorizations.put(self._key, self._fetch_token(challenge))
            return
        credentials = self._credentials()
        if credentials is None:
            raise self._denied(self._registry)
        self._authorizations.put(self._key, credentials)

    def _credentials(self) -> Authorization | None:
        if self._access.username is None:
            return None
        return basic_authorization(self._access.username, self._access.password or "")

    def _fetch_token(self, challenge: Challenge) -> Authorization:
        """Ask for leave to pull this one repository, whatever scope the registry proposes."""
        if not self._access.trusts_realm(challenge.realm):
            raise self._strange_realm(challenge.realm)
        realm = f"token service {shown(urlsplit(challenge.realm).hostname)}"
        params = {"scope": f"repository:{self._image.repository}:pull"}
        if challenge.service is not None:
            params["service"] = challenge.service
        credentials = self._credentials()
        headers = {} if credentials is None else {"Authorization": credentials.header}
        try:
            answer = self._session.ask(
                "GET", challenge.realm, headers=headers, params=params, max_bytes=MAX_TOKEN_ANSWER
            )
        except Unanswered as error:
            raise self._unreachable(realm, error) from error
        except TooLarge as error:
            raise self._no_token(realm) from error
        if answer.status != HTTPStatus.OK:
            raise self._failure(answer, realm)
        token = token_authorization(answer.body)
        if token is None:
            raise self._no_token(realm)
        return token

    def _parse(self, body: bytes) -> dict[str, object]:
        try:
            return parse_object(body)
        except MalformedBody as error:
            raise self._unusable(f"is answered with what is no manifest ({error})") from error

    def _demand_same(self, reference: str, digest: str) -> None:
        if is_digest(reference) and reference != digest:
            raise self._unusable(f"asked for {reference}, is answered with {digest}")

    @property
    def _registry(self) -> str:
        return f"registry {self._image.registry}"

    def _failure(self, answer: Answer, who: str) -> RegistryError:
        """Return the error for an answer that is of no use."""
        wait = _retry_after(answer.headers.get("Retry-After"))
        if answer.status in _REFUSED:
            self._authorizations.drop(self._key)
            return self._denied(who)
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            return RateLimited(
                f"{self._named}: the {who} was asked too often (HTTP 429). It is asked again "
                "later; give it a username and password if it has none, for a higher limit.",
                retry_after_s=wait,
            )
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return RegistryUnreachable(
                f"{self._named}: the {who} is out of order (HTTP {answer.status}); look at its "
                "log. It is asked again later.",
                retry_after_s=wait,
            )
        if answer.status in _REDIRECTS:
            return self._redirected(answer, who)
        return self._unusable(f"is answered by the {who} with HTTP {answer.status}")

    def _denied(self, who: str) -> RegistryDenied:
        if self._access.username is None:
            advice = (
                "set username and password for it if the repository is private, or correct "
                "the repository's name"
            )
        else:
            advice = (
                f"check that user {shown(self._access.username)} may pull it and that the "
                "password still holds"
            )
        return RegistryDenied(f"{self._named}: the {who} does not let us read it; {advice}.")

    def _strange_realm(self, realm: str) -> RegistryDenied:
        return RegistryDenied(
            f"{self._named}: the {self._registry} sends us to {shown(realm)} for a token, which is "
            "not asked: it is not https or not a host known for this registry. If it is right, "
            "add its host to the registry's token_realms."
        )

    def _no_token(self, who: str) -> RegistryError:
        return RegistryError(f"{self._named}: the {who} answers without a token; look at its log.")

    def _unreachable(self, who: str, error: Unanswered) -> RegistryUnreachable:
        return RegistryUnreachable(
            f"{self._named}: the {who} {error}. Check its address and that it runs; "
            "it is asked again later."
        )

    def _redirected(self, answer: Answer, who: str) -> RegistryError:
        return RegistryError(
            f"{self._named}: the {who} redirects to {shown(answer.headers.get('Location'))}, "
            "which is not followed; name the host that answers itself as the registry."
        )

    def _unusable(self, what: str) -> RegistryError:
        return RegistryError(
            f"{self._named} {what}; check that {self._image.registry} is a registry, and not a "
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
