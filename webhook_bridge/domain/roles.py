# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody may do: a role, for all apps or for some of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, get_args

Role = Literal["read", "operate", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
"""From the least to the most: each may do what those before it may."""
EVERY_APP = "*"
"""What stands in place of an app's name for all apps, those too that are declared later."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")


def is_name(text: str) -> bool:
    """Say whether a user or a token may be called so."""
    return _NAME.fullmatch(text) is not None


@dataclass(frozen=True)
class Grants:
    """Which role somebody has, by app; `EVERY_APP` is one of them."""

    roles: Mapping[str, Role] = field(default_factory=lambda: MappingProxyType({}))

    def may(self, role: Role, app: str | None = None) -> bool:
        """Say whether this allows what needs a role for an app; for None: whatever the app."""
        held = [self.roles.get(EVERY_APP), None if app is None else self.roles.get(app)]
        return any(one is not None and ROLES.index(one) >= ROLES.index(role) for one in held)

    @property
    def role(self) -> Role | None:
        """The most that it allows anywhere."""
        return max(self.roles.values(), key=ROLES.index, default=None)

    @property
    def apps(self) -> frozenset[str] | None:
        """The apps that it is about; None for all."""
        return None if EVERY_APP in self.roles else frozenset(self.roles)

    def given(self, role: Role, apps: Collection[str]) -> Grants:
        """Return them with another role: for these apps, or for all and with no exception."""
        new = dict.fromkeys(apps or [EVERY_APP], role)
        return Grants({**self.roles, **new}) if apps else Grants(new)

    def without(self, apps: Collection[str]) -> Grants:
        """Return them without a role for these apps, or without any."""
        return Grants({app: role for app, role in self.roles.items() if apps and app not in apps})

    def sentence(self) -> str:
        """Return them as people read them."""
        told = [
            f"{role} {'all apps' if app == EVERY_APP else app}"
            for app, role in sorted(self.roles.items())
        ]
        return ", ".join(told) or "nothing"


NOTHING = Grants()


def granted(role: Role, apps: Collection[str] = ()) -> Grants:
    """Return one role, for these apps or for all."""
    return NOTHING.given(role, apps)


Mapped = Mapping[str, Mapping[Role, Collection[str]]]
"""By app, the names of groups by the role that they give."""


def granted_to_groups(groups: Iterable[str], mapping: Mapped) -> Grants:
    """Return the highest role that each app has for one of these groups.

    Names are compared letter for letter.
    """
    present = set(groups)
    found: dict[str, Role] = {}
    for app, by_role in mapping.items():
        held = [role for role in ROLES if present.intersection(by_role.get(role, ()))]
        if held:
            found[app] = held[-1]
    return Grants(found)
