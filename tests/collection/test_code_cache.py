# SPDX-License-Identifier: GPL-3.0-or-later
"""What a program compiled stays on the host, for its user alone, and is never trusted blindly."""

import base64
import errno
import json
import marshal
import os
import subprocess
import sys
import threading
import zlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import pytest
from ansible_collections.longshore.containers.plugins.module_utils import _code_cache
from ansible_collections.longshore.containers.plugins.plugin_utils._host_program import (
    Carried,
    HostProgram,
    beginning,
    packed,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._host_python import (
    HostPython,
    sent_short_then_whole,
)

SECRET = "of-the-shop-and-nobody-else"
SOURCE = "VALUE = 'as it was sent'\n"
EVIL = {"tool.py": marshal.dumps(compile("VALUE = 'of another'", "evil", "exec"))}
SOMEBODY = 65_534
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="gives files to another user")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the home of the user who runs programs, as the system's list of users has it."""
    made = tmp_path / "home"
    made.mkdir()
    entry = SimpleNamespace(pw_dir=str(made))
    monkeypatch.setattr(_code_cache.pwd, "getpwuid", lambda uid: {os.geteuid(): entry}[uid])
    return made


@pytest.fixture
def kept(home: Path) -> Path:
    """Return the file that is kept of `tool.py`, which holds other code than was sent."""
    _code_cache.store("name", EVIL)
    assert _code_cache.find("name") == EVIL
    return home / _code_cache.FOLDER / "name"


def run(
    stream: bytes, home: Path, python: str = sys.executable
) -> subprocess.CompletedProcess[bytes]:
    """Run a program as the user of this home."""
    start = (
        "import pwd, sys, types\n"
        f"pwd.getpwuid = lambda uid: types.SimpleNamespace(pw_dir={str(home)!r})\n"
        "exec(sys.stdin.read())"
    )
    return subprocess.run(
        [python, "-I", "-S", "-c", start],
        input=stream,
        capture_output=True,
        check=False,
        timeout=60,
    )


def program(source: str = SOURCE, *, keep: bool = True, with_sources: bool = True) -> bytes:
    """Return a program that carries one module and prints what it holds."""
    sources = base64.b64encode(zlib.compress(json.dumps({"tool.py": source}).encode())).decode()
    carried = Carried(sources, "here", with_sources=with_sources)
    return (beginning(carried, keep=keep) + "import tool\nprint(tool.VALUE)\n").encode()


def files(home: Path) -> list[Path]:
    return sorted((home / _code_cache.FOLDER).glob("*"))


def test_code_is_kept_for_its_user_alone(home: Path) -> None:
    old = os.umask(0)
    try:
        assert run(program(), home).stdout == b"as it was sent\n"
    finally:
        os.umask(old)

    (file,) = files(home)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_a_second_program_runs_the_code_that_is_kept(home: Path) -> None:
    run(program(), home)
    (file,) = files(home)
    _code_cache.store(file.name, EVIL)

    assert run(program(), home).stdout == b"of another\n"


def test_other_sources_or_another_place_are_other_code(home: Path) -> None:
    run(program(), home)

    assert run(program("VALUE = 'newer'\n"), home).stdout == b"newer\n"
    assert len(files(home)) == 2
    assert Carried("x", "here").key != Carried("x", "there").key


def test_check_mode_keeps_nothing(home: Path) -> None:
    assert run(program(keep=False), home).stdout == b"as it was sent\n"

    assert list(home.iterdir()) == []


def test_a_program_without_sources_runs_what_is_kept_of_them(home: Path) -> None:
    run(program(), home)

    assert run(program(with_sources=False), home).stdout == b"as it was sent\n"
    assert SOURCE.encode() not in program(with_sources=False)


@pytest.mark.parametrize("kept", ["nothing", "of other sources", "torn"])
def test_a_program_without_sources_says_that_the_host_lacks_them(home: Path, kept: str) -> None:
    if kept != "nothing":
        run(program("VALUE = 'newer'\n" if kept == "of other sources" else SOURCE), home)
    if kept == "torn":
        files(home)[0].write_bytes(b"torn")

    said = run(program(with_sources=False), home)

    assert json.loads(said.stdout) == {_code_cache.LACKS_CODE: True}
    assert (said.returncode, said.stderr) == (0, b"")


