# SPDX-License-Identifier: GPL-3.0-or-later
"""A group of commands whose modules are imported when one of them is used, and not for the help.

The database, the settings' models and the registries' client take a second to import.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

import click

from webhook_bridge.cli.completion import COMPLETE_VARIABLE, Complete
from webhook_bridge.slow_imports import imported


def examples_text(*lines: str) -> str:
    """Return the end of a command's help, each example on a line of its own."""
    title = "Example:" if len(lines) == 1 else "Examples:"
    return "\n".join(["\b", title, *(f"  {line}" for line in lines)])


@dataclass(frozen=True)
class Entry:
    """A command: its module, what it does in one short line, examples, and what completes it.

    Its function bears the name of the command; `completes` has the names of its arguments. The
    examples stand at the end of its help.
    """

    module: str
    help: str
    examples: tuple[str, ...] = ()
    completes: Mapping[str, Complete] = field(default_factory=dict)

    def load(self, name: str) -> click.Command:
        """Import the module and return the command."""
        command: click.Command = getattr(imported(self.module), name)
        if self.examples:
            command.epilog = examples_text(*self.examples)
        return command

    def stand_in(self, name: str) -> click.Command:
        """Return a command that completes the same arguments, without any import."""
        arguments: list[click.Parameter] = [
            click.Argument([argument], required=False, shell_complete=complete)
            for argument, complete in self.completes.items()
        ]
        return click.Command(name, params=arguments)


class LazyGroup(click.Group):
    """Lists its commands by section, in the order given."""

    sections: Mapping[str, Mapping[str, Entry]]

    def __init__(
        self, *args: object, sections: Mapping[str, Mapping[str, Entry]], **kwargs: object
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # click's own
        self.sections = sections

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        del ctx
        return [name for entries in self.sections.values() for name in entries]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return one command; while a name is completed, what stands in for it."""
        del ctx
        for entries in self.sections.values():
            if cmd_name in entries:
                entry = entries[cmd_name]
                light = bool(entry.completes) and _completes_a_name()
                return entry.stand_in(cmd_name) if light else entry.load(cmd_name)
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by section, each with its line."""
        del ctx
        for title, entries in self.sections.items():
            with formatter.section(title):
                formatter.write_dl([(name, entry.help) for name, entry in entries.items()])


def _completes_a_name() -> bool:
    """Say whether a shell asks for completions, and no option plays a part in that."""
    words = os.environ.get("COMP_WORDS", "").split()[1:]
    is_asked = os.environ.get(COMPLETE_VARIABLE, "").endswith("_complete")
    return is_asked and not any(word.startswith("-") for word in words)
