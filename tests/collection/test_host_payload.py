# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody else's module runs from code that a host keeps, as it does from AnsiballZ's archive."""

import ast
import base64
import dataclasses
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.longshore.containers.plugins.module_utils import _code_cache
from ansible_collections.longshore.containers.plugins.plugin_utils import _host_payload
from ansible_collections.longshore.containers.plugins.plugin_utils._host_payload import (
    started_by_us,
)

from tests.collection.stand_ins import StandIns

SECRET = "of-the-shop-and-nobody-else"
DOCKER_CONTAINER = "ansible_collections.community.docker.plugins.modules.docker_container"
PING = "ansible.modules.ping"
NO_DAEMON = {"name": "shop-1", "image": "a/b", "docker_host": "unix:///no.sock"}
# A module and its arguments, for each case.
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "plain": (PING, {"data": "here"}),
    "secret": (PING, {"data": SECRET}),
    "looks like code": (PING, {"data": "\nzip_data='QUJD',\n"}),
    "unknown argument": (PING, {"date": "wrong"}),
    "exception": (PING, {"data": "crash"}),
    "no daemon": (DOCKER_CONTAINER, NO_DAEMON),
    "wrong option": (DOCKER_CONTAINER, {"name": "shop-1", "network": "wrong"}),
}
# Packs modules as ansible-core does; apart, for it takes over how Python imports collections.
BUILD = """\
import json, sys
from importlib.util import find_spec
from ansible.executor import module_common
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar
init_plugin_loader()
internal = {
    "_ansible_check_mode": False,
    "_ansible_no_log": False,
    "_ansible_version": module_common.__version__,
    "_ansible_module_name": "it",
    "_ansible_remote_tmp": "~/.ansible/tmp",
    "_ansible_selinux_special_fs": [],
}
built = {
    name: module_common.modify_module(
        module_name=module,
        module_path=find_spec(module).origin,
        module_args={**arguments, **internal},
        templar=Templar(loader=DataLoader()),
        task_vars={"ansible_python_interpreter": sys.executable},
        module_compression="ZIP_DEFLATED",
    ).b_module_data.decode()
    for name, (module, arguments) in json.load(sys.stdin).items()
}
print(json.dumps(built))
"""
# In place of docker_container: tells where its code came from.
TELLS_ITS_FILE = """\
from ansible.module_utils.basic import AnsibleModule
import json
arguments = {name: {"type": "raw"} for name in (
    "name", "docker_host", "image", "labels", "state", "comparisons", "env")}
module = AnsibleModule(argument_spec=arguments, supports_check_mode=True)
with open("PATH", "a") as told:
    told.write(json.dumps([module.params["docker_host"][-2:], __file__]) + chr(10))
module.exit_json(changed=True)
"""


@dataclasses.dataclass(frozen=True)
class Built:
    """What is read of a `_BuiltModule`."""

    b_module_data: bytes


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Built]:
    """Return what Ansible builds of each case."""
    done = subprocess.run(
        [sys.executable, "-c", BUILD],
        input=json.dumps(CASES).encode(),
        env={**os.environ, "ANSIBLE_LOCAL_TEMP": str(tmp_path_factory.mktemp("built"))},
        stdout=subprocess.PIPE,
        check=True,
        timeout=60,
    )
    programs = json.loads(done.stdout)
    return {name: Built(program.encode()) for name, program in programs.items()}


def run(made: Built, home: Path, python: str = sys.executable) -> dict[str, Any]:
    """Run what was built as a user with this home; return the result that it printed."""
    home.mkdir(exist_ok=True)
    start = (
        "import pwd, sys, types\n"
        f"pwd.getpwuid = lambda uid: types.SimpleNamespace(pw_dir={str(home)!r})\n"
        "sys.argv = ['-']\n"
        "exec(compile(sys.stdin.read(), '-', 'exec'), {'__name__': '__main__'})"
    )
    done = subprocess.run(
        [python, "-c", start],
        input=made.b_module_data,
        capture_output=True,
        check=False,
        timeout=60,
        cwd="/",
    )
    assert not done.stderr, done.stderr.decode()
    return dict(json.loads(done.stdout))


def kept_in(home: Path) -> list[Path]:
    return list((home / _code_cache.FOLDER).glob("*"))


def test_a_host_that_kept_the_archive_needs_no_second_one(
    built: dict[str, Built], tmp_path: Path
) -> None:
    whole = started_by_us(built["plain"], keep=True)
    short = started_by_us(built["plain"], keep=True, with_sources=False)

    said = [run(each, tmp_path / "home") for each in (short, whole, short)]

    assert said == [{_code_cache.LACKS_CODE: True}, said[1], said[1]]
    assert said[1]["ping"] == "here"
    assert len(short.b_module_data) < len(whole.b_module_data) / 10


@pytest.mark.parametrize("case", CASES)
def test_a_module_says_what_it_says_from_ansibles_archive(
    built: dict[str, Built], tmp_path: Path, case: str
) -> None:
    theirs = built[case]
    ours = started_by_us(theirs, keep=True)

    said = [run(each, tmp_path / "home") for each in (theirs, ours, ours)]

    assert ours != theirs
    assert said[0]
    assert said[1:] == [said[0]] * 2


