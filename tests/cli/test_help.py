# SPDX-License-Identifier: GPL-3.0-or-later
"""The help, and what a shell completes: grouped, whole at 80 columns, and without slow imports."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.shell_completion import BashComplete
from click.testing import CliRunner

from tests.support.installation import Installation
from webhook_bridge.cli.completion import COMPLETE_VARIABLE
from webhook_bridge.cli.main import longshore

# What takes most of the second that a command needs to start.
SLOW = ("sqlalchemy", "alembic", "pydantic", "requests", "flask", "rich", "ansible.plugins")
PROGRAM = f"""
import sys
sys.argv[0] = "longshore"
from webhook_bridge.cli import main
try:
    main()
except SystemExit:
    pass
print(*sorted(set({SLOW!r}) & set(sys.modules)), file=sys.stderr)
"""


def run(*arguments: str, **environ: str) -> tuple[list[str], str]:
    """Return the lines that the command prints, and which slow modules it imported."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        env={**os.environ, "COLUMNS": "80", **environ},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines(), done.stderr.strip()


def complete(*words: str) -> list[str]:
    """Return what a shell would offer for the last of these words."""
    shell = BashComplete(longshore, {}, "longshore", COMPLETE_VARIABLE)
    return [item.value for item in shell.get_completions(list(words[:-1]), words[-1])]


def test_the_help_lists_all_commands_by_group_and_imports_nothing_slow() -> None:
    shown, slow = run("--help")

    listed = [name for line in shown for name in re.findall(r"^  ([a-z]+)  +[A-Z]", line)]
    with click.Context(longshore) as context:
        assert sorted(listed) == sorted(longshore.list_commands(context))
    groups = [line for line in shown if re.fullmatch(r"[A-Z][a-z ]+:", line)]
    assert groups == [
        "Options:",
        "Set up:",
        "Bring to the hosts:",
        "Look up:",
        "Who may do what:",
        "Deliveries of webhooks:",
    ]
    assert max(map(len, shown)) <= 80
    assert "..." not in "".join(shown[1:])
    assert slow == ""


def test_each_command_that_is_listed_is_there_under_its_name() -> None:
    with click.Context(longshore) as context:
        for name in longshore.list_commands(context):
            command = longshore.get_command(context, name)
            assert command is not None
            assert command.name == name
        assert longshore.get_command(context, "nonsense") is None


def all_commands(
    group: click.Group, *names: str
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    with click.Context(group) as context:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None
            yield (*names, name), command
            if isinstance(command, click.Group):
                yield from all_commands(command, *names, name)


def understand(group: click.Group, words: list[str], context: click.Context) -> None:
    """Parse words as a command of a group, and as one of the groups in it."""
    name, found, left = group.resolve_command(context, words)
    assert found is not None
    with found.make_context(name, list(left), parent=context) as inner:
        if isinstance(found, click.Group):
            understand(found, left, inner)


def test_every_help_ends_with_one_example_that_is_understood() -> None:
    for names, command in all_commands(longshore):
        with click.Context(command, info_name=" ".join(["longshore", *names])) as context:
            whole = command.get_help(context)
        assert len(re.findall(r"\bExamples?:", whole)) == 1, names
        _, _, text = whole.rpartition("Example")
        examples = re.findall(r"^ +longshore .*", text, re.MULTILINE)
        assert examples, names
        for example in examples:
            assert len(example) <= 80
            words = example.split()[1:]
            with longshore.make_context("longshore", words) as context:
                understand(longshore, words[words.index(names[0]) :], context)


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("runs", "Print the last column whole."),
        ("events", "Show all columns, and the last one whole."),
        ("releases", "Show all columns, and the last one whole."),
    ],
)
def test_help_says_what_full_shows_of_a_table(command: str, says: str) -> None:
    assert says in CliRunner().invoke(longshore, [command, "--help"]).output


def test_a_command_that_is_none_is_refused_with_what_is_meant() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from webhook_bridge.cli import main; main()", "deplo"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "No such command 'deplo'" in done.stderr


@pytest.mark.parametrize(
    "command", ["deploy", "rollback", "status", "tags", "releases", "reconcile", "unhold"]
)
@pytest.mark.parametrize("is_asked_by_a_shell", [True, False])
def test_names_of_apps_are_completed(
    installation: Installation,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    *,
    is_asked_by_a_shell: bool,
) -> None:
    installation.write_app("shop", "shelf", "blog")
    monkeypatch.setenv("LONGSHORE_CONFIG", str(installation.file))
    if is_asked_by_a_shell:
        monkeypatch.setenv(COMPLETE_VARIABLE, "bash_complete")

    assert complete(command, "sh") == ["shelf", "shop"]


def test_a_name_is_completed_without_slow_imports(installation: Installation) -> None:
    told = {"COMP_WORDS": "longshore deploy s", "COMP_CWORD": "2"}
    config = {"LONGSHORE_CONFIG": str(installation.file), COMPLETE_VARIABLE: "bash_complete"}

    assert run(**told, **config) == (["plain,shop"], "")


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("runs", "--app", ""), ["shop"]),
        (("events", "--app", ""), ["shop"]),
        (("deliveries", "--hook", "m"), ["mine"]),
        (("hook", "rotate", ""), ["hub", "mine"]),
        (("deliveries", "--verdict", "tag_"), ["tag_gone", "tag_not_tracked"]),
        (("events", "--kind", "run.s"), ["run.started"]),
        (("deploy", "shop", "--sa"), ["--same"]),
        (("depl",), ["deploy"]),
    ],
)
def test_names_and_options_are_completed(
    installation: Installation, words: tuple[str, ...], offered: list[str]
) -> None:
    assert complete("--config", str(installation.file), *words) == offered


def test_files_that_cannot_be_read_complete_nothing(installation: Installation) -> None:
    installation.apps_file.write_text("apps: [")
    assert complete("--config", str(installation.file), "deploy", "") == []

    installation.file.write_text("[")
    assert complete("--config", str(installation.file), "hook", "rotate", "") == []
