# SPDX-License-Identifier: GPL-3.0-or-later
import json
import subprocess
import sys
from pathlib import Path

from ansible_collections.longshore.containers.plugins.plugin_utils._governed_options import GOVERNED
from ansible_collections.longshore.containers.plugins.plugin_utils._option_texts import (
    TEXTS,
    text_problems,
)

MODULE = "community.docker.docker_container"


def test_the_options_that_are_texts_are_those_that_the_module_takes_as_such() -> None:
    asked = [Path(sys.executable).with_name("ansible-doc"), "--json", "--type", "module", MODULE]
    told = subprocess.run(asked, capture_output=True, check=True, text=True).stdout
    options = json.loads(told)[MODULE]["doc"]["options"]

    flags = {
        name
        for key, option in options.items()
        if option["type"] not in ("str", "list", "dict", "raw", "path") or "suboptions" in option
        for name in (key, *option.get("aliases", ()))
    }
    assert not TEXTS & flags
    assert not TEXTS & set(GOVERNED)
    assert {"command", "env", "hostname", "labels", "published_ports", "user"} <= TEXTS


def test_a_value_that_cannot_be_rendered_here_is_left_to_the_host() -> None:
    class Unrendered(dict[str, object]):
        def __getitem__(self, key: str) -> object:
            raise KeyError(key)

    assert text_problems({"labels": Unrendered(a=True)}) == []


def test_names_that_no_environment_can_have_are_refused() -> None:
    found = text_problems({"env": {None: "a", "": "b", "A=B": "c", "GOOD": "d"}})

    said = "must be the name of a variable: a text that is not empty, without ="
    assert found == [("env.None", said), ("env.", said), ("env.A=B", said)]


def test_the_label_that_names_the_app_is_refused() -> None:
    found = text_problems({"labels": {"longshore.app": "other", "mine": "x"}})

    assert found == [("labels.longshore.app", "is set by Longshore; remove it")]
