# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft's emulator of Azure's storage, installed into the checkout by npm when it is needed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

VERSION = "3.35.0"
_FOLDER = Path(__file__).parents[2] / ".tools" / f"azurite-{VERSION}"


def azurite_queue() -> str | None:
    """Return the program that emulates queues; None where it is not there and npm is not either.

    The installation takes a minute and 190 MB, once. No script of a package is run by it.
    """
    found = os.environ.get("LONGSHORE_AZURITE") or shutil.which("azurite-queue")
    program = _FOLDER / "node_modules" / ".bin" / "azurite-queue"
    if found is None and not program.exists() and shutil.which("npm"):
        _install()
    return found or (str(program) if program.exists() else None)


def _install() -> None:
    new = _FOLDER.with_name("azurite.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    options = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-save")
    command = ["npm", "install", "--prefix", str(new), *options, f"azurite@{VERSION}"]
    subprocess.run(command, check=True, timeout=280, capture_output=True)
    new.rename(_FOLDER)
