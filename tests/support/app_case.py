# SPDX-License-Identifier: GPL-3.0-or-later
"""A case of an app that bridge and playbooks accept or refuse."""

from dataclasses import dataclass
from typing import Any

IMAGE = "registry.example.com/acme/shop"
HOSTS = 4
TABLE = "must be a table of keys and values"


@dataclass(frozen=True)
class Case:
    """An app, and the line that refuses it, less `apps.shop`; empty where it is accepted."""

    entry: Any
    refused: str = ""
    name: str = "shop"

    @property
    def line(self) -> str:
        """Return what bridge and playbook say, as one line."""
        return f"apps.{self.name}{self.refused}" if self.refused else ""

    def __str__(self) -> str:
        return str(self.entry)[:60]


def app(**fields: Any) -> dict[str, Any]:
    """Return an entry with these fields; None as the image or hosts leaves them out."""
    entry = {"image": IMAGE, "hosts": "web", **fields}
    return {key: value for key, value in entry.items() if key not in _NEEDED or value is not None}


_NEEDED = ("image", "hosts")


def each(table: str, key: str, *values: Any, said: str) -> list[Case]:
    """Return the cases of these values of one key in a table of an app."""
    return [Case(app(**{table: {key: value}}), f".{table}.{key}: {said}") for value in values]


def field(key: str, *values: Any, said: str) -> list[Case]:
    """Return the cases of these values of one key of an app."""
    return [Case(app(**{key: value}), f".{key}: {said}") for value in values]
