# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets come from a file of mode 0600 or from the environment, never from the settings file."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# 128 bits written in the densest alphabet that a URL takes unescaped (base64url): 22 characters.
SHORTEST_SECRET = 22


def new_secret() -> str:
    """Return 256 random bits in characters that a URL path takes as they are."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True)
class SecretPlaces:
    """Where this installation's secrets are: files below a folder, and the environment."""

    folder: Path
    environ: Mapping[str, str]

    def read(self, file: Path | None, *, variable: str, strong: bool = True) -> tuple[bytes, ...]:
        """Return the secrets of the environment's variable, else of the file, current one first.

        Raises ValueError, with what to do, when there is none, or a weak one where a strong one
        is needed.
        """
        found = self._find(file, variable)
        for secret in found if strong else ():
            check_strength(secret)
        return tuple(secret.encode() for secret in found)

    def _find(self, file: Path | None, variable: str) -> list[str]:
        if variable in self.environ:
            found = secrets_in(self.environ[variable])
            if not found:
                raise ValueError(f"{variable} is set but empty; give it a secret, or unset it")
            return found
        if file is None:
            raise ValueError(f"is required; name a file of mode 0600, or set {variable}")
        return read_secret(self.folder / file)


def write_secret(path: Path, secret: str) -> None:
    """Write a secret to a new file that only its owner can read; an existing file is an error."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secret + "\n")


def read_secret(path: Path) -> list[str]:
    """Return the secrets in a file, one a line; the first is the current one.

    Raises ValueError, with what to do, when the file is missing, empty or open to others.
    """
    try:
        mode = path.stat().st_mode
        lines = secrets_in(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        raise ValueError(f"file {path} does not exist; create it, mode 0600") from None
    except (OSError, UnicodeError) as error:
        raise ValueError(f"file {path} cannot be read: {error}") from None
    if stat.S_IMODE(mode) & 0o077:
        raise ValueError(f"file {path} can be read by others; run: chmod 600 {path}")
    if not lines:
        raise ValueError(f"file {path} is empty; put the secret on its first line")
    return lines


def secrets_in(text: str) -> list[str]:
    """Return the secrets in a text, one a line; spaces inside a line belong to its secret."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def check_strength(secret: str) -> None:
    """Raise ValueError when a secret that guards an endpoint is shorter than 128 bits can be."""
    if len(secret) < SHORTEST_SECRET:
        raise ValueError(
            f"is shorter than {SHORTEST_SECRET} characters; make one with: "
            "python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"
        )
