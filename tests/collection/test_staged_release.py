# SPDX-License-Identifier: GPL-3.0-or-later
"""Pulling an image and creating its container, in one task."""

from tests.collection.playbook_runs import outcomes
from tests.collection.stand_ins import StandIns

WARNING = (
    "The requested image's platform (linux/arm64) does not match the detected host platform "
    "(linux/amd64/v3) and no specific platform was requested"
)


def test_a_container_that_cannot_run_here_is_removed_again(stand_ins: StandIns) -> None:
    stand_ins.answer("h1", "docker_container", changed=True, warnings=[WARNING])

    run = stand_ins.deploy(longshore_hosts=["h1", "h2"])

    assert outcomes(run) == {"h1": "failed", "h2": "updated"}
    states = [each["state"] for each in stand_ins.all_of("docker_container")]
    assert sorted(states) == ["absent", "present", "present"]
    (told,) = (each["reason"] for each in run.of("outcome") if each["host"] == "h1")
    assert "detected host platform" in told


def test_what_fails_is_tried_again_but_for_what_would_fail_again(stand_ins: StandIns) -> None:
    stand_ins.answer("h1", "image_pull", failed=True, msg="no such manifest", refused=True)
    stand_ins.answer("h2", "image_pull", failed=True, msg="500")
    stand_ins.answer("h3", "docker_container", failed=True, msg="409")

    run = stand_ins.deploy(longshore_hosts=["h1", "h2", "h3"])

    assert set(outcomes(run).values()) == {"failed"}
    pulled, created = stand_ins.asked("image_pull"), stand_ins.asked("docker_container")
    assert [pulled.count(host) for host in ("h1", "h2", "h3")] == [1, 3, 3]
    assert sorted(created) == ["h3", "h3", "h3"]
