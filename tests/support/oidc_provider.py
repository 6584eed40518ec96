# SPDX-License-Identifier: GPL-3.0-or-later
"""An OpenID Connect provider on this machine: discovery, authorize, token, userinfo and keys.

It authenticates nobody: who comes to `authorize` is sent back at once, as whoever the test says.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, CLIENT_SECRET = "longshore", "secret-of-the-client-0123456789"
_ENCODED = {"typ": "JWT"}


@functools.cache
def _key(owner: str) -> RSAKey:
    """Return one's key, made once: that takes longer than most tests."""
    return RSAKey.generate_key(2048, {"kid": owner, "use": "sig", "alg": "RS256"})


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _joined(*parts: dict[str, Any]) -> str:
    return ".".join(_base64url(json.dumps(part).encode()) for part in parts)


class OidcProvider:
    """What it is asked, what it says of whoever signs in, and what it does wrong on purpose."""

    def __init__(self) -> None:
        self.issuer = ""
        self.claims: dict[str, Any] = {
            "sub": "1234",
            "preferred_username": "alice",
            "groups": ["deployers"],
        }
        self.wrong: dict[str, Any] = {}
        self.algorithm = "RS256"
        self.signed_by = "one"
        self.published = ["one"]
        self.metadata: dict[str, Any] = {}
        self.user_info: dict[str, Any] | None = None
        self.status = 200
        self.asked: list[str] = []
        self.forms: list[dict[str, str]] = []
        self._codes: dict[str, dict[str, str]] = {}

    def discovery(self) -> dict[str, Any]:
        base = self.issuer
        return {
            "issuer": base,
            "authorization_endpoint": f"{base}/authorize",
            "token_endpoint": f"{base}/token",
            "jwks_uri": f"{base}/keys",
            "end_session_endpoint": f"{base}/logout",
            "id_token_signing_alg_values_supported": ["RS256", "none", "HS256"],
            **({} if self.user_info is None else {"userinfo_endpoint": f"{base}/userinfo"}),
            **self.metadata,
        }

    def keys(self) -> dict[str, Any]:
        return {"keys": [_key(name).as_dict(private=False) for name in self.published]}

    def authorize(self, address: str) -> str:
        """Take a browser in that was sent here; return where it is sent back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        back = urlencode({"code": code, "state": asked["state"], "iss": self.issuer})
        return f"{asked['redirect_uri']}?{back}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        self.forms.append(form)
        begun = self._codes.pop(form.get("code", ""), None)  # each code is good once
        expected = base64.b64encode(f"{CLIENT}:{CLIENT_SECRET}".encode()).decode()
        if authorization != f"Basic {expected}":
            return 401, {"error": "invalid_client"}
        if begun is None or form["redirect_uri"] != begun["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if _base64url(digest) != begun["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        answer = {"access_token": "access", "token_type": "Bearer"}
        return 200, {**answer, "id_token": self.id_token(begun["nonce"])}

    def id_token(self, nonce: str) -> str:
        now = int(time.time())
        usual = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce}
        said = {**usual, **self.claims, **self.wrong}
        present = {name: value for name, value in said.items() if value is not None}
        return self._signed(present)

    def _signed(self, claims: dict[str, Any]) -> str:
        header = {"alg": self.algorithm, "kid": self.signed_by, **_ENCODED}
        if self.algorithm == "none":
            return f"{_joined(header, claims)}."
        if self.algorithm == "HS256":  # with the public key as the shared secret
            text = _joined(header, claims)
            public = _key(self.signed_by).as_pem(private=False)
            return f"{text}.{_base64url(hmac.digest(public, text.encode(), 'sha256'))}"
        return jwt.encode(header, claims, _key(self.signed_by))

    def answer(self, path: str, form: dict[str, str], authorization: str) -> tuple[int, Any]:
        self.asked.append(path)
        if self.status != 200:
            return self.status, {}
        if path == "/token":
            return self.token(form, authorization)
        if path == "/userinfo" and authorization == "Bearer access":
            return 200, self.user_info
        pages = {"/.well-known/openid-configuration": self.discovery, "/keys": self.keys}
        return (200, pages[path]()) if path in pages else (404, {})


@contextmanager
def oidc_provider() -> Iterator[OidcProvider]:
    """Serve one, at an address of its own."""
    provider = OidcProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._answer({name: values[0] for name, values in parse_qs(sent).items()})

        def _answer(self, form: dict[str, str]) -> None:
            if self.path.startswith("/authorize?"):
                self.send_response(302)
                self.send_header("Location", provider.authorize(self.path))
                self.end_headers()
                return
            authorization = self.headers.get("Authorization", "")
            status, body = provider.answer(self.path, form, authorization)
            encoded = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(encoded)))
            self.end_headers()
            self.wfile.write(encoded)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