def test_a_host_keeps_what_it_compiled_and_no_argument(
    built: dict[str, Built], tmp_path: Path
) -> None:
    made = started_by_us(built["secret"], keep=True)

    assert run(made, tmp_path / "home")["ping"] == SECRET

    (file,) = kept_in(tmp_path / "home")
    assert SECRET.encode() not in file.read_bytes()


def test_other_arguments_use_the_code_that_is_kept(built: dict[str, Built], tmp_path: Path) -> None:
    for case, said in (("plain", "here"), ("secret", SECRET)):
        made = started_by_us(built[case], keep=True)
        assert run(made, tmp_path / "home")["ping"] == said

    assert len(kept_in(tmp_path / "home")) == 1


def repacked(made: Built, changed: Callable[[bytes], bytes] = bytes) -> Built:
    """Return what Ansible builds at another time, perhaps of another source of the module."""
    zipped = ast.literal_eval(
        made.b_module_data.rpartition(b"zip_data=")[2].split(b",\n)")[0].decode()
    )
    again = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(base64.b64decode(zipped))) as old,
        zipfile.ZipFile(again, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for each in old.namelist():
            content = old.read(each)
            content = changed(content) if each == "ansible/modules/ping.py" else content
            new.writestr(zipfile.ZipInfo(each, (2001, 2, 3, 4, 5, 6)), content)
    packed = base64.b64encode(again.getvalue())
    return Built(made.b_module_data.replace(zipped.encode(), packed))


def test_the_same_sources_are_the_same_code_whenever_they_were_packed(
    built: dict[str, Built], tmp_path: Path
) -> None:
    plain = built["plain"]
    other = repacked(plain, lambda source: source + b"\n# changed\n")
    for made in (plain, repacked(plain), other):
        assert run(started_by_us(made, keep=True), tmp_path / "home")["ping"] == "here"

    assert len(kept_in(tmp_path / "home")) == 2


def test_what_a_module_does_at_its_end_is_done(built: dict[str, Built], tmp_path: Path) -> None:
    registers = (
        "def main():\n"
        "    import atexit, pathlib\n"
        f"    atexit.register(pathlib.Path({str(tmp_path / 'tidied')!r}).touch)\n"
    ).encode()
    made = repacked(built["plain"], lambda source: source.replace(b"def main():\n", registers))

    assert run(started_by_us(made, keep=True), tmp_path / "home")["ping"] == "here"
    assert (tmp_path / "tidied").exists()


def test_check_mode_keeps_nothing(built: dict[str, Built], tmp_path: Path) -> None:
    run(started_by_us(built["plain"], keep=False), tmp_path / "home")

    assert list((tmp_path / "home").iterdir()) == []


# The oldest and the newest of most machines; the others are seldom different.
@pytest.mark.parametrize(
    "minor",
    [8, *(pytest.param(minor, marks=pytest.mark.nightly) for minor in (9, 10, 11, 12, 14)), 13],
)
def test_each_python_of_hosts_runs_it(built: dict[str, Built], tmp_path: Path, minor: int) -> None:
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    python = next((str(each) for each in versions.glob(f"3.{minor}.*/bin/python3")), None)
    if python is None:
        pytest.skip(f"this machine has no Python 3.{minor} of pyenv")
    plain = built["plain"]

    said = [
        run(each, tmp_path / "home", python) for each in (plain, started_by_us(plain, keep=True))
    ]

    assert said[1] == said[0]


def changed(made: Built, old: bytes, new: bytes) -> Built:
    assert made.b_module_data.count(old) == 1
    return dataclasses.replace(made, b_module_data=made.b_module_data.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"\nextensions={},", b"\nextensions={'_coverage': {'output': '/x'}},"),
        (b"\nrlimit_nofile=0,", b"\nrlimit_nofile=1024,"),
        (b"\nprofile='legacy',", b"\nprofile='legacy',\nunknown=1,"),
        (b"\nprofile='legacy',", b"\nprofile=legacy(),"),
        (b"\n    _ansiballz_main(\n", b"\n    _ansiballz_main_of_another_release(\n"),
    ],
)
def test_what_is_not_known_goes_as_ansible_built_it(
    built: dict[str, Built], old: bytes, new: bytes
) -> None:
    other = changed(built["plain"], old, new)

    assert started_by_us(other, keep=True) is None


def test_another_release_of_ansible_goes_its_own_way(
    built: dict[str, Built], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_host_payload, "__version__", "2.190.1")
    plain = built["plain"]

    assert started_by_us(plain, keep=True) is None


def test_a_container_is_made_by_it_where_ansible_pipelines(
    stand_ins: StandIns, tmp_path: Path
) -> None:
    collections = stand_ins.playbooks.folder / "collections/ansible_collections"
    module = collections / "community/docker/plugins/modules/docker_container.py"
    module.write_text(TELLS_ITS_FILE.replace("PATH", str(tmp_path / "told")))
    stand_ins.playbooks.write("inventory/host_vars/h2.yml", {"ansible_pipelining": False})

    stand_ins.deploy("--limit", "h1,h2")

    told = dict(map(json.loads, (tmp_path / "told").read_text().splitlines()))
    assert told["h1"].startswith("AnsiballZ/ansible_collections/community/docker/plugins/modules/")
    assert "/ansible_community.docker.docker_container_payload" in told["h2"]
