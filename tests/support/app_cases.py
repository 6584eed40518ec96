# SPDX-License-Identifier: GPL-3.0-or-later
"""One table of apps, accepted or refused: bridge and playbooks are both tested against it.

A case is an app named `shop` on four hosts, with an image and hosts unless it says otherwise. What
it is refused for is the whole line, as both tell it.
"""

from typing import Any

from tests.support.app_case import HOSTS, IMAGE, TABLE, Case, app, each, field
from tests.support.app_container_cases import CONTAINER

__all__ = ["CASES", "HOSTS", "IMAGE", "WITH_HOSTS", "Case", "app"]

_SECONDS = "must be a number of seconds from 0 to 86400"
_SOME_SECONDS = "must be a number of seconds greater than 0, at most 86400"
_DURATION = "must be a duration greater than 0, for example 30s"
_PAUSE = "must be a duration of 0 or more, for example 30s"
_BATCH = 'must be a whole number of hosts greater than 0, or a percentage such as "25%"'
_BUDGET = 'must be a whole number of hosts, 0 or more, or a percentage such as "10%"'
_MORE_THAN_ALL = 'must not be more than "100%"'
_PERCENTAGE = "must be a number from 0 to 100"
_URL = "must be a URL, for example http://127.0.0.1:80/health"
_STATUS = "must be an HTTP status code from 100 to 599, or a list such as [200, 204]"
_ADDRESS = "must be HOST:PORT, for example 127.0.0.1:5432"
_COUNT = "must be a whole number from 1 to 100"
_KEEP = "must be a whole number from 0 to 20"
_PATTERN = "must be an Ansible host pattern, for example web or web:!spare"
_TRACK = (
    'must be a tag, {semver: ">=1.4 <2"} or {pattern: "release-[0-9]+", order: number}; quote a '
    "tag that YAML reads as a number"
)
_RANGE = "must be a range of versions, for example >=1.4 <2, ^1.4, 1.x, or * for every version"
_EXPRESSION = "must be a regular expression of at most 200 characters"
_LESS = "must be less than health.timeout"
_NO_TAG = "must be registry and repository only, without a tag or digest"
_REGISTRY = (
    "must begin with a registry: a host name in lower case, with :port if it needs one, for "
    "example registry.example.com:5000"
)
_REPOSITORY = (
    "must end with a repository: parts of lower-case letters and digits, joined inside by '.', "
    "'_', '__' or '-', and divided by '/'"
)
_HEADERS = "must be a table of at most 20 headers, such as {Host: shop.test}"
_HEADER_NAME = "must have names of headers as its keys, for example Host"
_NAME = (
    "must be a name of at most 41 lower-case letters, digits, _ and -, beginning with a letter or "
    "digit"
)
_ENTRY_KEYS = (
    "container, drift, health, hosts, image, keep, min_age, rollout, signature, switch, track"
)
_ROLLOUT_KEYS = (
    "failure_budget, max_fail_percentage, on_failure, pause, serial, share_hosts, supersede, "
    "unreachable"
)


def _probe(key: str, *values: Any, said: str) -> list[Case]:
    probes = [{"url": "http://container/", key: value} for value in values]
    return [Case(app(health={"http": probe}), f".health.http.{key}: {said}") for probe in probes]


