# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every source, whatever comes."""

from __future__ import annotations

import inspect
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.bodies import STRANGE, places, well, with_value
from tests.support.recorded import CASES
from tests.support.sending import PAYLOADS, codes, received, sender
from webhook_bridge.domain.verdicts import VERDICTS
from webhook_bridge.sources import SOURCES
from webhook_bridge.sources.pushes import REASONS, Push
from webhook_bridge.strict_json import MalformedBody

EVERY = sorted(SOURCES)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.text() | st.integers(-9, 9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("name", CASES)
def test_a_value_of_any_kind_in_any_place_is_a_push_or_a_reason(name: str) -> None:
    source, headers, _ = CASES[name]
    body = json.loads((PAYLOADS / name).read_bytes())
    for number, way in enumerate(list(places(body))[:150]):
        for strange in STRANGE[number % 4 :: 4]:  # by turns, for the sake of time
            changed = json.dumps(with_value(body, way, strange)).encode()
            claims = sender(source).read(received(changed, headers))
            assert well(claims), (way, strange, claims)


@pytest.mark.parametrize("name", CASES)
def test_hosts_and_urls_of_a_body_do_not_matter(name: str) -> None:
    source, headers, _ = CASES[name]
    body = json.loads((PAYLOADS / name).read_bytes())
    before = sender(source).read(received(json.dumps(body).encode(), headers))
    for way in places(body):
        if str(way[-1]).lower().endswith(("url", "uri", "host", "addr")):
            body = with_value(body, way, "http://169.254.169.254/")

    after = sender(source).read(received(json.dumps(body).encode(), headers))

    assert codes(after) == codes(before)
    assert not any("169.254" in str(claim) for claim in after if isinstance(claim, Push))


@pytest.mark.parametrize("source", EVERY)
def test_what_is_no_json_object_is_malformed_and_has_no_id(source: str) -> None:
    body = (
        b'{"a": 1, "a": 2}'  # what json itself would take; tests/test_strict_json.py has the rest
    )

    with pytest.raises(MalformedBody):
        sender(source).read(received(body))
    assert sender(source).delivery_id(received(body)) is None


@pytest.mark.parametrize("source", EVERY)
def test_an_empty_object_is_no_push(source: str) -> None:
    assert set(codes(sender(source).read(received(b"{}")))) <= {"unexpected_shape", "not_a_push"}


@pytest.mark.parametrize("source", EVERY)
@given(body=st.dictionaries(st.text(), ANYTHING, max_size=4), name=st.text(), value=st.text())
def test_any_request_ends_in_pushes_or_documented_reasons(
    source: str, body: dict[str, Any], name: str, value: str
) -> None:
    request = received(json.dumps(body).encode(), {name: value})
    try:
        claims = sender(source).read(request)
    except MalformedBody:
        return
    assert well(claims)
    found = sender(source).delivery_id(request)
    assert found is None or (found.isprintable() and 0 < len(found) < 256)


def test_every_reason_is_a_verdict() -> None:
    assert set(REASONS) <= set(VERDICTS)


@pytest.mark.parametrize("source", EVERY)
def test_every_source_says_where_its_facts_come_from(source: str) -> None:
    module = inspect.getmodule(SOURCES[source])

    assert module is not None
    assert "Facts:" in str(module.__doc__)


@pytest.mark.parametrize("source", EVERY)
def test_the_word_in_the_settings_is_the_name_of_the_source(source: str) -> None:
    assert sender(source).source == source
