# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.installation import SECRET, Installation
from tests.support.sending import sender
from webhook_bridge.config.settings import load_settings
from webhook_bridge.errors import ConfigurationError
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.sources.addresses import parse_networks, plain_address
from webhook_bridge.store import deliveries
from webhook_bridge.web import create_app
from webhook_bridge.web.client_address import client_address

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
    ("peer", "forwarded", "address"),
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
        ("127.0.0.1", "198.51.100.1:51000", "198.51.100.1"),
        ("127.0.0.1", "203.0.113.5:1, 198.51.100.1:51000, 10.1.1.1:65535", "198.51.100.1"),
        ("127.0.0.1", "[2001:db8::1]", "2001:db8::1"),
        ("127.0.0.1", "[2001:DB8:0::1]:51000", "2001:db8::1"),
        ("127.0.0.1", "198.51.100.1, [fd00::7]:51000", "198.51.100.1"),
        ("127.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "[::ffff:c633:6401]:51000", "198.51.100.1"),
        ("127.0.0.1", "198.51.100.1, ::ffff:10.1.1.1", "198.51.100.1"),
        ("127.0.0.1", "198.51.100.1,[::FFFF:10.1.1.1]:443\t", "198.51.100.1"),
        ("::ffff:192.0.2.9", "198.51.100.1", "192.0.2.9"),
        ("2001:DB8::0:1", "", "2001:db8::1"),
        ("", "198.51.100.1", ""),
    ],
)
def test_a_forwarded_address_counts_only_from_trusted_proxies(
    peer: str, forwarded: str, address: str
) -> None:
    assert client_address(peer, forwarded, OURS) == address


@pytest.mark.parametrize(
    "entry",
    [
        "",
        " ",
        "unknown",
        "_hidden",
        "_hidden:51000",
        "fe80::1%eth0",
        "[fe80::1%eth0]:51000",
        "192.0.2.7:",
        "192.0.2.7:0",
        "192.0.2.7:65536",
        "192.0.2.7:99999999",
        "192.0.2.7:-1",
        "192.0.2.7:http",
        "192.0.2.7:\u0661",
        "192.0.2.7:80:80",
        "192.0.2.7 80",
        "192.0.2",
        "192.0.2.07",
        "192.0.2.7/32",
        "[192.0.2.7]",
        "[192.0.2.7]:80",
        "[2001:db8::1",
        "2001:db8::1]",
        "[2001:db8::1]80",
        "[2001:db8::1]:65536",
        "[[2001:db8::1]]",
        "[]",
        "[]:80",
        ":80",
        '"[2001:db8::1]:80"',
        "for=192.0.2.7",
        "1",
    ],
)
def test_what_is_no_address_ends_the_search_at_the_last_proxy(entry: str) -> None:
    assert client_address("127.0.0.1", f"198.51.100.1, {entry}, 10.1.1.1", OURS) == "10.1.1.1"


@given(
    forwarded=st.lists(st.ip_addresses().map(str) | st.text("0123456789abcdef:.[]%, _")).map(
        ",".join
    )
)
def test_whatever_is_forwarded_the_sender_is_an_address_written_in_one_way(forwarded: str) -> None:
    address = client_address("::ffff:127.0.0.1", forwarded, OURS)

    assert plain_address(address) == address


@pytest.mark.parametrize("network", ["::ffff:10.0.0.0/104", "10.0.0.0/8"])
def test_a_network_of_ipv4_may_be_written_as_one_of_ipv6(network: str) -> None:
    ours = parse_networks([network])

    for proxy in ("10.1.1.1", "::ffff:10.1.1.1"):
        assert client_address(proxy, "198.51.100.1", ours) == "198.51.100.1"
    assert client_address("11.1.1.1", "198.51.100.1", ours) == "11.1.1.1"


@pytest.mark.parametrize("written", ["192.0.2.7", "::ffff:192.0.2.7", "::ffff:192.0.2.0/120"])
def test_a_hook_allows_an_address_however_it_is_written(written: str) -> None:
    hook = sender("generic", allow_from=[written])

    assert hook.allows("192.0.2.7")
    assert hook.allows("::ffff:192.0.2.7")
    assert not hook.allows("192.0.3.7")
    assert not hook.allows("evil")


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
