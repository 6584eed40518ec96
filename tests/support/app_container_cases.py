# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of the options of a container, and of one that starts beside the old container."""

import datetime as dt
from typing import Any

from tests.support.app_case import TABLE, Case, app, each, field

_POLICY = (
    'must be "no" (in quotes: YAML reads no as false), on-failure, always or unless-stopped; how '
    "often on-failure tries is restart_retries"
)
_ONLY_ONE = (
    "; let Docker choose one, and let the proxy find it by a network's alias, or write stop_first"
)
_QUOTE = (
    "must be a text, and YAML reads yes, no, on, off, true, false and dates without quotes as "
    "something else; put it in quotes"
)
_TWO = "start_first needs two containers at once, but "
_INSTEAD = (
    "; publish the container's port alone, as 8080, and let the proxy find it, or write stop_first"
)
_ASKS = (
    "may be answered by the old one; write `container` for its host, which is the new container "
    "itself, or write stop_first"
)


def _beside(said: str, **fields: Any) -> Case:
    return Case(app(**fields, switch="start_first"), f".switch: {_TWO}{said}")


CONTAINER = [
    Case(app(container={"env": {"A": "b"}, "timeout": 5})),
    *field("container", None, [], "x", said=TABLE),
    Case(
        app(container={"name": "web"}),
        ".container: name cannot be set here: set docker_container_name (the key of the app)",
    ),
    Case(
        app(container={"tls": True, "state": "started"}),
        ".container: state cannot be set here: the switch starts the container; leave it out; tls "
        "cannot be set here: the daemon is reached by its Unix socket; leave it out",
    ),
    Case(app(container={"published_ports": ["80:80"], "network_mode": "host"})),
    *(Case(app(container={"restart_policy": word})) for word in ("no", "unless-stopped", None)),
    *each(
        "container",
        "restart_policy",
        *(False, True, "", "unless_stopped", "on-failure:3", "Always", 0, ["no"], {}),
        said=_POLICY,
    ),
    Case(app(container={"restart_policy": "on-failure", "restart_retries": "3"})),
    Case(app(container={"restart_policy": "{{ known_nowhere }}", "restart_retries": 3})),
    Case(app(container={"restart_policy": "always", "restart_retries": 0})),
    *each(
        "container",
        "restart_retries",
        -1,
        True,
        "x",
        1.5,
        said="must be a whole number of 0 or more",
    ),
    *each(
        "container",
        "restart_retries",
        3,
        said="counts with restart_policy on-failure alone; write that, or leave it out",
    ),
    Case(app(container={"init": True, "healthcheck": {"test_cli_compatible": True}, "user": 1000})),
    Case(app(container={"labels": {"a": False}}), f".container.labels.a: {_QUOTE}"),
    Case(app(container={"command": ["a", True]}), f".container.command.1: {_QUOTE}"),
    Case(app(container={"env": {True: "ON, as YAML reads it"}}), f".container.env.True: {_QUOTE}"),
    Case(app(container={"networks": [{"name": True}]}), f".container.networks.0.name: {_QUOTE}"),
    Case(
        app(container={"labels": {"built": dt.date(2026, 11, 28)}}),
        f".container.labels.built: {_QUOTE}",
    ),
    Case(
        app(container={"env": {"PORT": 8080}}),
        ".container.env.PORT: must be a text, as every variable of an environment; put it in "
        "quotes",
    ),
    Case(
        app(container={"published_ports": [1332222]}),
        ".container.published_ports.0: must be a port, and 1332222 is none; put it in quotes, as "
        '"22:2222"',
    ),
    *(
        Case(
            app(container={"published_ports": [port]}),
            ".container.published_ports.0: must be a port from 1 to 65535, host:container or "
            f"address:host:container, with an IPv4 or [IPv6] address, not {port!r}",
        )
        for port in (
            *(":80", "80:", "70000:80", "80:0", "80:80/http", "web:80", "81-80:81-80"),
            *("localhost:80:80", "::1:80:80", "[web]:80:80", "1.2.3.4:80"),
        )
    ),
    *(
        Case(
            app(container={"published_ports": [port]}),
            ".container.published_ports.0: must have as many ports of the host as of the "
            f"container, not {port!r}",
        )
        for port in ("8000:80-81", "8000-8002:80-81", "127.0.0.1:8000:80-81/udp")
    ),
    *(
        Case(app(container={"published_ports": [port]}))
        for port in (
            *("127.0.0.1:80:8080", "[::1]:80:80/tcp", "8000-8001:80-81", "{{ port }}:80"),
            *("80-81", "8000-8009:80", "127.0.0.1::80-81"),
        )
    ),
    *(
        Case(app(container={"published_ports": [port]}, switch="start_first"))
        for port in ("8080", "127.0.0.1::8080", "8000-8009:8080", "0:80", 8080, "all")
    ),
    Case(app(health={"tcp": "container:80"}, switch="start_first")),
    Case(app(health={"http": {"url": "http://CONTAINER/"}}, switch="start_first")),
    *(
        _beside(
            f"container.published_ports fixes {port} on the host{_INSTEAD}",
            container={"published_ports": [port]},
        )
        for port in ("80:80", "127.0.0.1:80:80", "80:80/tcp", "80-81:80-81", "80-80:8080")
    ),
    _beside(
        f"container.published_ports fixes 80:80 on the host{_INSTEAD}",
        container={"ports": "8080, 80:80"},
    ),
    *(
        _beside(
            "container.network_mode, or the first of container.networks, is host, whose ports the "
            "old container holds; give it another network, or write stop_first",
            container=container,
        )
        for container in (
            {"network_mode": "host"},
            {"network_mode": "host", "published_ports": ["80:80"]},
            {"networks": [{"name": "host"}]},
            {"networks": "name=host"},
        )
    ),
    *(
        _beside(f"only one can have the address {address}{_ONLY_ONE}", container=options)
        for address, options in (
            (
                "172.18.0.9",
                {"networks": [{"name": "a"}, {"name": "b", "ipv4_address": "172.18.0.9"}]},
            ),
            ("2001:db8::9", {"networks": [{"name": "b", "ipv6_address": "2001:db8::9"}]}),
            (
                "92:d0:c6:0a:29:33",
                {"networks": [{"name": "b", "mac_address": "92:d0:c6:0a:29:33"}]},
            ),
            ("92:d0:c6:0a:29:33", {"mac_address": "92:d0:c6:0a:29:33"}),
            ("10.0.0.9", {"networks": ["name=b ipv4_address=10.0.0.9"]}),
        )
    ),
    Case(
        app(
            container={"networks": [{"name": "b", "aliases": ["shop"], "ipv4_address": None}]},
            switch="start_first",
        )
    ),
    Case(app(container={"networks": [{"name": "b", "ipv4_address": "172.18.0.9"}]})),
    _beside(f"health.tcp {_ASKS}", health={"tcp": "127.0.0.1:80"}),
    _beside(f"health.http.url {_ASKS}", health={"http": {"url": "http://127.0.0.1/"}}),
]
