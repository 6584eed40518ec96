# SPDX-License-Identifier: GPL-3.0-or-later
"""A text is a mapping on a host where Ansible takes it for one."""

from typing import Any

import pytest
from ansible.module_utils.common.validation import check_type_dict
from ansible_collections.longshore.containers.plugins.module_utils._mapping_text import (
    mapping_of,
)
from hypothesis import given
from hypothesis import strategies as st


def as_ansible(value: Any) -> dict[str, Any] | None:
    try:
        found = check_type_dict(value)
    except TypeError:
        return None
    return found if isinstance(found, dict) else None


@pytest.mark.parametrize(
    "value",
    [
        {"name": "backend"},
        '{"name": "backend"}',
        "{'name': 'backend'}",
        "name=backend aliases=web",
        "name=backend, aliases='a b'",
        r"name=back\ end",
        'name="back end',
        "name=a backend",
        "backend",
        "{name}",
        "{1, 2}",
        "",
        "=",
        None,
        7,
        ["name=backend"],
    ],
)
def test_a_mapping_is_what_ansible_takes_for_one(value: Any) -> None:
    assert mapping_of(value) == as_ansible(value)


@given(st.text("ab=, \\'\"{}:1"))
def test_any_text_is_the_mapping_that_ansible_makes_of_it(text: str) -> None:
    assert mapping_of(text) == as_ansible(text)
