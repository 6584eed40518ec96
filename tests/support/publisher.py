# SPDX-License-Identifier: GPL-3.0-or-later
"""A platform that signs tokens and publishes its keys, on this machine."""

from __future__ import annotations

import functools
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

AUDIENCE = "https://deploy.example.com"


@functools.cache
def _private_key(owner: str, name: str) -> rsa.RSAPrivateKey:
    """Return one's key, made once: that takes longer than most tests."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Publisher:
    """Keys, tokens signed with them, and how often somebody asked for the keys."""

    def __init__(self, owner: str = "the platform") -> None:
        self.owner = owner
        self.keys: dict[str, rsa.RSAPrivateKey] = {}
        self.asked = 0
        self.status = 200
        self.body: bytes | None = None
        self.new_key("one")

    def new_key(self, name: str) -> None:
        self.keys[name] = _private_key(self.owner, name)

    def document(self) -> bytes:
        if self.body is not None:
            return self.body
        keys = [
            RSAAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": name, "use": "sig"}
            for name, key in self.keys.items()
        ]
        return json.dumps({"keys": keys}).encode()

    def token(self, issuer: str, *, key: str = "one", **claims: Any) -> str:
        now = time.time()
        usual = {"iss": issuer, "aud": AUDIENCE, "iat": now, "exp": now + 300}
        usual |= claims
        present = {name: value for name, value in usual.items() if value is not None}
        return jwt.encode(present, self.keys[key], algorithm="RS256", headers={"kid": key})


@contextmanager
def published(publisher: Publisher) -> Iterator[str]:
    """Serve the keys; give their address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            publisher.asked += 1
            body = publisher.document()
            self.send_response(publisher.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/keys"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
