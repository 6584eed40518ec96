# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from tests.bridge.installation import SECRET, Installation
from webhook_bridge.bridge import Bridge
from webhook_bridge.errors import ConfigurationError
from webhook_bridge.settings import load_settings
from webhook_bridge.store import deliveries
from webhook_bridge.web import create_app
from webhook_bridge.web.client_address import client_address, parse_networks

OURS = parse_networks(["127.0.0.1", "10.0.0.0/8", "fd00::/8"])


def asked(installation: Installation, **environ: str) -> int:
    """Return the status of a request to a bridge that is called longshore.example."""
    text = installation.file.read_text()
    installation.file.write_text(
        text.replace("[server]", '[server]\nhosts = ["longshore.example"]', 1)
    )
    bridge = Bridge(installation.settings())
    answer = create_app(bridge).test_client().get("/healthz", environ_overrides=environ)
    bridge.store.close()
    bridge._lock.release()
    return answer.status_code


@pytest.mark.parametrize(
    "host",
    ["longshore.example", "LONGSHORE.example:443", "localhost:8090", "127.0.0.1:8090", "[::1]:80"],
)
def test_it_answers_to_its_names_and_to_addresses(installation: Installation, host: str) -> None:
    assert asked(installation, HTTP_HOST=host) == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("evil.example", 421),
        ("longshore.example.evil.example", 421),
        ("xlongshore.example", 421),
        ("longshore.example, evil.example", 400),
        ("longshore.example@evil.example", 400),
        ("longshore.example/evil", 400),
        ("longshore.example:port", 400),
        ("", 400),
        ("lo\xe9ngshore.example", 400),
    ],
)
def test_another_host_is_not_answered(installation: Installation, host: str, status: int) -> None:
    assert asked(installation, HTTP_HOST=host) == status


def test_a_target_in_absolute_form_is_held_to_the_same_names(installation: Installation) -> None:
    target = "http://evil.example/healthz"

    assert asked(installation, HTTP_HOST="localhost", REQUEST_URI=target) == 421


@pytest.mark.parametrize(
    ("peer", "forwarded", "sender"),
    [
        ("192.0.2.9", "", "192.0.2.9"),
        ("192.0.2.9", "198.51.100.1", "192.0.2.9"),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "203.0.113.5, 198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "203.0.113.5, 198.51.100.1, 10.1.1.1", "198.51.100.1"),
        ("127.0.0.1", "127.0.0.1, 10.0.0.1", "127.0.0.1"),
        ("127.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("::ffff:127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "evil", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.1, evil", "127.0.0.1"),
        ("127.0.0.1", ",", "127.0.0.1"),
    ],
)
def test_a_forwarded_address_counts_only_from_trusted_proxies(
    peer: str, forwarded: str, sender: str
) -> None:
    assert client_address(peer, forwarded, OURS) == sender


def test_nobody_is_trusted_to_forward_unless_configured() -> None:
    assert client_address("127.0.0.1", "198.51.100.1", ()) == "127.0.0.1"


def test_the_sender_behind_a_trusted_proxy_is_what_is_stored(installation: Installation) -> None:
    text = installation.file.read_text()
    installation.file.write_text(
        text.replace("[server]", '[server]\ntrusted_proxies = ["127.0.0.1"]', 1)
    )
    bridge = Bridge(installation.settings())
    forwarded = {"X-Forwarded-For": "203.0.113.5, 198.51.100.1"}

    create_app(bridge).test_client().post(
        f"/hooks/hub/{SECRET}", data=b"{}", content_type="application/json", headers=forwarded
    )

    with bridge.store.read() as connection:
        [delivery] = deliveries.latest(connection, limit=9)
    bridge.store.close()
    bridge._lock.release()
    assert delivery.remote == "198.51.100.1"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('hosts = ["longshore.example:443"]', "server.hosts.0: must be a host name without port"),
        ('hosts = ["https://longshore.example"]', "server.hosts.0: must be a host name"),
        ('trusted_proxies = ["10.0.0.1/8"]', "server.trusted_proxies.0: 10.0.0.1/8 has host bits"),
        ('trusted_proxies = ["nginx"]', "write for example 192.0.2.7 or 10.0.0.0/8"),
    ],
)
def test_a_wrong_name_or_network_is_named(installation: Installation, line: str, said: str) -> None:
    text = installation.file.read_text()
    installation.file.write_text(text.replace("[server]", f"[server]\n{line}", 1))

    with pytest.raises(ConfigurationError) as raised:
        load_settings(installation.file, environ={})

    assert said in str(raised.value)