def test_sources_are_sent_only_to_a_host_that_lacks_them() -> None:
    sent: list[bool] = []

    def host(with_sources: bool) -> dict[str, Any]:  # noqa: FBT001 -- as it is called
        sent.append(with_sources)
        return {"changed": True} if len(sent) > 1 else {_code_cache.LACKS_CODE: True}

    assert sent_short_then_whole("it", host) == {"changed": True}
    assert sent_short_then_whole("it", host) == {"changed": True}
    assert sent == [False, True, False]


def test_a_host_is_sent_the_sources_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []

    def execute(_command: str, *, in_data: bytes) -> dict[str, Any]:
        sent.append(len(in_data))
        done = run(in_data, home)
        return {"stdout": done.stdout, "stderr": done.stderr, "rc": done.returncode}

    python = object.__new__(HostPython)
    python._action = SimpleNamespace(_low_level_execute_command=execute)
    python._task, python._found = SimpleNamespace(check_mode=False), {}
    monkeypatch.setattr(python, "_interpreter", lambda: sys.executable)
    monkeypatch.setattr(python, "_command", lambda path: path)
    monkeypatch.setattr(python, "syslog_facility", lambda: "")
    made = HostProgram("container_removal")
    params = made.checked({"app": "shop", "socket": "/no/docker.sock"})

    said = [python.run(made, params) for _ in range(2)]

    assert said[0] == said[1]
    assert "no Docker daemon answers" in said[0]["msg"]
    short, whole, again = sent
    assert short == again < whole / 3


def test_a_host_that_lacks_what_was_sent_has_failed() -> None:
    said = sent_short_then_whole("it", lambda _with_sources: {_code_cache.LACKS_CODE: True})

    assert said["failed"]
    assert said["msg"].startswith("it: this host answers that it lacks the code")


@pytest.mark.parametrize("name", ["container_switch", "image_pull"])
def test_what_is_kept_holds_no_argument(home: Path, name: str) -> None:
    made = HostProgram(name)
    needs: dict[str, Any] = {"app": SECRET, "name": SECRET, "digest": "sha256:" + "a" * 64}
    if name == "image_pull":
        login = {"username": "bot", "password": SECRET}
        needs = {"image": "a/b", "digest": needs["digest"], "login": login}
    params = made.checked({**needs, "socket": "/no/docker.sock"})

    said = run(made.stream(params, check_mode=False, facility=""), home)

    assert b"no Docker daemon answers" in said.stdout
    (file,) = files(home)
    assert SECRET.encode() not in file.read_bytes()
    assert SECRET not in file.name


@pytest.mark.parametrize("minor", [8, 11, 13, 14])
def test_each_python_keeps_its_own(home: Path, minor: int) -> None:
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    python = next((str(each) for each in versions.glob(f"3.{minor}.*/bin/python3")), None)
    if python is None:
        pytest.skip(f"this machine has no Python 3.{minor} of pyenv")

    said = [run(program(), home, python) for _ in range(2)]

    assert [each.stdout for each in said] == [b"as it was sent\n"] * 2
    (file,) = files(home)
    assert f"cpython-3{minor}" in file.name


@pytest.mark.parametrize("change", ["torn", "tampered", "empty", "longer"])
def test_a_file_that_is_not_whole_is_not_read(kept: Path, change: str) -> None:
    content = kept.read_bytes()
    middle = len(content) // 2
    kept.write_bytes(
        {
            "torn": content[:middle],
            "tampered": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
            "empty": b"",
            "longer": content + b"x",
        }[change]
    )

    assert _code_cache.find("name") is None


def test_a_torn_file_is_written_anew(home: Path) -> None:
    run(program(), home)
    (file,) = files(home)
    content = file.read_bytes()
    file.write_bytes(content[:-1])

    assert run(program(), home).stdout == b"as it was sent\n"
    assert file.read_bytes() == content


@needs_root
@pytest.mark.parametrize("which", ["file", "folder"])
def test_what_belongs_to_another_user_is_not_read(kept: Path, which: str) -> None:
    os.chown({"file": kept, "folder": kept.parent}[which], SOMEBODY, SOMEBODY)

    assert _code_cache.find("name") is None


@needs_root
def test_nothing_is_written_into_a_folder_of_another_user(kept: Path) -> None:
    os.chown(kept.parent, SOMEBODY, SOMEBODY)

    _code_cache.store("other", EVIL)

    assert list(kept.parent.iterdir()) == [kept]


