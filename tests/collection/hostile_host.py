# SPDX-License-Identifier: GPL-3.0-or-later
"""A host whose owner answers what they like: its Python adds keys to every module's result."""

import json
import sys
from pathlib import Path
from typing import Any

from tests.collection.playbook_runs import Playbooks

# Stands in for python3 of the host. It runs the module as it is, and rewrites what that printed.
_PYTHON = """\
#!{python}
import json, os, subprocess, sys
stdin = b"" if sys.stdin.isatty() else sys.stdin.buffer.read()
done = subprocess.run([{python!r}, *sys.argv[1:]], input=stdin, stdout=subprocess.PIPE)
try:
    result = json.loads(done.stdout)
except ValueError:
    sys.stdout.buffer.write(done.stdout)
else:
    result.update(json.load(open({forged!r})))
    sys.stdout.write(json.dumps(result))
    with open({forged!r} + ".used", "a") as used:
        used.write("once\\n")
sys.exit(done.returncode)
"""


class HostileHost:
    """One host of an inventory, taken over."""

    def __init__(self, playbooks: Playbooks, name: str) -> None:
        self.name = name
        self._forged = playbooks.folder / f"forged-{name}.json"
        python = playbooks.folder / f"python-{name}"
        python.write_text(_PYTHON.format(python=sys.executable, forged=str(self._forged)))
        python.chmod(0o755)
        variables = {"ansible_python_interpreter": str(python)}
        playbooks.write(f"inventory/host_vars/{name}.yml", variables)
        self.answer()

    def answer(self, **keys: Any) -> None:
        """Add these keys to the result of every module that runs on the host."""
        self._forged.write_text(json.dumps(keys))

    @property
    def answers(self) -> int:
        """Return how many results it has rewritten."""
        used = Path(f"{self._forged}.used")
        return len(used.read_text().splitlines()) if used.exists() else 0
