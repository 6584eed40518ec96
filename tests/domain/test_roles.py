# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook_bridge.domain.roles import (
    EVERY_APP,
    NOTHING,
    ROLES,
    Grants,
    Role,
    granted,
    granted_to_groups,
    is_name,
)

APPS = st.sampled_from(["shop", "blog", EVERY_APP])
GRANTS = st.dictionaries(APPS, st.sampled_from(ROLES)).map(Grants)


@pytest.mark.parametrize(
    ("held", "allowed"),
    [("read", {"read"}), ("operate", {"read", "operate"}), ("admin", set(ROLES))],
)
def test_a_role_includes_those_before_it(held: Role, allowed: set[Role]) -> None:
    everywhere, in_shop = granted(held), granted(held, ["shop"])

    assert {role for role in ROLES if everywhere.may(role)} == allowed
    assert {role for role in ROLES if everywhere.may(role, "blog")} == allowed
    assert {role for role in ROLES if in_shop.may(role, "shop")} == allowed


def test_a_role_for_one_app_opens_no_other_and_nothing_that_belongs_to_none() -> None:
    admin_of_shop = granted("admin", ["shop"])

    assert not any(admin_of_shop.may(role, "blog") for role in ROLES)
    assert not any(admin_of_shop.may(role) for role in ROLES)
    assert (admin_of_shop.role, admin_of_shop.apps) == ("admin", frozenset({"shop"}))


def test_who_reads_all_apps_may_operate_one() -> None:
    both = granted("read").given("operate", ["shop"])

    assert (both.may("operate", "shop"), both.may("operate", "blog")) == (True, False)
    assert (both.may("read", "blog"), both.apps, both.role) == (True, None, "operate")
    assert both.sentence() == "read all apps, operate shop"
    assert both.given("read", []) == granted("read")


def test_what_was_given_can_be_taken_away() -> None:
    both = granted("read", ["shop", "blog"])

    assert both.without(["shop"]) == granted("read", ["blog"])
    assert both.without([]) == NOTHING
    assert (NOTHING.role, NOTHING.sentence()) == (None, "nothing")


@given(GRANTS, st.sampled_from(ROLES), st.sampled_from(["shop", "blog", None]))
def test_nobody_loses_a_lesser_role_by_a_greater_one(
    grants: Grants, role: Role, app: str | None
) -> None:
    lesser = ROLES[: ROLES.index(role)]

    assert not grants.may(role, app) or all(grants.may(one, app) for one in lesser)


def test_groups_give_the_highest_role_that_one_of_them_has_by_app() -> None:
    mapping = {
        EVERY_APP: {"read": ("staff",), "admin": ("root",)},
        "shop": {"operate": ("sellers", "staff")},
    }

    assert granted_to_groups(["staff"], mapping) == Grants({"*": "read", "shop": "operate"})
    assert granted_to_groups(["root", "staff"], mapping).roles["*"] == "admin"
    assert granted_to_groups(["Staff", "staff ", "", "sta"], mapping) == NOTHING


@pytest.mark.parametrize("name", ["alice", "a", "alice@example.com", "ci-1_x.y+z", "7"])
def test_a_name_may_be_that_of_a_mailbox(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize("name", ["", "-a", "a b", "a/b", "a\n", "é", "a" * 65, "a:b", "<b>", "*"])
def test_a_name_has_nothing_that_others_read_as_more(name: str) -> None:
    assert not is_name(name)