@pytest.mark.parametrize(
    ("which", "mode"),
    [("file", 0o620), ("file", 0o602), ("folder", 0o750), ("folder", 0o701), ("folder", 0o777)],
)
def test_what_others_may_write_is_not_read(kept: Path, which: str, mode: int) -> None:
    {"file": kept, "folder": kept.parent}[which].chmod(mode)

    assert _code_cache.find("name") is None


@pytest.mark.parametrize("which", ["file", "folder"])
def test_a_symlink_is_not_followed(kept: Path, which: str, tmp_path: Path) -> None:
    path = {"file": kept, "folder": kept.parent}[which]
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")

    assert _code_cache.find("name") is None


def test_a_symlink_to_a_file_is_replaced_and_not_written_through(
    kept: Path, tmp_path: Path
) -> None:
    target = tmp_path / "precious"
    target.write_text("mine")
    kept.unlink()
    kept.symlink_to(target)

    _code_cache.store("name", EVIL)

    assert target.read_text() == "mine"
    assert not kept.is_symlink()
    assert _code_cache.find("name") == EVIL


def test_a_pipe_in_place_of_the_file_holds_nothing_up(kept: Path) -> None:
    kept.unlink()
    os.mkfifo(kept)

    assert _code_cache.find("name") is None


@pytest.mark.parametrize("part", ["", ".cache", _code_cache.FOLDER])
def test_a_program_runs_where_nothing_can_be_kept(home: Path, part: str) -> None:
    """Also how a host is told to keep none: a file in place of the folder."""
    place = home / part
    if part:
        place.parent.mkdir(exist_ok=True)
    else:
        home.rmdir()
    place.write_text("")

    assert run(program(), home).stdout == b"as it was sent\n"
    assert place.read_text() == ""


def test_a_user_without_a_home_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.setattr(_code_cache.pwd, "getpwuid", nobody)
    _code_cache.store("name", EVIL)

    assert _code_cache.find("name") is None


def test_the_home_is_not_taken_from_the_environment(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where sudo keeps it, HOME is the home of a user who may write there."""
    monkeypatch.setenv("HOME", str(tmp_path / "of-another"))
    _code_cache.store("name", EVIL)

    assert not (tmp_path / "of-another").exists()
    assert files(home)


def test_a_full_disk_leaves_nothing_behind(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = kept.read_bytes()

    class Full:
        def __init__(self, opened: int, _mode: str) -> None:
            self._opened = opened

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            os.close(self._opened)

        def write(self, content: bytes) -> None:
            os.write(self._opened, content[:10])
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(_code_cache, "open", Full, raising=False)
    _code_cache.store("name", {"tool.py": b"newer"})
    monkeypatch.undo()

    assert list(kept.parent.iterdir()) == [kept]
    assert kept.read_bytes() == before


def test_two_that_write_at_once_leave_one_whole_file(home: Path) -> None:
    codes = [{"tool.py": bytes([number]) * 300_000} for number in range(8)]
    threads = [threading.Thread(target=_code_cache.store, args=("name", code)) for code in codes]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert _code_cache.find("name") in codes
    assert [each.name for each in files(home)] == ["name"]


def test_the_oldest_files_are_forgotten(home: Path) -> None:
    for number in range(_code_cache.MOST_FILES + 3):
        _code_cache.store(f"n{number}", EVIL)
        os.utime(home / _code_cache.FOLDER / f"n{number}", (number, number))
    _code_cache.store("newest", EVIL)

    names = {each.name for each in files(home)}
    assert len(names) == _code_cache.MOST_FILES
    assert {"newest", f"n{_code_cache.MOST_FILES + 2}"} <= names
    assert "n0" not in names


def test_a_source_that_this_python_cannot_read_fails_when_it_is_imported(home: Path) -> None:
    said = run(program("VALUE = = 1\n"), home)

    assert b"SyntaxError: invalid syntax" in said.stderr
    assert b"here/tool.py" in said.stderr


def test_packages_above_the_modules_are_carried() -> None:
    sources = _code_cache._unpacked(packed({"_tool": SOURCE}))

    assert sources["ansible_collections/longshore/__init__.py"] == ""
    folder = "ansible_collections/longshore/containers/plugins/module_utils"
    assert sources[f"{folder}/_tool.py"] == SOURCE
