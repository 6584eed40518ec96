# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

from webhook_bridge.host_keys import KnownHosts

HOST = "i-0123456789abcdef0"


def test_a_file_that_is_not_there_knows_nobody_and_is_made_for_its_owner_alone(
    tmp_path: Path,
) -> None:
    known = KnownHosts(tmp_path / ".ssh" / "known_hosts")

    before = known.lines_of(HOST)
    added = known.add(HOST, ["ssh-ed25519 AAAA", "ssh-rsa BBBB"])

    assert before == []
    assert added == [f"{HOST} ssh-ed25519 AAAA", f"{HOST} ssh-rsa BBBB"]
    assert known.lines_of(HOST) == added
    assert known.file.stat().st_mode & 0o777 == 0o600
    assert known.file.parent.stat().st_mode & 0o777 == 0o700


def test_what_is_in_the_file_stays_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    before = b"# caf\xe9\ngithub.com ssh-ed25519 CCCC\n|1|hash= ssh-rsa DDDD"
    file.write_bytes(before)

    KnownHosts(file).add(HOST, ["ssh-ed25519 AAAA"])

    assert file.read_bytes() == before + f"\n{HOST} ssh-ed25519 AAAA\n".encode()


def test_a_host_whose_name_begins_the_same_is_another_one(tmp_path: Path) -> None:
    known = KnownHosts(tmp_path / "known_hosts")
    known.add(f"{HOST}0", ["ssh-ed25519 AAAA"])

    assert known.lines_of(HOST) == []
