# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

from webhook_bridge.config.yaml_files import Tagged, read_yaml
from webhook_bridge.errors import ConfigurationError


def read(folder: Path, content: str | bytes) -> object:
    file = folder / "a.yml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_yaml(file)


def problem(folder: Path, content: str | bytes) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read(folder, content)
    [line] = caught.value.problems
    assert line.startswith(f"{folder / 'a.yml'}: ")
    return line.removeprefix(f"{folder / 'a.yml'}: ")


@pytest.mark.parametrize("tag", ["vault", "unsafe", "anything"])
def test_a_value_for_ansible_only_keeps_its_tag_and_nothing_else(tmp_path: Path, tag: str) -> None:
    assert read(tmp_path, f"a: !{tag} secret") == {"a": Tagged(tag)}


def test_a_file_that_is_encrypted_as_a_whole_is_named_so(tmp_path: Path) -> None:
    said = problem(tmp_path, "$ANSIBLE_VAULT;1.1;AES256\n61626364\n")

    assert "is encrypted with ansible-vault as a whole" in said
    assert "encrypt_string" in said


def test_a_key_that_stands_twice_is_named_with_line_and_column(tmp_path: Path) -> None:
    assert problem(tmp_path, "a: 1\nb: 2\na: 3\n") == "3:1: key 'a' stands twice"


def test_a_key_that_stands_twice_deep_inside_is_found(tmp_path: Path) -> None:
    assert "key 'b' stands twice" in problem(tmp_path, "a: [{b: 1, b: 2}]")


def test_a_merged_key_may_be_set_anew(tmp_path: Path) -> None:
    text = "base: &base {a: 1, b: 1}\nown: {<<: *base, b: 2}\n"

    assert read(tmp_path, text) == {"base": {"a": 1, "b": 1}, "own": {"a": 1, "b": 2}}


@pytest.mark.parametrize(
    "text", ["? [a, b]\n: 1\n", "? {a: 1}\n: 1\n", "a: &x [*x]", "!!python/object:os.system {}"]
)
def test_what_is_no_plain_value_is_refused_with_its_place(tmp_path: Path, text: str) -> None:
    assert problem(tmp_path, text)[0].isdigit()


@pytest.mark.parametrize(
    "value",
    ["2026-13-45", "!!int x", "!!float x", "!!bool x", "!!timestamp x", pytest.param("9" * 5000)],
)
def test_what_only_looks_like_a_value_is_refused_with_its_place(tmp_path: Path, value: str) -> None:
    assert "; quote it" in problem(tmp_path, f"a: {value}")
    assert problem(tmp_path, f"a: {value}").startswith("1:4: ")


def test_broken_yaml_is_named_with_line_and_column(tmp_path: Path) -> None:
    assert problem(tmp_path, "a: [1\n").startswith("2:1: ")


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere.yml: does not exist; .*longshore init"):
        read_yaml(tmp_path / "nowhere.yml")


@pytest.mark.parametrize("content", [b"a: \xff", b"\x00", b"[" * 3000])
def test_a_file_that_cannot_be_read_is_no_crash(tmp_path: Path, content: bytes) -> None:
    assert problem(tmp_path, content)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_yaml(tmp_path)
