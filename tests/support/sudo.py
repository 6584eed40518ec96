# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for sudo, to be named in `ansible_become_exe`: asks for a password as sudo -S does."""

from pathlib import Path
from typing import Any

PASSWORD = "of the sudoer"

_SUDO = """\
#!/bin/sh
while :; do
  case $1 in
    -p) prompt=$2; shift 2 ;;
    -u) shift 2 ;;
    -*) shift ;;
    *) break ;;
  esac
done
printf %s "$prompt" >&2
IFS= read -r given
[ "$given" = 'PASSWORD' ] || exit 1
echo "$*" >> 'CALLS'
BECAME=yes exec "$@"
"""


class Sudo:
    """A program for one folder, and what it was asked to run."""

    def __init__(self, folder: Path) -> None:
        self._program, self._calls = folder / "sudo", folder / "sudo-calls"
        text = _SUDO.replace("PASSWORD", PASSWORD).replace("CALLS", str(self._calls))
        self._program.write_text(text)
        self._program.chmod(0o755)

    @property
    def variables(self) -> dict[str, Any]:
        """Return variables with which Ansible becomes another user by it."""
        return {
            "ansible_become": True,
            "ansible_become_user": "nobody",
            "ansible_become_exe": str(self._program),
            "ansible_become_password": PASSWORD,
        }

    @property
    def calls(self) -> str:
        """Return all that it has run, a command a line."""
        return self._calls.read_text() if self._calls.exists() else ""
