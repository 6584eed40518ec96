# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a run leaves what people, and later starts of the bridge, may want to read."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from webhook_bridge.file_locks import FileLock


def serving_lock(state_dir: Path) -> FileLock:
    """Return the lock that says that a bridge serves from this state_dir."""
    return FileLock(state_dir / "serve.lock")


def option_key(state_dir: Path) -> str:
    """Return the secret with which fingerprints of options are made; it is made when there is none.

    Containers that were made with another one cannot be compared with their options.
    """
    file = state_dir / "option-key"
    new = file.with_name(f"option-key.{os.getpid()}-{secrets.token_hex(4)}")
    if not file.exists():
        _write_private(new, secrets.token_hex(32))
        # Of two processes that come at once the first one's counts, and it is there as a whole.
        try:
            os.link(new, file)
        except FileExistsError:
            pass
        finally:
            new.unlink()
    return file.read_text(encoding="ascii").strip()


def _write_private(file: Path, text: str) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_text(text, encoding="ascii")


@dataclass(frozen=True)
class RunFiles:
    """The files of one run."""

    folder: Path

    @classmethod
    def of(cls, state_dir: Path, run_id: str) -> RunFiles:
        """Return the files of a run by its id."""
        return cls(state_dir / "runs" / run_id)

    @property
    def log(self) -> Path:
        """What ansible-playbook printed."""
        return self.folder / "log"

    @property
    def events(self) -> Path:
        """What our callback plugin reported."""
        return self.folder / "events.jsonl"

    @property
    def errors(self) -> Path:
        """What the run child itself had to say."""
        return self.folder / "errors"

    @property
    def private(self) -> Path:
        """A link to the folder of the processes of the run, elsewhere, while they work."""
        return self.folder / "private"

    @property
    def result(self) -> Path:
        """How ansible-playbook ended."""
        return self.folder / "result.json"

    @property
    def stop(self) -> Path:
        """What makes the run start no further batch, once it is there; it says why."""
        return self.folder / "stop"
