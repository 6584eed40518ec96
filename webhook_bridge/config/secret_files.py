# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets come from a file of mode 0600 or from the environment, never from the settings file."""

from __future__ import annotations

import os
import re
import secrets
import stat
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

# 128 bits written in the densest alphabet that a URL takes unescaped (base64url): 22 characters.
SHORTEST_SECRET = 22
# RFC 3986's pchar, less what has to be escaped.
_URL_PART = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@-]+")
_MAKE_ONE = "make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"
_EXPIRES = re.compile(r"(?P<text>.*\S)\s+expires=(?P<time>\S*)")


@dataclass(frozen=True)
class DatedSecret:
    """A secret and the time, in seconds since the epoch, until which it is good."""

    text: str = field(repr=False)
    expires: float | None

    def is_good(self, now: float) -> bool:
        """Say whether it still proves anything."""
        return self.expires is None or now < self.expires

    def until(self, moment: float) -> DatedSecret:
        """Return it good until a moment at most."""
        return DatedSecret(self.text, min(moment, self.expires or moment))

    def line(self) -> str:
        """Return it as it stands in a file."""
        if self.expires is None:
            return self.text
        moment = datetime.fromtimestamp(self.expires, UTC).isoformat(timespec="seconds")
        return f"{self.text} expires={moment}"


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


def replace_secret(path: Path, secret: str, *, keep_old_for: float) -> None:
    """Put a new secret before those of a file; they stay good for so many seconds.

    The file is replaced as a whole, so that a reader sees the old one or the new one.
    Raises ValueError when the file is not as it has to be, OSError when it cannot be written.
    """
    now = time.time()
    kept = [one.until(now + keep_old_for) for one in read_dated_secrets(path) if one.is_good(now)]
    lines = [secret, *(one.line() for one in kept if one.is_good(now) and keep_old_for > 0)]
    target = path.resolve()
    owner = target.stat()
    with tempfile.NamedTemporaryFile("w", dir=target.parent, delete=False) as file:
        os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(target)


def read_secret(path: Path) -> list[str]:
    """Return the secrets of a file that are good now; the first is the current one.

    Raises ValueError, with what to do, when the file is missing, empty or open to others.
    """
    found = read_dated_secrets(path)
    good = [one.text for one in found if one.is_good(time.time())]
    if found and not good:
        raise ValueError(f"file {path} holds none that is still good; put one on its first line")
    if not good:
        raise ValueError(f"file {path} is empty; put the secret on its first line")
    return good


def read_dated_secrets(path: Path) -> list[DatedSecret]:
    """Return all secrets of a file, those that are no longer good too.

    Raises ValueError, with what to do, when the file is missing or open to others.
    """
    try:
        mode = path.stat().st_mode
        found = dated_secrets(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        raise ValueError(f"file {path} does not exist; create it, mode 0600") from None
    except (OSError, UnicodeError) as error:
        raise ValueError(f"file {path} cannot be read: {error}") from None
    if stat.S_IMODE(mode) & 0o077:
        raise ValueError(f"file {path} can be read by others; run: chmod 600 {path}")
    return found


def secrets_in(text: str) -> list[str]:
    """Return the secrets in a text that are good now."""
    return [one.text for one in dated_secrets(text) if one.is_good(time.time())]


def dated_secrets(text: str) -> list[DatedSecret]:
    """Return the secrets in a text, one a line; spaces inside a line belong to its secret.

    A line may end in ` expires=2026-12-31T12:00:00+00:00`. Raises ValueError for another time.
    """
    return [_dated(line.strip()) for line in text.splitlines() if line.strip()]


def _dated(line: str) -> DatedSecret:
    found = _EXPIRES.fullmatch(line)
    if found is None:
        return DatedSecret(line, None)
    try:
        moment = datetime.fromisoformat(found["time"])
    except ValueError:
        raise ValueError("expires= is followed by no time as 2026-12-31T12:00:00+00:00") from None
    utc = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return DatedSecret(found["text"], utc.timestamp())


def check_stands_in_url(secret: str) -> None:
    """Raise ValueError when a secret that is part of a URL would have to be escaped there."""
    if not _URL_PART.fullmatch(secret):
        raise ValueError(
            "is the last part of a URL, and holds a character that cannot stand there as it is, as "
            f"/ or a space; {_MAKE_ONE}"
        )


def check_strength(secret: str) -> None:
    """Raise ValueError when a secret that guards an endpoint is shorter than 128 bits can be."""
    if len(secret) < SHORTEST_SECRET:
        raise ValueError(f"is shorter than {SHORTEST_SECRET} characters; {_MAKE_ONE}")
