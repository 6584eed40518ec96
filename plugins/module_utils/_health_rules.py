# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `health` may say, and what counts where it says nothing.

Pure, because three ask it: the bridge, the playbooks on the control node, the module on the host.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

# The one place of these numbers: a test compares what documents them.
DEFAULTS: dict[str, int] = {
    "timeout": 60,
    "stable_for": 10,
    "start_period": 0,
    "interval": 1,
    "successes": 1,
}
DEFAULT_STATUS = 200

# In the place of a host, the container itself: at its own address in its first network.
ITSELF = "container"
# Names and values of headers (RFC 9110, 5.1 and 5.5), as far as ASCII goes.
_HEADER = r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}"
_HEADER_VALUE = r"[!-~]([ -~]{0,998}[!-~])?"
# They hold secrets, and this table is shown; and what the request itself is made of.
_SECRET_HEADERS = ("authorization", "cookie", "proxy-authorization")
_OWN_HEADERS = ("connection", "content-length", "transfer-encoding", "upgrade")
_MOST_HEADERS = 20

_TCP = r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})"

_A_DAY = 86400
_MOST_SUCCESSES = 100
_PORTS = range(1, 65536)
_STATUSES = range(100, 600)


def health_problems(health: dict[str, Any]) -> list[tuple[str, str]]:
    """Return (key, sentence) for each wrong value of an app's `health`."""
    checked = [(key, check(health[key])) for key, check in _CHECKS.items() if key in health]
    found = [(key, said) for key, said in checked if said]
    if not {"timeout", "start_period"} & {key for key, _said in found}:
        found += _long_start(health)
    return found + _http_problems(health.get("http"))


def asks_elsewhere(*, url: str, tcp: str) -> str:
    """Return the key of a probe that asks a host by name instead of the container, or empty."""
    if url and urlsplit(url).hostname != ITSELF:
        return "http.url"
    if tcp and tcp.rpartition(":")[0] != ITSELF:
        return "tcp"
    return ""


def _above_zero(value: Any) -> str:
    if _is_number(value) and 0 < value <= _A_DAY:
        return ""
    return f"must be a number of seconds greater than 0, at most {_A_DAY}"


def _zero_or_more(value: Any) -> str:
    if _is_number(value) and 0 <= value <= _A_DAY:
        return ""
    return f"must be a number of seconds from 0 to {_A_DAY}"


def _count(value: Any) -> str:
    if _is_whole(value) and 1 <= value <= _MOST_SUCCESSES:
        return ""
    return f"must be a whole number from 1 to {_MOST_SUCCESSES}"


def _address(value: Any) -> str:
    if value is None:
        return ""
    found = re.fullmatch(_TCP, value) if isinstance(value, str) else None
    if found is not None and int(found.group(2)) in _PORTS:
        return ""
    return "must be HOST:PORT, for example 127.0.0.1:5432"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _long_start(health: dict[str, Any]) -> list[tuple[str, str]]:
    timeout = health.get("timeout", DEFAULTS["timeout"])
    if health.get("start_period", DEFAULTS["start_period"]) < timeout:
        return []
    said = f"must be less than health.timeout ({timeout:g} s), because it is a part of it"
    return [("start_period", said)]


def _http_problems(http: Any) -> list[tuple[str, str]]:
    if not isinstance(http, dict):
        return [] if http is None else [("http", "must be a table of keys and values")]
    url = [("http.url", _url_problem(http["url"]) if "url" in http else "is required")]
    status = [("http.status", _status_problem(http["status"]))] if "status" in http else []
    headers = [("http.headers", _headers_problem(http["headers"]))] if "headers" in http else []
    return [(key, said) for key, said in url + status + headers if said]


def _url_problem(url: Any) -> str:
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
        known = parts is not None and parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:
        known = False
    if not known or not parts.hostname or not url.isprintable() or " " in url:
        return "must be a URL, for example http://127.0.0.1:80/health"
    if "@" in parts.netloc:
        return "must not hold a user or password; let the probe's path answer without one"
    return ""


def _headers_problem(headers: Any) -> str:
    if headers is None:
        return ""
    if not isinstance(headers, dict) or len(headers) > _MOST_HEADERS:
        return f"must be a table of at most {_MOST_HEADERS} headers, such as {{Host: shop.test}}"
    said = (_header_problem(name, value) for name, value in headers.items())
    return next((each for each in said if each), "")


def _header_problem(name: Any, value: Any) -> str:
    if not isinstance(name, str) or not re.fullmatch(_HEADER, name):
        return "must have names of headers as its keys, for example Host"
    if name.lower() in _SECRET_HEADERS:
        return f"must not hold {name}; let the probe's path answer without a credential"
    if name.lower() in _OWN_HEADERS:
        return f"must not hold {name}, which the probe sets itself"
    if not isinstance(value, str) or not re.fullmatch(_HEADER_VALUE, value):
        return f"must have a text as the value of {name}: printable, in quotes if it is a number"
    return ""


def _status_problem(status: Any) -> str:
    codes = status if isinstance(status, list) else [status]
    if codes and all(_is_whole(code) and code in _STATUSES for code in codes):
        return ""
    return "must be an HTTP status code from 100 to 599, or a list such as [200, 204]"


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_CHECKS = {
    "timeout": _above_zero,
    "stable_for": _zero_or_more,
    "start_period": _zero_or_more,
    "interval": _above_zero,
    "successes": _count,
    "tcp": _address,
}
