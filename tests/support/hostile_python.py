# SPDX-License-Identifier: GPL-3.0-or-later
"""What an owner of a host puts in place of its python3: it rewrites every module's result."""

import json
import sys
from pathlib import Path
from typing import Any

# It runs the module as it is, and adds keys to what that printed, or writes something before it.
_PYTHON = """\
#!{python}
import json, subprocess, sys
answers = json.load(open({forged!r}))
try:
    number = len(open({forged!r} + ".used").readlines())
except FileNotFoundError:
    number = 0
forged = answers[min(number, len(answers) - 1)]
stdin = b"" if sys.stdin.isatty() else sys.stdin.buffer.read()
done = subprocess.run([{python!r}, *sys.argv[1:]], input=stdin, stdout=subprocess.PIPE)
sys.stdout.write(forged["before"])
sys.stderr.write(forged["before"])
if "exit" in forged:
    sys.stderr.flush()
    sys.exit(forged["exit"])
try:
    result = json.loads(done.stdout)
except ValueError:
    sys.stdout.flush()
    sys.stdout.buffer.write(done.stdout)
else:
    result.update(forged["keys"])
    sys.stdout.write(json.dumps(result))
    with open({forged!r} + ".used", "a") as used:
        used.write("once\\n")
sys.exit(done.returncode)
"""


class HostilePython:
    """A program for `ansible_python_interpreter`."""

    def __init__(self, folder: Path, name: str, *, python: str = sys.executable) -> None:
        self.path = folder / f"python-{name}"
        self._forged = folder / f"forged-{name}.json"
        self.path.write_text(_PYTHON.format(python=python, forged=str(self._forged)))
        self.path.chmod(0o755)
        self.answer()

    def answer(self, before: str = "", **keys: Any) -> None:
        """Add these keys to the result of every module, and write `before` before the result."""
        self._write({"before": before, "keys": keys})

    def fail(self, said: str, code: int) -> None:
        """Write this, and no result, and exit; 255 is what ssh exits with for a lost connection."""
        self._write({"before": said, "exit": code})

    def answer_in_turn(self, *keys: dict[str, Any]) -> None:
        """Add the first keys to the first result, and so on; the last ones to all that follow."""
        self._write(*({"before": "", "keys": each} for each in keys))

    def _write(self, *answers: dict[str, Any]) -> None:
        self._forged.write_text(json.dumps(answers))

    @property
    def answers(self) -> int:
        """Return how many results it has rewritten."""
        used = Path(f"{self._forged}.used")
        return len(used.read_text().splitlines()) if used.exists() else 0
