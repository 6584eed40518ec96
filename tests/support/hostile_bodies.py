# SPDX-License-Identifier: GPL-3.0-or-later
"""Bodies that are no JSON we read, and bodies that we read and that mean no push of ours."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

from tests.support.bodies import STRANGE, places, with_value
from tests.support.pushes import push
from tests.support.recorded import CASES
from tests.support.sending import PAYLOADS

_VALUES = {
    "arrays 100000 deep": b"[" * 100_000 + b"]" * 100_000,
    "objects 70 deep": b'{"a":' * 70 + b"1" + b"}" * 70,
    "a key twice": b'1, "zz": 2',
    "a key twice, once escaped": b'1, "z\\u007a": 2',
    "NaN": b"NaN",
    "Infinity": b"Infinity",
    "-Infinity": b"-Infinity",
    "1e999": b"1e999",
    "-1e999": b"-1e999",
    "5000 digits": b"9" * 5000,
    "21 digits": b"9" * 21,
    "a leading zero": b"01",
    "hexadecimal": b"0x10",
    "plus": b"+1",
    "half a surrogate pair": b'"\\ud800"',
    "half a surrogate pair in a key": b'{"\\udc00": 1}',
    "surrogate pair the wrong way round": b'"\\udc00\\ud800"',
    "U+0000": b'"latest\\u0000"',
    "a raw NUL": b'"latest\0"',
    "a raw line end": b'"a\r\nb"',
    "no UTF-8": b'"\xff\xfe"',
    "overlong UTF-8": b'"\xc0\xaf"',
    "a surrogate in UTF-8": b'"\xed\xa0\x80"',
    "single quotes": b"'x'",
    "undefined": b"undefined",
    "a comment": b"/* x */ 1",
    "a text without an end": b'"x',
    "a comma too many": b"[1,]",
}
_XML = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">'
    b'<!ENTITY y "&x;&x;&x;&x;">]><a>&y;</a>'
)
_MULTIPART = (
    b'--x\r\nContent-Disposition: form-data; name="payload"; filename="../../x"\r\n\r\n{}\r\n--x--'
)


def unreadable(good: bytes) -> dict[str, bytes]:
    """Return what a careless reader would still take for the good body, and what is no JSON."""
    text = good.decode()
    return {what: good[:-1] + b', "zz": ' + value + b"}" for what, value in _VALUES.items()} | {
        "a byte order mark": b"\xef\xbb\xbf" + good,
        "UTF-16": text.encode("utf-16"),
        "UTF-16 without a mark": text.encode("utf-16-le"),
        "UTF-32": text.encode("utf-32"),
        "compressed, and not called so": gzip.compress(good),
        "something behind it": good + b"x",
        "two objects": good + good,
        "no end": good[:-1],
        "a NUL behind it": good + b"\0",
        "an array": b"[" + good + b"]",
        "a text": json.dumps(text).encode(),
        "null": b"null",
        "a number": b"5",
        "true": b"true",
        "nothing": b"",
        "blanks": b" \r\n\t",
        "zeros": b"\0" * 64,
        "a form": b"payload=%7B%7D",
        "a multipart form": _MULTIPART,
        "XML that reads a file": _XML,
        "YAML that runs a program": b"!!python/object/apply:os.system [touch x]",
        "a pickle": b"cposix\nsystem\n(S'touch x'\ntR.",
    }


TAGS = [
    "-latest",
    "--version",
    "../../etc/passwd",
    "latest/../latest",
    " latest",
    "latest\n",
    "latest\r\nX: y",
    "latest\u200b",
    "\uff4catest",
    "latest@evil",
    "latest:latest",
    "l" * 10_000,
    "{{ lookup('pipe', 'touch x') }}",
    "{% raw %}latest",
    "$(touch x)",
    "latest;touch x",
    "*",
    "%6catest",
    "latest\x1b[2J",
]
REPOSITORIES = [
    " {}",
    "{} ",
    "{}\n",
    "{}/",
    "/{}",
    "{}:other",
    "{}@evil",
    "{}?x=1",
    "{}#x",
    "{}\u0430",
    "../{}",
    "x/../{}",
    "https://evil.example/{}",
    "evil.example/{}",
    "user:word@evil.example/{}",
    "169.254.169.254/{}",
    "{} --privileged",
    "-{}",
    "{}" + "/x" * 5000,
    "{{{{ '{}' }}}}",
]
_MAGIC = dict.fromkeys(
    ("ansible_connection", "ansible_ssh_common_args", "app", "hosts", "__ansible_unsafe"), "x"
)


def near_misses(source: str, repository: str, tag: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give pushes whose repository or tag is almost that of an app."""
    for text in TAGS:
        yield f"the tag {text[:40]!r}", push(source, repository, text)
    for form in REPOSITORIES:
        yield f"the repository {form[:40]!r}", push(source, form.format(repository), tag)


def misshapen(source: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give recorded bodies with a value of another kind in some places, and in all at once."""
    like = "gitea" if source == "forgejo" else source
    names = [name for name, (kind, _, _) in CASES.items() if kind == like]
    for name in names[:3]:
        body = json.loads((PAYLOADS / name).read_bytes())
        found = list(places(body))
        for number, way in enumerate(found[:: 1 + len(found) // 12]):
            strange = STRANGE[number % len(STRANGE)]
            yield f"{name} with {strange!r:.40} at {way}", with_value(body, way, strange)
        yield f"{name} with numbers of 1e308", _each(body, (int, float), lambda _: 1e308)
        yield f"{name} with empty lists", _each(body, list, lambda _: [])
        yield f"{name} with objects for lists", _each(body, list, lambda one: {"0": one})
        yield f"{name} with lists for texts", _each(body, str, lambda one: [one])
        yield f"{name} with a text for each object", dict.fromkeys(body, "x")
        yield f"{name} with names of Ansible's", body | _MAGIC


def _each(value: Any, kind: Any, change: Any) -> Any:
    """Return it with each value of a kind changed, inside first."""
    if isinstance(value, dict):
        value = {key: _each(inner, kind, change) for key, inner in value.items()}
    elif isinstance(value, list):
        value = [_each(inner, kind, change) for inner in value]
    return change(value) if isinstance(value, kind) else value
