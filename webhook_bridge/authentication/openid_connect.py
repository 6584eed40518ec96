# SPDX-License-Identifier: GPL-3.0-or-later
"""People who sign in at an OpenID Connect provider: the client's side, with Authlib.

Facts: OpenID Connect Core 1.0 (3.1.2, 3.1.3.7), Discovery 1.0 (4.3), RP-Initiated Logout 1.0 (2);
RFC 7636 (PKCE), RFC 9207 (`iss` in the answer), RFC 9700 (4.4: mix-up). Authlib's own integration
for Flask sends requests without a bound, takes the algorithms that the provider names, `none` too,
and does not compare the audience, so its parts are used: the client, and the claims.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from webhook_bridge.authentication.fetched import MAX_BYTES, TIMEOUT_S, Fetched, Unavailable
from webhook_bridge.bounded_http import BoundedSession, TooLarge, Unanswered
from webhook_bridge.domain.references import shown
from webhook_bridge.strict_json import MalformedBody, parse_object

# Asymmetric only: a provider, or whoever speaks for it, never chooses `none` or a shared secret.
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
_LEEWAY_S = 60
_SERVER_ERROR = 500
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_MORE_ENDPOINTS = ("userinfo_endpoint", "end_session_endpoint")
_Document = Mapping[str, Any]


class ProviderTrouble(Exception):
    """The provider cannot be asked, or answers what it must not; nothing is known of anybody."""


class NotProven(Exception):
    """What came back does not show who somebody is."""


@dataclass(frozen=True)
class Provider:
    """A provider and what we are to it. Without a secret, PKCE alone binds the code to us."""

    issuer: str
    client_id: str
    client_secret: str | None = field(repr=False)
    scopes: tuple[str, ...]
    ca_file: str | None = None

    def metadata(self) -> _Document:
        """Return what it says of itself.

        :raises ProviderTrouble: where it cannot be asked, or speaks for another issuer.
        """
        try:
            return _metadata(self.issuer, self.ca_file).current()
        except Unavailable as error:
            raise ProviderTrouble(str(error)) from None

    def keys(self, *, anew: bool) -> KeySet:
        """Return the keys that it signs with."""
        try:
            return _keys(self.metadata()["jwks_uri"], self.ca_file).current(anew=anew)
        except Unavailable as error:
            raise ProviderTrouble(str(error)) from None


@dataclass(frozen=True)
class Begun:
    """A way to the provider, and what the way back has to show; for this browser alone."""

    url: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Person:
    """Somebody whom the provider has authenticated for us just now."""

    claims: _Document
    id_token: str = field(repr=False)


def begin(provider: Provider, redirect_uri: str) -> Begun:
    """Return where a browser goes to authenticate, with a fresh state, nonce and verifier."""
    nonce, verifier = generate_token(32), generate_token(48)
    with BoundedSession(timeout_s=TIMEOUT_S) as session:
        url, state = _client(provider, session, redirect_uri).create_authorization_url(
            provider.metadata()["authorization_endpoint"],
            state=generate_token(32),
            nonce=nonce,
            code_verifier=verifier,
        )
    return Begun(url, state, nonce, verifier)


def finish(provider: Provider, redirect_uri: str, code: str, begun: Begun) -> Person:
    """Exchange a code for who somebody is.

    :raises NotProven: where what the provider sent is not good, or not for us.
    :raises ProviderTrouble: where it does not answer.
    """
    try:
        with BoundedSession(timeout_s=TIMEOUT_S, ca_file=provider.ca_file) as session:
            answer = _client(provider, session, redirect_uri).fetch_token(
                provider.metadata()["token_endpoint"],
                grant_type="authorization_code",
                code=code,
                code_verifier=begun.verifier,
            )
            claims = _claims(provider, answer, begun.nonce)
            besides = _user_info(provider, session, answer, claims)
            return Person({**besides, **claims}, answer["id_token"])
    except (Unanswered, TooLarge) as error:
        raise ProviderTrouble(f"{provider.issuer} {error}") from None
    except AuthlibBaseError as error:
        raise NotProven(f"the provider refuses: {shown(str(error.error))}") from None
    except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotProven(f"the provider's answer is not good: {shown(str(error))}") from None


def logout_url(provider: Provider, id_token: str | None, back: str) -> str | None:
    """Return where somebody signs out at the provider; None where it has no such place."""
    endpoint = provider.metadata().get("end_session_endpoint")
    if endpoint is None:
        return None
    asked = {"client_id": provider.client_id, "post_logout_redirect_uri": back}
    hint = {} if id_token is None else {"id_token_hint": id_token}
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode({**asked, **hint})}"


def _claims(provider: Provider, answer: _Document, nonce: str) -> _Document:
    """Return the claims of a token that is signed by the provider, for us, and for this try."""
    token = _decoded(provider, answer["id_token"])
    exactly = {
        "iss": {"essential": True, "value": provider.issuer},
        "aud": {"essential": True, "value": provider.client_id},
        "sub": {"essential": True},
        "nonce": {"essential": True, "value": nonce},
    }
    about = {"nonce": nonce, "client_id": provider.client_id}
    if "access_token" in answer:
        about["access_token"] = answer["access_token"]
    claims = CodeIDToken(token.claims, token.header, exactly, about)
    claims.validate(leeway=_LEEWAY_S)
    if not isinstance(claims["sub"], str):
        raise NotProven("the provider's answer is not good: sub is no text")
    return dict(claims)


def _decoded(provider: Provider, token: str) -> jwt.Token:
    """Return a token whose signature is right; a key that we do not know may be new."""
    try:
        return jwt.decode(token, provider.keys(anew=False), algorithms=_ALGORITHMS)
    except InvalidKeyIdError:
        return jwt.decode(token, provider.keys(anew=True), algorithms=_ALGORITHMS)


def _user_info(
    provider: Provider, session: BoundedSession, answer: _Document, claims: _Document
) -> _Document:
    """Return what the provider says besides; some have groups only there.

    It counts for the same subject alone (OpenID Connect Core 5.3.2).
    """
    endpoint = provider.metadata().get("userinfo_endpoint")
    if endpoint is None or "access_token" not in answer:
        return {}
    headers = {"Authorization": f"Bearer {answer['access_token']}", "Accept": "application/json"}
    found = session.ask("GET", endpoint, headers=headers, max_bytes=MAX_BYTES)
    try:
        told = parse_object(found.body)
    except MalformedBody:
        return {}  # signed answers are not asked for, and the token alone is enough
    return told if told.get("sub") == claims["sub"] else {}


def _client(provider: Provider, session: BoundedSession, redirect_uri: str) -> OAuth2Client:
    methods = provider.metadata().get("token_endpoint_auth_methods_supported")
    basic = not isinstance(methods, list) or "client_secret_basic" in methods
    method = "client_secret_basic" if basic else "client_secret_post"
    return OAuth2Client(
        _Session(session),
        client_id=provider.client_id,
        client_secret=provider.client_secret,
        token_endpoint_auth_method=method if provider.client_secret else "none",
        scope=" ".join(provider.scopes),
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
    )


class _Session:
    """What Authlib sends requests with: bounded in time and size, and following no redirect."""

    def __init__(self, session: BoundedSession) -> None:
        self._session = session

    def post(
        self, url: str, *, data: Mapping[str, str], headers: Mapping[str, str], auth: ClientAuth
    ) -> _Answer:
        """Send a form, with what shows who we are."""
        address, sent, body = auth.prepare("POST", url, dict(headers), urlencode(data))
        answer = self._session.ask(
            "POST", address, headers=sent, body=body.encode(), max_bytes=MAX_BYTES
        )
        return _Answer(answer.status, answer.body)


@dataclass(frozen=True)
class _Answer:
    """An answer with the three things of `requests` that Authlib looks at."""

    status_code: int
    body: bytes

    def json(self) -> object:
        return json.loads(self.body)

    def raise_for_status(self) -> None:
        if self.status_code >= _SERVER_ERROR:
            raise Unanswered(f"answers {self.status_code}")


@functools.cache
def _metadata(issuer: str, ca_file: str | None) -> Fetched[_Document]:
    url = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
    return Fetched(url, functools.partial(_parse_metadata, issuer), ca_file=ca_file)


def _parse_metadata(issuer: str, body: bytes) -> _Document:
    found: _Document = _object(body)
    if found.get("issuer") != issuer:
        raise ValueError(f"its issuer is {shown(found.get('issuer'))}, not {issuer}")
    for name in _ENDPOINTS:
        _demand_address(name, found.get(name))
    for name in _MORE_ENDPOINTS:
        if found.get(name) is not None:
            _demand_address(name, found[name])
    return found


def _demand_address(name: str, value: object) -> None:
    parts = urlsplit(value if isinstance(value, str) else "")
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if not parts.hostname or not safe:
        raise ValueError(f"{name} is no address with https://")


@functools.cache
def _keys(url: str, ca_file: str | None) -> Fetched[KeySet]:
    return Fetched(url, _parse_keys, ca_file=ca_file)


def _parse_keys(body: bytes) -> KeySet:
    try:
        return KeySet.import_key_set(_object(body))  # type: ignore[arg-type]  # checked there
    except (JoseError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(str(error)) from None


def _object(body: bytes) -> dict[str, Any]:
    try:
        return parse_object(body)
    except MalformedBody as error:
        raise ValueError(str(error)) from None
