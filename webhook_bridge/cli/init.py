# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the files that a new installation starts from; nothing that exists is touched."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import click

from webhook_bridge.cli.output import say, say_lines
from webhook_bridge.config.secret_files import new_secret, write_secret

_TEMPLATES = {
    "longshore.toml": "longshore.example.toml",
    "inventory/hosts.yml": "hosts.yml",
    "inventory/group_vars/all/apps.yml": "apps.yml",
}
_SECRETS = ("secrets/hub", "secrets/api-token")


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path())
def init(folder: Path) -> None:
    """Write a commented longshore.toml, an example inventory and secrets into FOLDER."""
    for target, template in _TEMPLATES.items():
        text = files("webhook_bridge").joinpath("starter_files", template).read_text("utf-8")
        _tell(folder / target, written=_write_new(folder / target, text))
    for name in _SECRETS:
        target_file = folder / name
        if not target_file.exists():
            write_secret(target_file, new_secret())
            _tell(target_file, written=True)
        else:
            _tell(target_file, written=False)
    say_lines(_NEXT)


def _write_new(file: Path, text: str) -> bool:
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with file.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError:
        return False
    return True


def _tell(file: Path, *, written: bool) -> None:
    say(f"{'written' if written else 'kept   '} {file}")


_NEXT = """
Next:
  1. put your hosts into inventory/hosts.yml and your apps into inventory/group_vars/all/apps.yml
  2. longshore check
  3. longshore deploy APP      brings it to the hosts once, by hand
  4. longshore serve           behind your TLS proxy; then give Docker Hub the webhook URL
                               https://YOUR.NAME/hooks/hub/ followed by the text in secrets/hub"""