ENTRIES = [
    Case({"image": IMAGE, "hosts": "web"}),
    Case({"image": IMAGE}, ".hosts: is required"),
    Case({"hosts": "web"}, ".image: is required"),
    *(Case(wrong, f": {TABLE}") for wrong in (None, [], 5, "text")),
    *(Case(app(), name=name) for name in ("s", "9", "a" * 41, "a-b_c")),
    *(Case(app(), f": {_NAME}", name) for name in ("Shop", "-shop", "sh op", "a" * 42, "é", "a.b")),
    Case(app(swtich="start_first"), f".swtich: is not known here; allowed: {_ENTRY_KEYS}"),
    Case(
        app(health={"stabel_for": 1}),
        ".health.stabel_for: is not known here; allowed: http, interval, stable_for, start_period, "
        "successes, tcp, timeout",
    ),
    Case(
        app(health={"http": {"url": "http://container/", "path": "/"}}),
        ".health.http.path: is not known here; allowed: headers, status, url",
    ),
    Case(
        app(rollout={"failure_buget": 1}),
        f".rollout.failure_buget: is not known here; allowed: {_ROLLOUT_KEYS}",
    ),
    *(
        Case(app(image=name))
        for name in (
            "nginx",
            "acme/shop",
            "localhost/shop",
            "docker.io/shop",
            "[::1]:5000/a_b/c--d",
        )
    ),
    *field(
        "image",
        5,
        ["nginx"],
        said="must be a string: registry and repository, for example docker.io/acme/shop",
    ),
    *field("image", "nginx:1", f"{IMAGE}:1", f"{IMAGE}@sha256:0", said=_NO_TAG),
    *field(
        "image",
        "Registry.example.com/a",
        "a..b/c",
        "r.example:0/a",
        "r.example:0500/a",
        "[::g]/a",
        said=_REGISTRY,
    ),
    *field("image", "acme/Shop", "a/a._b", "acme/a-", "a//a", "", "acme/é", said=_REPOSITORY),
    *field("image", f"r.example/{'a' * 250}", said="must have at most 255 characters"),
    *field("hosts", "", " ", "-x", said=_PATTERN),
    *field("hosts", ["web"], 5, said="must be a string"),
    Case(app(hosts="web:!spare")),
]
HEALTH = [
    Case(app(health={})),
    Case(app(health={"timeout": 0.5, "stable_for": 0, "start_period": 0.25, "interval": 86400})),
    Case(app(health={"http": None, "tcp": None})),
    Case(app(health={"tcp": "[::1]:5432", "successes": 100})),
    Case(app(health={"http": {"url": "https://container:8443/x?y=z", "status": 204}})),
    *field("health", None, 5, [], said=TABLE),
    *each("health", "timeout", 0, -1, 86401, "20", True, None, said=_SOME_SECONDS),
    *each("health", "timeout", float("nan"), float("inf"), said=_SOME_SECONDS),
    *each("health", "interval", 0, "1", said=_SOME_SECONDS),
    *each("health", "stable_for", -1, 86401, "1", float("nan"), said=_SECONDS),
    *each("health", "start_period", -1, "1", said=_SECONDS),
    *each("health", "successes", 0, 101, 1.0, "1", True, said=_COUNT),
    *each("health", "start_period", 60, 90.5, said=f"{_LESS} (60 s), because it is a part of it"),
    Case(
        app(health={"timeout": 30, "start_period": 30}),
        f".health.start_period: {_LESS} (30 s), because it is a part of it",
    ),
    *each("health", "http", 5, "http://container/", said=TABLE),
    Case(app(health={"http": {}}), ".health.http.url: is required"),
    *_probe("url", "shop", "ftp://x/", "http:///x", "http://x:99999/", "http://x:0/", said=_URL),
    *_probe("url", "http://a b/", "http://x/\t", "http://[1/", 5, None, said=_URL),
    *_probe(
        "url",
        "http://a:b@x/",
        said="must not hold a user or password; let the probe's path answer without one",
    ),
    *_probe("status", 99, 600, [], [200, "204"], True, None, 200.0, said=_STATUS),
    Case(app(health={"http": {"url": "http://container/", "headers": None}})),
    Case(
        app(health={"http": {"url": "http://container/", "headers": {"Host": "a.b", "X-Y": "1 2"}}})
    ),
    *_probe("headers", [], "Host: x", 5, said=_HEADERS),
    *_probe("headers", {"": "x"}, {"Ho st": "x"}, {"X\r\nY": "x"}, {5: "x"}, said=_HEADER_NAME),
    *_probe(
        "headers",
        {"Cookie": "x"},
        said="must not hold Cookie; let the probe's path answer without a credential",
    ),
    *_probe(
        "headers",
        {"content-LENGTH": "5"},
        said="must not hold content-LENGTH, which the probe sets itself",
    ),
    *_probe(
        "headers",
        *({"Host": wrong} for wrong in (5, True, None, "", "a\nb: c", " a", "ü", ["a"])),
        said="must have a text as the value of Host: printable, in quotes if it is a number",
    ),
    *each("health", "tcp", "db", "db:0", "db:65536", "a b:1", "a/b:1", "ü:1", said=_ADDRESS),
    *each("health", "tcp", "a,b:1", "db:٣", ":80", 5432, said=_ADDRESS),
]
ROLLOUT = [
    Case(app(rollout={})),
    Case(app(rollout={"serial": 1, "failure_budget": "10%", "pause": 0, "unreachable": "fail"})),
    Case(app(rollout={"serial": [1, "25%", "2", "100%"], "supersede": "finish"})),
    Case(app(rollout={"failure_budget": "0%", "pause": "0m", "on_failure": "halt"})),
    Case(app(rollout={"failure_budget": HOSTS, "max_fail_percentage": 12.5, "share_hosts": True})),
    Case(app(rollout={"max_fail_percentage": None, "pause": " 1.5h "})),
    *field("rollout", None, "all", [], said=TABLE),
    *each("rollout", "serial", 0, -1, True, 1.0, "01", "1 %", "٣", None, {}, "", said=_BATCH),
    *each("rollout", "serial", "120%", said=_MORE_THAN_ALL),
    *each("rollout", "serial", [], said='must not be empty; write for example [1, "25%", "100%"]'),
    Case(app(rollout={"serial": [1, "0%"]}), f".rollout.serial.1: {_BATCH}"),
    Case(app(rollout={"serial": [1, "101%"]}), f".rollout.serial.1: {_MORE_THAN_ALL}"),
    *each("rollout", "max_fail_percentage", 101, -1, "30", True, float("nan"), said=_PERCENTAGE),
    *each("rollout", "failure_budget", -1, "x", 1.0, True, None, "٣", said=_BUDGET),
    *each("rollout", "failure_budget", "101%", said=_MORE_THAN_ALL),
    *each("rollout", "pause", "soon", -1, False, None, "1h30m", "٣s", float("nan"), said=_PAUSE),
    *each("rollout", "on_failure", "pray", None, said="must be one of restore, halt"),
    *each("rollout", "unreachable", "wait", ["skip"], said="must be one of skip, fail"),
    *each("rollout", "supersede", "soon", 1, said="must be one of batch, finish"),
    *each("rollout", "share_hosts", "yes", 1, None, said="must be true or false"),
]
FIELDS = [
    *(Case(app(track=tag)) for tag in ("1.4", "latest", "_x", "a" * 128)),
    *field("track", 1.4, True, None, [], "a/b", "a b", "", "-x", "a" * 129, "é", said=_TRACK),
    *(Case(app(track={"semver": text})) for text in (">=1.4 <2", "1.x || ^3", "*", "~1.2.3-rc.1")),
    *each("track", "semver", "", "new", ">=1.4 <", "1 || ", "01", said=_RANGE),
    *each("track", "semver", 1, said='must be a string in quotes, for example ">=1.4 <2"'),
    *each("track", "semver", "1 " * 101, said="must have at most 200 characters"),
    Case(app(track={"pattern": "stable"})),
    Case(app(track={"pattern": "release-([0-9]+)", "order": "number"})),
    Case(app(track={"pattern": "([0-9]{8})-[0-9a-f]{7}"})),
    Case(app(track={"pattern": "(release|hotfix)-[0-9]+"})),
    Case(app(track={"pattern": r"^\d+\.\d+\.\d+\.\d+-ls\d+$"})),
    Case(
        app(track={"pattern": r"([0-9a-f]{7})-(\d+)"}),
        ".track.pattern: has a group that takes letters, which have no order as numbers; write for "
        r"example (?:[0-9a-f]{7})-(\d+)",
    ),
    Case(
        app(track={"semver": "1", "prereleases": "no"}),
        ".track.prereleases: must be true or false",
    ),
    Case(
        app(track={"semver": "1", "order": "date"}),
        ".track.order: is not known here; allowed: prereleases, semver",
    ),
    Case(
        app(track={"pattern": "a[0-9]", "order": "size"}),
        ".track.order: must be one of semver, number, date, pushed",
    ),
    *each("track", "pattern", "", 5, said=_EXPRESSION),
    *field("track", {"tag": "1"}, {}, said=_TRACK),
    *(Case(app(min_age=value)) for value in ("30s", "1.5h", 45, 0.5)),
    *field("min_age", 0, "0s", "soon", "1w", True, None, "5 m", "٣s", -1, said=_DURATION),
    *field("signature", 5, [], said=TABLE),
    Case(app(signature=None)),
    Case(app(signature={}), ".signature.cosign_key: is required"),
    *each(
        "signature",
        "cosign_key",
        5,
        "",
        said="must be the path of a public key, relative to this file",
    ),
    Case(app(signature={"cosign_key": "x", "wait": 0}), f".signature.wait: {_DURATION}"),
    *field("switch", "both", None, True, said="must be one of stop_first, start_first"),
    *field("drift", "hide", None, said="must be one of report, correct"),
    *(Case(app(keep=number)) for number in (0, 20)),
    *field("keep", -1, 21, "2", True, None, 2.0, said=_KEEP),
]
CASES = [*ENTRIES, *HEALTH, *ROLLOUT, *FIELDS, *CONTAINER]

# Judged in view of the hosts: by `longshore check` and the playbooks, not when the file is read.
WITH_HOSTS = [
    Case(
        app(rollout={"failure_budget": HOSTS + 1}),
        ".rollout.failure_budget: must be at most 4, which is how many hosts the app has, or a "
        "percentage",
    ),
]
