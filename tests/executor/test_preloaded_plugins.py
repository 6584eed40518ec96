# SPDX-License-Identifier: GPL-3.0-or-later
"""Plugins and templates that the fork server loads before it forks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# Loading changes Ansible's classes for good: in a process of its own.
BEGINNING = """\
import json, sys
from webhook_bridge.executor import compiled_templates, forked_ansible, preloaded_plugins
from webhook_bridge.executor.imported_files import ImportedFiles
from ansible.template import Templar, trust_as_template

def render(text, **variables):
    return Templar(variables=variables).template(trust_as_template(text))

imported = ImportedFiles()
imported.add_imported(preloaded_plugins.load())
"""


@pytest.fixture
def collections(tmp_path: Path) -> Path:
    """A folder in which Ansible looks for collections first."""
    return tmp_path / "collections"


@pytest.fixture
def loaded(collections: Path) -> Any:
    """Run lines of Python where everything is loaded, and return what they made of `answer`."""

    def run(lines: str, folder: Path | None = None) -> Any:
        installed = [each for each in sys.path if each.endswith("site-packages")]
        environment = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join([str(collections), *installed]),
            "ANSIBLE_FILTER_PLUGINS": str(collections / "filters"),
            "ANSIBLE_INVENTORY_PLUGINS": str(collections / "inventories"),
        }
        script = f"{BEGINNING}{lines}\nprint(json.dumps(answer))\n"
        done = subprocess.run(
            [sys.executable, "-P", "-c", script],
            env=environment,
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def test_the_code_that_is_kept_is_what_ansible_compiles(loaded: Any) -> None:
    answer = loaded("""
conditions = dict(compiled_templates._conditions)
kept = {**compiled_templates._templates, **conditions}
compiled_templates.forget_templates()
engine = Templar()._engine.environment
def anew(text):
    expression = engine.compile_expression(text) if text in conditions else None
    template = expression._template if expression else engine.from_string(text)
    return template.root_render_func.__code__.co_code
def code(kept):
    found = {}
    exec(kept, {"environment": engine}, found)
    return found["root"].__code__.co_code
answer = [len(kept), [text for text, one in kept.items() if code(one) != anew(text)]]
""")

    assert answer[0] > 100
    assert answer[1] == []


def test_a_template_that_is_kept_renders_with_the_variables_of_its_task(loaded: Any) -> None:
    answer = loaded("""
answer = [render("{{ longshore_fixed.app }}", longshore_fixed={"app": name}) for name in "ab"]
answer += ["{{ longshore_fixed.app }}" in compiled_templates._templates]
templar = Templar(variables={"longshore_missing": ["h1"]})
answer += [templar.evaluate_conditional(trust_as_template("longshore_missing | length > 0"))]
""")

    assert answer == ["a", "b", True, True]


def test_a_template_of_an_inventory_is_compiled_anew_and_not_kept(loaded: Any) -> None:
    answer = loaded("""
before = len(compiled_templates._templates)
answer = [render("{{ of_a_user }}", of_a_user=1), len(compiled_templates._templates) - before]
""")

    assert answer == [1, 0]


def test_a_playbook_given_by_a_path_gets_nothing_that_was_loaded(loaded: Any) -> None:
    answer = loaded("""
ours = lambda: [name for name in sys.modules if name.startswith("ansible_collections")]
answer = [preloaded_plugins.serve("longshore.containers.deploy"), bool(ours())]
answer += [preloaded_plugins.serve("/srv/deploy.yml")]
preloaded_plugins.forget()
answer += [ours(), compiled_templates._templates, compiled_templates._conditions]
""")

    assert answer == [True, True, False, [], {}, {}]


@pytest.mark.parametrize(
    "change", ["another copy", "metadata", "first filter", "another inventory plugin", "nothing"]
)
def test_what_would_be_found_by_now_is_noticed(loaded: Any, collections: Path, change: str) -> None:
    collection = collections / "ansible_collections" / "longshore" / "containers"
    (collections / "ansible_collections").mkdir(parents=True)
    (collections / "inventories").mkdir()
    lines = "from pathlib import Path\n"
    if change == "another copy":
        lines += f"Path({str(collection)!r}).mkdir(parents=True)\n"
    elif change == "metadata":
        lines += f"Path({str(collection / 'meta')!r}).mkdir(parents=True)\n"
        lines += f"Path({str(collection / 'meta/runtime.yml')!r}).write_text('{{}}')\n"

    elif change == "first filter":
        lines += f"Path({str(collections / 'filters')!r}).mkdir()\n"
    elif change == "another inventory plugin":
        lines += f"Path({str(collections / 'inventories/cloud.py')!r}).touch()\n"

    assert loaded(f"{lines}answer = imported.have_changed()") == (change != "nothing")


def test_a_folder_of_runs_that_an_empty_setting_names_is_not_watched(
    loaded: Any, collections: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = collections / "runs"
    runs.mkdir(parents=True)
    monkeypatch.setenv("ANSIBLE_CALLBACK_PLUGINS", "")

    lines = f"from pathlib import Path\nPath({str(runs / 'one')!r}).mkdir()\n"

    assert loaded(f"{lines}answer = imported.have_changed()", folder=runs) is False


def test_filters_of_ours_are_kept_and_dropped_with_the_rest(loaded: Any) -> None:
    answer = loaded("""
from ansible.plugins.loader import filter_loader
def kept():
    return [name for name in filter_loader._cached_non_collection_wrappers if "longshore" in name]
answer = ["longshore.containers.release_arguments" in kept()]
answer += [render("{{ 'a/b' | longshore.containers.image_in_full }}")]
preloaded_plugins.forget()
answer += [kept()]
""")

    assert answer == [True, "docker.io/a/b", []]


def test_a_filter_of_the_user_that_was_edited_is_noticed(loaded: Any, collections: Path) -> None:
    mine = collections / "filters/mine.py"
    # Where Python keeps bytecode; a folder that gets it while it is read counts as changed.
    (mine.parent / "__pycache__").mkdir(parents=True)
    text = "class FilterModule:\n    def filters(self):\n        return {'mine': lambda value: 1}\n"
    mine.write_text(text)

    answer = loaded(f"""
answer = [render("{{{{ 0 | mine }}}}"), imported.have_changed()]
with open({str(mine)!r}, "r+") as file:
    file.write({text.replace("1}", "2}")!r} + "# edited")
answer += [imported.have_changed()]
""")

    assert answer == [1, False, True]
