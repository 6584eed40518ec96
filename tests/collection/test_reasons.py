# SPDX-License-Identifier: GPL-3.0-or-later
"""What a deployment says of a host where something failed: the words of what failed."""

import pytest
from ansible_collections.longshore.containers.plugins.plugin_utils._host_results import known_result
from ansible_collections.longshore.containers.plugins.plugin_utils._ledger import registry_trouble

from tests.collection.conftest import Playbooks
from tests.collection.stand_ins import DIGEST, StandIns

_SUDO = """\
#!/bin/sh
echo "alice is not in the sudoers file.  This incident will be reported." >&2
exit 1
"""


def reason(run: Playbooks, host: str) -> str:
    return next(str(each["reason"]) for each in run.of("outcome") if each["host"] == host)


def test_the_words_of_sudo_reach_the_reason(stand_ins: StandIns) -> None:
    sudo = stand_ins.playbooks.write("sudo", _SUDO)
    sudo.chmod(0o755)
    become = {
        "ansible_become": True,
        "ansible_become_user": "nobody",
        "ansible_become_exe": str(sudo),
    }
    stand_ins.playbooks.write("inventory/host_vars/h2.yml", become)

    said = reason(stand_ins.deploy(), "h2")

    assert "alice is not in the sudoers file" in said
    assert "let this user run sudo on this host" in said
    assert "ansible_python_interpreter" not in said


def test_a_wrong_option_is_the_reason_and_the_registry_is_not(stand_ins: StandIns) -> None:
    wrong = (
        "Error creating container: 400 Client Error for http+docker://x: "
        'Bad Request ("Invalid signal: SIGNONE")'
    )
    stand_ins.answer("h2", "docker_container", failed=True, msg=wrong)

    said = reason(stand_ins.deploy(longshore_hosts=["h2"]), "h2")

    assert 'Bad Request ("Invalid signal: SIGNONE"); correct this option' in said
    assert "registry" not in said.partition("cannot be staged")[2]


@pytest.mark.parametrize("failure", ["answer", "connection", "python"])
def test_the_next_host_is_asked_for_the_digest_where_one_cannot_tell_it(
    stand_ins: StandIns, failure: str
) -> None:
    if failure == "answer":
        stand_ins.answer("h1", "image_digest", failed=True, msg="connection refused")
    elif failure == "connection":
        stand_ins.lose("h1")
    else:
        python = {"ansible_python_interpreter": "/bin/false"}
        stand_ins.playbooks.write("inventory/host_vars/h1.yml", python)
    for host in ("h2", "h3", "h4"):
        stand_ins.answer(host, "image_digest", digest=DIGEST)
    stand_ins.end_before_staging()

    run = stand_ins.run("deploy")

    assert run.of("expected")[0]["digest"] == DIGEST
    assert set(stand_ins.asked("image_digest")) >= {"h2", "h3"}


def test_the_message_of_an_exception_that_ended_a_module_is_its_message() -> None:
    ended = {"failed": True, "exception": {"event": {"msg": "Invalid time duration - abc"}}}

    assert known_result(ended, {})["msg"] == "Invalid time duration - abc"
    assert "msg" not in known_result({"changed": True}, {})


def test_the_reason_of_a_registry_in_trouble_is_in_its_own_words() -> None:
    assert registry_trouble("Task failed: i/o timeout")["reason"] == (
        "i/o timeout; nothing was changed"
    )
