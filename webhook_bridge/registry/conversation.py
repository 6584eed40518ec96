# SPDX-License-Identifier: GPL-3.0-or-later
"""One question to one registry: requests, the login they lead to, and what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

from webhook_bridge.bounded_http import Answer, BoundedSession, TooLarge, Unanswered
from webhook_bridge.domain.references import ImageName, is_digest, is_tag, shown
from webhook_bridge.registry.access import RegistryAccess
from webhook_bridge.registry.credentials import Credentials, HelperFailed
from webhook_bridge.registry.errors import RegistryError
from webhook_bridge.registry.failures import REDIRECTS, REFUSED, Failures
from webhook_bridge.registry.login import (
    MAX_TOKEN_ANSWER,
    Authorization,
    AuthorizationCache,
    Challenge,
    choose_challenge,
    token_authorization,
)
from webhook_bridge.registry.manifests import ACCEPTED, digest_of_bytes, is_manifest
from webhook_bridge.registry.pages import next_page
from webhook_bridge.strict_json import MalformedBody, parse_object

MAX_DOCUMENT = 4 * 1024 * 1024
"""Bytes of a manifest or a configuration: the limit of distribution's own reader."""

_MOST_REDIRECTS = 3
_NO_REFERRERS = frozenset({400, 404, 405, 406, 410, 501})
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
        credentials: Credentials,
    ) -> None:
        self._session = session
        self._image = image
        self._access = access
        self._failures = Failures(image, access, named)
        self._authorizations = authorizations
        self._credentials = credentials
        self._from_before = credentials.kept()
        self._key = (access.api_url, image.repository, credentials.key)

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
        """Return an image's configuration."""
        return self._parse(self.get_blob(digest, max_bytes=MAX_DOCUMENT))

    def get_blob(self, digest: str, *, max_bytes: int) -> bytes:
        """Return a blob, checked by its digest.

        Many registries keep blobs at a storage service and redirect to it. That is followed, but
        without credentials: the URL itself is what lets us in there.
        """
        answer = self._ask("GET", f"blobs/{digest}", also=REDIRECTS, max_bytes=max_bytes)
        url = self._access.api_url
        for _ in range(_MOST_REDIRECTS):
            if answer.status not in REDIRECTS:
                break
            url = urljoin(url, answer.headers.get("Location") or "")
            answer = self._fetch_elsewhere(url, max_bytes=max_bytes)
        if answer.status != HTTPStatus.OK:
            raise self._failure(answer, self._failures.registry)
        self._demand_same(digest, digest_of_bytes(answer.body))
        return answer.body

    def _fetch_elsewhere(self, url: str, *, max_bytes: int) -> Answer:
        if not (url.startswith("https://") or self._access.plain_http):
            raise self._failures.unusable(f"is to be had at {shown(url)} only, which is not https")
        return self._read("GET", url, headers={}, params=None, max_bytes=max_bytes)

    def get_referrers(self, digest: str) -> dict[str, object]:
        """Return the index of what refers to an image; empty where the registry keeps none.

        Registries without this API (OCI distribution specification 1.1) answer in many ways.
        """
        answer = self._ask("GET", f"referrers/{digest}", also=_NO_REFERRERS)
        return self._parse(answer.body) if answer.status == HTTPStatus.OK else {}

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
        max_bytes: int = MAX_DOCUMENT,
    ) -> Answer:
        url = f"{self._access.api_url}/v2/{self._image.repository}/{path}"
        sent = {"Accept": ", ".join(ACCEPTED), **(headers or {})}

        def send() -> Answer:
            authorization = self._authorizations.get(self._key)
            login = {} if authorization is None else {"Authorization": authorization}
            return self._read(method, url, headers=sent | login, params=params, max_bytes=max_bytes)

        answer = self._send_logged_in(send)
        if answer.status in REFUSED and self._has_dropped_old():
            answer = self._send_logged_in(send)
        if answer.status == HTTPStatus.OK or answer.status in also:
            return answer
        raise self._failure(answer, self._failures.registry)

    def _send_logged_in(self, send: Callable[[], Answer]) -> Answer:
        answer = send()
        if answer.status == HTTPStatus.UNAUTHORIZED:
            self._log_in(answer)
            answer = send()
        return answer

    def _has_dropped_old(self) -> bool:
        """Drop what a helper gave for an earlier question, once; a token's time may be over.

        Some answer 403 to such a token, others 401.
        """
        if self._from_before is None:
            return False
        self._from_before = None
        self._authorizations.drop(self._key)
        self._credentials.forget()
        return True

    def _read(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        params: Mapping[str, str] | None,
        max_bytes: int,
    ) -> Answer:
        try:
            return self._session.ask(
                method, url, headers=headers, params=params, max_bytes=max_bytes
            )
        except Unanswered as error:
            raise self._failures.unreachable(self._failures.registry, error) from error
        except TooLarge as error:
            raise self._failures.unusable(
                f"is answered with more than {max_bytes} bytes"
            ) from error

    def _log_in(self, answer: Answer) -> None:
        challenge = choose_challenge(answer.challenges)
        if challenge is None:
            raise self._failures.denied(self._failures.registry)
        if challenge.scheme == "bearer":
            self._authorizations.put(self._key, self._fetch_token(challenge))
            return
        credentials = self._given()
        if credentials is None:
            raise self._failures.denied(self._failures.registry)
        self._authorizations.put(self._key, credentials)

    def _given(self) -> Authorization | None:
        try:
            return self._credentials.get()
        except HelperFailed as error:
            raise self._failures.no_credentials(error) from error

    def _fetch_token(self, challenge: Challenge) -> Authorization:
        """Ask for leave to pull this one repository, whatever scope the registry proposes."""
        if not self._access.trusts_realm(challenge.realm):
            raise self._failures.strange_realm(challenge.realm)
        realm = f"token service {shown(urlsplit(challenge.realm).hostname)}"
        answer = self._ask_realm(challenge, realm)
        if answer.status in REFUSED and self._has_dropped_old():
            answer = self._ask_realm(challenge, realm)
        if answer.status != HTTPStatus.OK:
            raise self._failure(answer, realm)
        token = token_authorization(answer.body)
        if token is None:
            raise self._failures.no_token(realm)
        return token

    def _ask_realm(self, challenge: Challenge, realm: str) -> Answer:
        params = {"scope": f"repository:{self._image.repository}:pull"}
        if challenge.service is not None:
            params["service"] = challenge.service
        credentials = self._given()
        headers = {} if credentials is None else {"Authorization": credentials.header}
        try:
            return self._session.ask(
                "GET", challenge.realm, headers=headers, params=params, max_bytes=MAX_TOKEN_ANSWER
            )
        except Unanswered as error:
            raise self._failures.unreachable(realm, error) from error
        except TooLarge as error:
            raise self._failures.no_token(realm) from error

    def _parse(self, body: bytes) -> dict[str, object]:
        try:
            return parse_object(body)
        except MalformedBody as error:
            raise self._failures.unusable(f"must be answered with a manifest ({error})") from error

    def _demand_same(self, reference: str, digest: str) -> None:
        if is_digest(reference) and reference != digest:
            raise self._failures.unusable(f"asked for {reference}, is answered with {digest}")

    def _failure(self, answer: Answer, who: str) -> RegistryError:
        if answer.status in REFUSED:
            self._authorizations.drop(self._key)
            self._credentials.forget()
        return self._failures.failure(answer, who)
