# SPDX-License-Identifier: GPL-3.0-or-later
"""What the playbook status tells, also of hosts that do not answer."""

from tests.collection.stand_ins import StandIns
from tests.collection.status_rows import V1, runs


def test_status_tells_of_every_host_whether_it_answers_or_not(stand_ins: StandIns) -> None:
    for host in ("h1", "h2"):
        stand_ins.answer(host, "container_status", containers=[runs(V1, made=1)], daemon="abc")
    stand_ins.answer("h3", "container_status", failed=True, msg="no Docker daemon answers")
    stand_ins.lose("h4")

    run = stand_ins.run("status")

    told = {each["host"]: each for each in run.of("status")}
    assert {host: each.get("daemon") for host, each in told.items()} == {
        "h1": "abc",
        "h2": "abc",
        "h3": None,
        "h4": None,
    }
    assert told["h1"]["containers"][0]["made_from"] == V1
    assert told["h3"]["unreachable"] == "no Docker daemon answers"
    assert told["h4"]["unreachable"]
    table = run.output[run.output.index("HOST ") :]
    assert "no Docker daemon answers" in table
    assert "h4" in table
