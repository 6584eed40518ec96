# SPDX-License-Identifier: GPL-3.0-or-later
"""Every recorded body gives the pushes or the reason that it should."""

from __future__ import annotations

import pytest

from tests.support.recorded import CASES
from tests.support.sending import PAYLOADS, codes, payload, sender
from webhook_bridge.sources.pushes import Push


@pytest.mark.parametrize("name", CASES)
def test_a_recorded_body_gives_what_it_should(name: str) -> None:
    source, headers, expected = CASES[name]

    claims = sender(source).read(payload(name, headers))

    assert [
        claim if isinstance(claim, Push) else code
        for claim, code in zip(claims, codes(claims), strict=True)
    ] == expected


def test_every_recorded_body_has_an_expectation() -> None:
    assert {file.name for file in PAYLOADS.glob("*.json")} == set(CASES)
