# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong in a way that a caller can react to."""

from __future__ import annotations


class LongshoreError(Exception):
    """Base of all errors with a message made for people; `code` is stable and made for programs."""

    code = "failed"


class ConfigurationError(LongshoreError):
    """A file of settings or apps is wrong; holds one line for each problem found."""

    code = "configuration"

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Refused(LongshoreError):
    """An action that cannot be done as things stand; nothing was changed.

    `code` is stable and made for programs, the message is made for people.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class NotFound(Refused):
    """The app, delivery or run that was named does not exist."""

    def __init__(self, message: str) -> None:
        super().__init__("not_found", message)


class StoreUnavailable(LongshoreError):
    """The database cannot be read or written now (locked, full, read-only, damaged)."""

    code = "store_unavailable"
