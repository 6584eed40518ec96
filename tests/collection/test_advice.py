# SPDX-License-Identifier: GPL-3.0-or-later
"""What is advised on what Docker, registries and Ansible say: each message, and each row."""

from typing import Any

import pytest
from ansible_collections.longshore.containers.plugins.module_utils import _advice
from ansible_collections.longshore.containers.plugins.plugin_utils._failure import (
    failure_reason,
    staging_reason,
)

from tests.support import advice_cases
from tests.support.advice_cases import Said

TABLES = {
    "registry": (_advice.REGISTRY, advice_cases.REGISTRY),
    "container": (_advice.CONTAINER, advice_cases.CONTAINER),
    "host": (_advice.HOST, advice_cases.HOST),
}
MESSAGES = [(rows, said) for rows, cases in TABLES.values() for said in cases]
SEE_TO_PYTHON = "ansible_python_interpreter"


@pytest.mark.parametrize(("rows", "said"), MESSAGES, ids=[said.words[:60] for _, said in MESSAGES])
def test_a_message_gets_the_advice_that_fits_it_or_none(
    rows: tuple[_advice.Advice, ...], said: Said
) -> None:
    advised = _advice.advice_on(said.words, rows)

    assert said.advised in advised
    assert bool(advised) == bool(said.advised)


@pytest.mark.parametrize("said", advice_cases.REGISTRY, ids=lambda said: said.words[:60])
def test_a_message_about_a_registry_tells_whether_to_try_again(said: Said) -> None:
    assert _advice.registry_kind(said.words) == said.kind


@pytest.mark.parametrize("name", TABLES)
def test_every_row_of_the_table_is_the_first_for_a_message(name: str) -> None:
    rows, cases = TABLES[name]
    first = {
        next((row for row in rows if _advice.advice_on(said.words, (row,))), None) for said in cases
    }

    assert [row.words for row in rows if row not in first] == []


@pytest.mark.parametrize("reason", [failure_reason, staging_reason])
@pytest.mark.parametrize("said", ["sudo: a password is required", "'x' is undefined", "odd"])
def test_a_reason_that_is_told_on_has_its_advice_once(reason: Any, said: str) -> None:
    told = reason({"msg": said})

    assert reason({"msg": told}) == told


def test_the_words_that_are_left_out_of_a_reason_count_for_its_advice() -> None:
    said = 'Error: 400 Client Error for http+docker://x: Bad Request ("Invalid signal: SIGNONE")'

    assert "Client Error" not in staging_reason({"msg": said})
    assert "correct this option" in staging_reason({"msg": said})


def test_the_words_of_sudo_are_the_reason_where_no_module_ran() -> None:
    said = failure_reason(
        {
            "msg": "Module result deserialization failed: No start of json char found",
            "module_stdout": "",
            "module_stderr": "alice is not in the sudoers file.\n",
        }
    )

    assert "alice is not in the sudoers file" in said
    assert "let this user run sudo" in said
    assert SEE_TO_PYTHON not in said


def test_words_that_nobody_knows_are_the_reason_without_advice() -> None:
    said = failure_reason(
        {"msg": "MODULE FAILURE", "module_stdout": "This account is closed.", "module_stderr": ""}
    )

    assert said == "no module could be run: This account is closed."


def test_a_module_that_printed_nothing_gets_advice_about_python() -> None:
    assert SEE_TO_PYTHON in failure_reason({"msg": "MODULE FAILURE"})


def test_a_reason_holds_nothing_that_ansible_and_docker_put_around_it() -> None:
    said = staging_reason({"msg": advice_cases.CONTAINER[0].words})

    assert "module: foo; correct this option" in said
    assert "api_version" not in said


def test_the_reason_of_a_pull_is_told_as_it_is() -> None:
    said = "acme/shop@sha256:aa cannot be pulled: 400 Client Error: something new"

    assert staging_reason({"msg": said, "registry": ""}) == "400 Client Error: something new"
