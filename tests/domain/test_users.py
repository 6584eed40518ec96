# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace

import pytest

from webhook_bridge.domain.roles import NOTHING, granted
from webhook_bridge.domain.users import Link, Session, Token, User

ALICE = User("1", "alice", granted("read"), 0.0)
GONE = replace(ALICE, disabled_at=5.0)
LINK = Link("h", ALICE, 0.0, 10.0, None)
SESSION = Session("h", "handle", ALICE, "csrf", "link", "::1", "curl", 0.0, 5.0, 10.0)
TOKEN = Token("1", "ci", granted("read"), 0.0, "cli:me@here", 10.0)


def test_users_and_tokens_are_named_apart_in_events() -> None:
    assert (ALICE.actor, TOKEN.actor) == ("user:alice", "token:ci")


@pytest.mark.parametrize(
    ("link", "now", "problem"),
    [
        (LINK, 9.9, None),
        (LINK, 10.0, "it has expired"),
        (replace(LINK, used_at=1.0), 2.0, "it was used already"),
        (replace(LINK, user=GONE), 6.0, "its user is disabled or has no role"),
        (replace(LINK, user=replace(ALICE, grants=NOTHING)), 6.0, "its user is disabled or"),
    ],
)
def test_a_link_is_good_once_for_a_while_for_whom_may_do_something(
    link: Link, now: float, problem: str | None
) -> None:
    found = link.problem(now=now)

    assert found is None if problem is None else problem in (found or "")


@pytest.mark.parametrize(
    ("session", "now", "good"),
    [
        (SESSION, 7.0, True),
        (SESSION, 7.1, False),
        (replace(SESSION, used_at=9.5), 10.0, False),
        (replace(SESSION, user=GONE), 6.0, False),
    ],
)
def test_a_session_ends_by_rest_by_age_and_with_its_user(
    session: Session, now: float, *, good: bool
) -> None:
    assert session.is_good(now=now, idle=2.0) == good


@pytest.mark.parametrize(
    ("token", "now", "good"),
    [
        (TOKEN, 9.9, True),
        (TOKEN, 10.0, False),
        (replace(TOKEN, expires_at=None), 1e9, True),
        (replace(TOKEN, owner=ALICE), 9.9, True),
        (replace(TOKEN, owner=GONE), 9.9, False),
    ],
)
def test_a_token_ends_by_age_and_with_its_owner(token: Token, now: float, *, good: bool) -> None:
    assert token.is_good(now=now) == good
