# SPDX-License-Identifier: GPL-3.0-or-later
"""Every parser of what strangers send, with input near what it reads and far from it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.bodies import HOSTILE, places, well, with_value
from tests.support.schemes import SCHEMES
from tests.support.sending import NOW, PAYLOADS, sender
from webhook_bridge.authentication import verify
from webhook_bridge.domain.inbound import InboundRequest
from webhook_bridge.domain.references import InvalidReference, parse_image_name
from webhook_bridge.sources import SOURCES
from webhook_bridge.sources.addresses import is_in, parse_networks, plain_address
from webhook_bridge.strict_json import MalformedBody, parse_object
from webhook_bridge.web.client_address import client_address

RECORDED = [file.read_bytes() for file in sorted(PAYLOADS.glob("*.json"))]
PARSED = [json.loads(body) for body in RECORDED]
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "Authorization",
            "Ce-Id",
            "Ce-Source",
            "Ce-Type",
            "Idempotency-Key",
            "X-GitHub-Event",
            "X-Gitea-Event",
            "X-Hub-Signature-256",
            "X-Nexus-Webhook-Signature",
            "webhook-id",
            "webhook-signature",
            "webhook-timestamp",
        ]
    ),
    st.text()
    | st.sampled_from(["package", "ping", "v1,", "sha256=", "Bearer a.b.c", str(int(NOW))]),
    max_size=4,
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(HOSTILE),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)

PROXIES = parse_networks(["10.0.0.0/8", "fd00::/8"])
_HOPS = st.ip_addresses().map(str) | st.sampled_from(["10.0.0.2", "fd00::2", "::ffff:10.0.0.3"])
FORWARDED = st.lists(
    st.builds("{}{}{}".format, st.sampled_from(["", " ", "["]), _HOPS, st.text(max_size=8))
    | st.builds("[{}]:{}".format, _HOPS, st.integers(-1, 70_000))
    | st.builds("{}:{}".format, _HOPS, st.integers(-1, 70_000))
    | st.sampled_from(["unknown", "_hidden", "fe80::1%eth0", "1.2.3", "", "127.1", "0x7f.1"]),
    max_size=6,
).map(",".join)


@st.composite
def near_bodies(draw: st.DrawFn) -> bytes:
    """Give a recorded body with a few values replaced."""
    body = draw(st.sampled_from(PARSED))
    for _ in range(draw(st.integers(0, 4))):
        ways = list(places(body))
        if ways:
            body = with_value(body, draw(st.sampled_from(ways)), draw(ANYTHING))
    return json.dumps(body).encode()


@st.composite
def torn_bodies(draw: st.DrawFn) -> bytes:
    """Give a recorded body with bytes cut, put in, or replaced."""
    body = bytearray(draw(st.sampled_from(RECORDED)))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(body)))
        body[start : start + draw(st.integers(0, 8))] = draw(st.binary(max_size=8))
    return bytes(body)


BODIES = (
    near_bodies() | torn_bodies() | st.binary() | ANYTHING.map(lambda x: json.dumps(x).encode())
)


def reading(source: str) -> Callable[..., None]:
    @given(body=BODIES, headers=HEADERS)
    def check(body: bytes, headers: dict[str, str]) -> None:
        configured, request = sender(source), InboundRequest(headers, body, NOW)
        found = configured.delivery_id(request)
        assert found is None or (found.isprintable() and 0 < len(found) < 256)
        try:
            claims = configured.read(request)
        except MalformedBody as error:
            assert "\n" not in str(error)
            return
        assert well(claims)

    return check


@given(body=BODIES)
def strict_json(body: bytes) -> None:
    try:
        found = parse_object(body)
    except MalformedBody as error:
        assert str(error).isprintable() or "…" in str(error)
        return
    assert json.loads(json.dumps(found).encode()) == found


@given(headers=HEADERS, body=st.binary(), path=st.binary())
def authentication(headers: dict[str, str], body: bytes, path: bytes) -> None:
    request = InboundRequest(headers, body, NOW, path)
    for scheme in [*SCHEMES, *(sender(source).scheme for source in SOURCES)]:
        if scheme.needs_secret:
            assert not verify(scheme, request, [b"a-secret-that-nobody-has-guessed"])


@given(body=BODIES)
def sns_message(body: bytes) -> None:
    assert not verify(sender("sns").scheme, InboundRequest({}, body, NOW), [])


@given(
    token=st.text()
    | st.from_regex(r"[A-Za-z0-9_-]{2,40}\.[A-Za-z0-9_-]{2,40}\.[A-Za-z0-9_-]{2,40}")
)
def oidc_token(token: str) -> None:
    table: dict[str, Any] = {
        "platform": "github",
        "audience": "x",
        "claims": {"sub": "x"},
        "keys_url": "http://127.0.0.1:1/",
    }
    scheme = sender("generic", auth="oidc", oidc=table).scheme
    assert not verify(scheme, InboundRequest({"Authorization": f"Bearer {token}"}, b"", NOW), [])


@given(text=st.text() | st.from_regex(r"[a-z0-9./:@_-]{1,80}"))
def references(text: str) -> None:
    try:
        name = parse_image_name(text)
    except InvalidReference as error:
        assert "\n" not in str(error)
        return
    assert parse_image_name(str(name)) == name


@given(peer=st.ip_addresses().map(str), forwarded_for=FORWARDED | st.text())
def forwarded_address(peer: str, forwarded_for: str) -> None:
    """The sender is the last address that no proxy of ours has; only proxies name another."""
    found = client_address(peer, forwarded_for, PROXIES)
    assert found == plain_address(found)
    if not is_in(peer, PROXIES):
        assert found == plain_address(peer)
    left_of_it = f"{forwarded_for},{found}"
    if not is_in(found, PROXIES):
        assert client_address("10.0.0.1", left_of_it, PROXIES) == found


PARSERS: Mapping[str, Callable[..., None]] = {
    "strict_json": strict_json,
    "references": references,
    "authentication": authentication,
    "sns_message": sns_message,
    "oidc_token": oidc_token,
    "forwarded_address": forwarded_address,
    **{f"source {source}": reading(source) for source in sorted(SOURCES)},
}
