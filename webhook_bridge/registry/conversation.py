# SPDX-License-Identifier: GPL-3.0-or-later
"""One question to one registry: requests, the login they lead to, and what went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from webhook_bridge.references import ImageName, is_digest, is_tag, shown
from webhook_bridge.registry.access import RegistryAccess
from webhook_bridge.registry.bounded_http import Answer, BoundedSession, TooLarge, Unanswered
from webhook_bridge.registry.errors import RegistryError
from webhook_bridge.registry.failures import REDIRECTS, REFUSED, Failures
from webhook_bridge.registry.login import (
    MAX_TOKEN_ANSWER,
    Authorization,
    AuthorizationCache,
    Challenge,
    basic_authorization,
    choose_challenge,
    token_authorization,
)
from webhook_bridge.registry.manifests import ACCEPTED, digest_of_bytes, is_manifest
from webhook_bridge.registry.pages import next_page
from webhook_bridge.strict_json import MalformedBody, parse_object

MAX_DOCUMENT = 4 * 1024 * 1024
"""Bytes of a manifest or a configuration: the limit of distribution's own reader."""

_NOT_SERVED_TO_HEAD = frozenset(
    {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_MODIFIED}
)


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
        self._failures = Failures(image, access, named)
        self._authorizations = authorizations
        self._key = (access.api_url, image.repository, access.username or "")

    def head_manifest(self, reference: str, *, known: str | None = None) -> str | None:
        """Return the digest that the registry states, None where it states none.

        Some registries answer HEAD with 404 or 405, or without the digest: ask with GET then.
        One that still means the `known` digest may say just that (304), which distribution does
        without a notification of its own.
        """
        headers = {} if known is None else {"If-None-Match": f'"{known}"'}
        answer = self._ask(
            "HEAD", f"manifests/{reference}", headers=headers, also=_NOT_SERVED_TO_HEAD
        )
        if known is not None and answer.status == HTTPStatus.NOT_MODIFIED:
            return known
        digest = answer.headers.get("Docker-Content-Digest")
        return digest if answer.status == HTTPStatus.OK and is_digest(digest) else None

    def get_manifest(self, reference: str) -> Manifest:
        """Return the manifest; its digest is computed, not believed."""
        answer = self._ask("GET", f"manifests/{reference}", also=frozenset({HTTPStatus.NOT_FOUND}))
        if answer.status != HTTPStatus.OK:
            return Manifest(None, {})
        document = self._parse(answer.body)
        if not is_manifest(document):
            raise self._failures.unusable(
                "is answered with something else than an image's manifest"
            )
        digest = digest_of_bytes(answer.body)
        self._demand_same(reference, digest)
        return Manifest(digest, document)

    def get_config(self, digest: str) -> dict[str, object]:
        """Return an image's configuration; empty where the registry keeps it at another host."""
        answer = self._ask("GET", f"blobs/{digest}", also=REDIRECTS)
        if answer.status in REDIRECTS:
            return {}
        self._demand_same(digest, digest_of_bytes(answer.body))
        return self._parse(answer.body)

    def list_tags(self, *, following: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
        """Return a page of the repository's tags, and the query for the next one (empty: none).

        What a registry names as the next page is asked for at our own address of it.
        """
        answer = self._ask(
            "GET",
            "tags/list",
            headers={"Accept": "application/json"},
            params=following,
            also=frozenset({HTTPStatus.NOT_FOUND}),
        )
        if answer.status != HTTPStatus.OK:
            return [], {}
        tags = self._parse(answer.body).get("tags")
        found = [tag for tag in tags if is_tag(tag)] if isinstance(tags, list) else []
        return found, next_page(answer.headers.get("Link"))

    def _ask(
        self,
        method: str,
        path: str,
        *,
        also: frozenset[int],
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Answer:
        answer = self._send(method, path, headers=headers or {}, params=params)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            self._log_in(answer)
            answer = self._send(method, path, headers=headers or {}, params=params)
        if answer.status == HTTPStatus.OK or answer.status in also:
            return answer
        raise self._failure(answer, self._failures.registry)

    def _send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        params: Mapping[str, str] | None,
    ) -> Answer:
        sent = {"Accept": ", ".join(ACCEPTED), **headers}
        authorization = self._authorizations.get(self._key)
        if authorization is not None:
            sent["Authorization"] = authorization
        url = f"{self._access.api_url}/v2/{self._image.repository}/{path}"
        try:
            return self._session.ask(
                method, url, headers=sent, params=params, max_bytes=MAX_DOCUMENT
            )
        except Unanswered as error:
            raise self._failures.unreachable(self._failures.registry, error) from error
        except TooLarge as error:
            raise self._failures.unusable(
                f"is answered with more than {MAX_DOCUMENT} bytes"
            ) from error

    def _log_in(self, answer: Answer) -> None:
        challenge = choose_challenge(answer.challenges)
        if challenge is None:
            raise self._failures.denied(self._failures.registry)
        if challenge.scheme == "bearer":
            self._authorizations.put(self._key, self._fetch_token(challenge))
            return
        credentials = self._credentials()
        if credentials is None:
            raise self._failures.denied(self._failures.registry)
        self._authorizations.put(self._key, credentials)

    def _credentials(self) -> Authorization | None:
        if self._access.username is None:
            return None
        return basic_authorization(self._access.username, self._access.password or "")

    def _fetch_token(self, challenge: Challenge) -> Authorization:
        """Ask for leave to pull this one repository, whatever scope the registry proposes."""
        if not self._access.trusts_realm(challenge.realm):
            raise self._failures.strange_realm(challenge.realm)
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
            raise self._failures.unreachable(realm, error) from error
        except TooLarge as error:
            raise self._failures.no_token(realm) from error
        if answer.status != HTTPStatus.OK:
            raise self._failure(answer, realm)
        token = token_authorization(answer.body)
        if token is None:
            raise self._failures.no_token(realm)
        return token

    def _parse(self, body: bytes) -> dict[str, object]:
        try:
            return parse_object(body)
        except MalformedBody as error:
            raise self._failures.unusable(
                f"is answered with what is no manifest ({error})"
            ) from error

    def _demand_same(self, reference: str, digest: str) -> None:
        if is_digest(reference) and reference != digest:
            raise self._failures.unusable(f"asked for {reference}, is answered with {digest}")

    def _failure(self, answer: Answer, who: str) -> RegistryError:
        if answer.status in REFUSED:
            self._authorizations.drop(self._key)
        return self._failures.failure(answer, who)
