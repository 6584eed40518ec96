# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import stat
from pathlib import Path

import pytest

from webhook_bridge.config.secret_files import check_strength, new_secret, read_secret, write_secret


def secret_file(folder: Path, content: str | bytes, *, mode: int = 0o600) -> Path:
    file = folder / "secret"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    file.chmod(mode)
    return file


def test_a_new_secret_is_strong_and_stands_in_a_url_as_it_is() -> None:
    secret = new_secret()

    check_strength(secret)
    assert all(c.isalnum() or c in "-_" for c in secret)
    assert secret != new_secret()


def test_a_secret_that_is_written_can_be_read_by_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "secrets" / "hub"

    write_secret(file, "one")

    assert read_secret(file) == ["one"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_an_existing_secret_is_never_replaced(tmp_path: Path) -> None:
    file = tmp_path / "hub"
    write_secret(file, "one")

    with pytest.raises(FileExistsError):
        write_secret(file, "two")

    assert read_secret(file) == ["one"]


def test_two_lines_are_two_secrets_for_changing_over(tmp_path: Path) -> None:
    assert read_secret(secret_file(tmp_path, "current\nprevious\n")) == ["current", "previous"]


def test_a_passphrase_of_several_words_is_one_secret(tmp_path: Path) -> None:
    assert read_secret(secret_file(tmp_path, "several words\n")) == ["several words"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o620])
def test_a_file_that_others_can_open_is_refused_with_the_command_to_run(
    tmp_path: Path, mode: int
) -> None:
    file = secret_file(tmp_path, "secret", mode=mode)

    with pytest.raises(ValueError, match=f"run: chmod 600 {file}"):
        read_secret(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nowhere does not exist; create it, mode 0600"):
        read_secret(tmp_path / "nowhere")


@pytest.mark.parametrize("content", ["", "\n", "  \n\n"])
def test_an_empty_file_is_no_secret(tmp_path: Path, content: str) -> None:
    with pytest.raises(ValueError, match="is empty; put the secret on its first line"):
        read_secret(secret_file(tmp_path, content))


def test_a_file_whose_secrets_have_all_expired_says_so(tmp_path: Path) -> None:
    path = tmp_path / "hub"
    path.write_text("s" * 43 + " expires=2020-01-01\n")
    path.chmod(0o600)

    with pytest.raises(ValueError, match="holds none that is still good"):
        read_secret(path)


def test_a_file_that_is_no_text_is_no_secret(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        read_secret(secret_file(tmp_path, b"\xff\xfe"))


def test_a_folder_is_no_secret(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        read_secret(tmp_path)


def test_a_weak_secret_is_refused_with_the_command_that_makes_a_strong_one() -> None:
    with pytest.raises(ValueError, match=r"shorter than 22 characters; .*token_urlsafe"):
        check_strength("x" * 21)
