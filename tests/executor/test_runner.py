# SPDX-License-Identifier: GPL-3.0-or-later
"""Real runs: ansible-runner, ansible-playbook, and a kill at every link of the chain."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support import processes
from tests.support.deploying import DIGEST, HOST, SECRET, Deploying, Way
from tests.support.waiting import wait_for
from webhook_bridge.executor.child import _short_folder
from webhook_bridge.file_locks import FileLock

APP = "{{ 6 * 7 }}"
LINKS: dict[Way, list[str]] = {
    "anew": ["bridge", "guard", "runner", "playbook"],
    "forked": ["bridge", "fork server", "guard", "runner", "playbook"],
}
# The same processes as in a forked run.
RARE = {("anew", "guard"), ("anew", "runner")}


def link(bridge: subprocess.Popen[str], way: Way, name: str) -> int:
    """Return the process id of one link of the chain."""
    links = {"bridge": bridge.pid}
    parent = bridge.pid
    for link in LINKS[way][1:]:
        [parent] = processes.children_of(parent)
        links[link] = parent
    return links[name]


@pytest.mark.parametrize(
    ("way", "victim"),
    [
        pytest.param(way, victim, marks=[pytest.mark.nightly] if (way, victim) in RARE else [])
        for way, links in LINKS.items()
        for victim in links
    ],
)
def test_a_kill_of_any_link_leaves_nothing_running(
    deploying: Deploying, way: Way, victim: str
) -> None:
    deploying.way = way
    with deploying.start_sleeping() as bridge:
        os.kill(link(bridge, way, victim), signal.SIGKILL)
        bridge.wait(60)

        deploying.nothing_is_left()
        answer = bridge.communicate()[0]
    if victim != "bridge":
        assert json.loads(answer)[0] is None, "the run is known as interrupted"


@pytest.mark.parametrize("way", LINKS)
def test_a_kill_of_all_links_at_once_leaves_nothing_running(deploying: Deploying, way: Way) -> None:
    deploying.way = way
    with deploying.start_sleeping() as bridge:
        private = (deploying.run_folder / "private").readlink()
        links = [link(bridge, way, name) for name in LINKS[way][1:]]
        for sent in (signal.SIGSTOP, signal.SIGKILL):  # none of them has the time to end others
            for pid in (*links, *processes.children_of(links[-1])):
                os.kill(pid, sent)
        answer = bridge.communicate(timeout=60)[0]

    assert json.loads(answer)[0] is None, "the run is known as interrupted"
    deploying.nothing_is_left()
    assert not private.exists()


@pytest.mark.matrix
@pytest.mark.parametrize("way", LINKS)
def test_a_stop_ends_the_run_at_once(deploying: Deploying, way: Way) -> None:
    deploying.way = way
    with deploying.start_sleeping() as bridge:
        answer = bridge.communicate("x", timeout=10)[0]

    assert json.loads(answer) == [None, "the bridge was stopped"]
    deploying.nothing_is_left()


# Both wait for 10 s; the other way has its deadline from subprocess.run.
@pytest.mark.parametrize("way", ["forked", pytest.param("anew", marks=pytest.mark.nightly)])
def test_a_run_that_passes_its_deadline_is_ended(deploying: Deploying, way: Way) -> None:
    deploying.way = way
    deploying.installation.write_settings('deadline = "10s"')

    with deploying.start_sleeping() as bridge:
        exit_code, _ = json.loads(bridge.communicate(timeout=60)[0])

    assert exit_code not in (None, 0)
    deploying.nothing_is_left()


@pytest.mark.matrix
def test_what_a_run_gets_is_taken_literally_and_no_secret_is_in_it(deploying: Deploying) -> None:
    told = deploying.installation.folder / "told"
    values = "{{ {'app': app, 'digest': longshore_digest, 'hosts': longshore_hosts} | to_json }}"
    tasks = (
        {"ansible.builtin.copy": {"content": values, "dest": f"{told}"}},
        {"ansible.builtin.command": {"argv": ["env"]}, "register": "env"},
        {"ansible.builtin.copy": {"content": "{{ env.stdout }}", "dest": f"{told}-env"}},
        {"ansible.builtin.debug": {"msg": "{{ app }}"}},
    )

    with deploying.start(*tasks, app=APP) as bridge:
        exit_code, _ = json.loads(bridge.communicate(timeout=60)[0])

    assert exit_code == 0, (deploying.run_folder / "log").read_text()
    assert json.loads(told.read_text()) == {"app": APP, "digest": DIGEST, "hosts": [HOST]}
    assert "{{ 6 * 7 }}" in (deploying.run_folder / "log").read_text()
    environment = Path(f"{told}-env").read_text()
    assert "ANSIBLE_PIPELINING=True" in environment
    assert SECRET not in environment
    assert not deploying.private_folders()


def test_a_run_that_shall_stop_finds_the_reason_in_its_stop_file(deploying: Deploying) -> None:
    told = deploying.installation.folder / "told"
    tasks = (
        {"ansible.builtin.wait_for": {"path": "{{ longshore_stop_file }}", "timeout": 20}},
        {"ansible.builtin.copy": {"src": "{{ longshore_stop_file }}", "dest": str(told)}},
    )

    with deploying.start(*tasks) as bridge:
        exit_code, _ = json.loads(bridge.communicate(timeout=60)[0])

    assert exit_code == 0, (deploying.run_folder / "log").read_text()
    assert told.read_text() == "canceled"


@pytest.mark.matrix
def test_a_users_configuration_neither_asks_for_passwords_nor_leaves_tasks_out(
    deploying: Deploying,
) -> None:
    told = deploying.installation.folder / "told"
    mine = deploying.installation.folder / "mine.cfg"
    mine.write_text(
        "[defaults]\nask_pass = True\nask_vault_pass = True\nstrategy = free\n"
        "[privilege_escalation]\nbecome_ask_pass = True\n[tags]\nrun = other\nskip = all\n"
    )
    with deploying.installation.file.open("a") as settings:
        settings.write(f'\n[ansible]\nconfig = "{mine}"\n')
    task = {"ansible.builtin.copy": {"content": "x", "dest": str(told)}}

    with deploying.start(task) as bridge:
        exit_code, _ = json.loads(bridge.communicate(timeout=60)[0])

    assert exit_code == 0, (deploying.run_folder / "log").read_text()
    assert told.exists()


def test_two_runs_of_one_app_wait_for_one_another(deploying: Deploying) -> None:
    lock = FileLock(deploying.installation.state / "locks" / "shop.lock")
    assert lock.acquire()
    done = deploying.installation.folder / "done"
    task = {"ansible.builtin.copy": {"content": "x", "dest": str(done)}}
    with deploying.start(task) as bridge:
        [guard] = wait_for(lambda: processes.children_of(bridge.pid), "the guard")
        opened = lock.file.name
        wait_for(lambda: _holds_open(guard, opened), "the guard waits for the lock")
        assert not processes.children_of(guard)

        lock.release()
        assert json.loads(bridge.communicate(timeout=60)[0])[0] == 0
    assert done.exists()


def _holds_open(pid: int, name: str) -> bool:
    try:
        return any(entry.readlink().name == name for entry in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False


@pytest.mark.parametrize(("length", "chosen"), [(8, True), (40, True), (90, False)])
def test_a_run_whose_sockets_would_have_too_long_a_path_is_in_tmp(
    length: int, *, chosen: bool
) -> None:
    folder = "/" + "x" * (length - 1)

    assert _short_folder(folder) == (folder if chosen else "/tmp")
    sockets = f"{_short_folder(folder)}/longshore-abcdefgh/ssh/0123456789.ABCDEFGHIJKLMNOP"
    assert len(sockets) <= 107
