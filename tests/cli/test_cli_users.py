# SPDX-License-Identifier: GPL-3.0-or-later
"""Users, sessions and tokens from the command line."""

from __future__ import annotations

import pytest

from tests.support.commands import as_json, longshore
from tests.support.installation import Installation

# A command leaves its connections to the end of its process, which is not the test's end.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def refused(installation: Installation, *arguments: str) -> tuple[int, str]:
    done = longshore(*arguments, config=installation.file)
    return done.returncode, done.stderr


def test_the_first_admin_is_made_here_and_the_link_stands_alone_in_a_pipe(
    installation: Installation,
) -> None:
    done = longshore("user", "add", "alice", "--role", "admin", config=installation.file)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{installation.url}/sign-in/link/")
    assert len(done.stdout.split()) == 1
    [listed] = as_json("user", "list", config=installation.file)["users"]
    assert (listed["user"], listed["roles"]) == ("alice", {"*": "admin"})
    events = as_json("events", config=installation.file)["events"]
    assert [one["kind"] for one in events] == ["user.added"]
    assert events[0]["actor"].startswith("cli:")


def test_the_link_begins_with_the_public_address(installation: Installation) -> None:
    text = installation.file.read_text()
    installation.file.write_text(
        text.replace("[server]", '[server]\nhosts = ["a.example"]\nurl = "https://b.example/"', 1)
    )

    view = as_json("user", "add", "bob", "--role", "read", config=installation.file)

    assert view["link"].startswith("https://b.example/sign-in/link/")


def test_a_role_is_given_and_taken_away_by_app(installation: Installation) -> None:
    installation.write_app("shop", "blog")
    longshore("user", "add", "bob", "--role", "read", config=installation.file)

    given = longshore(
        "user", "role", "bob", "operate", "--app", "shop", config=installation.file
    ).stdout
    taken = longshore(
        "user", "role", "bob", "none", "--app", "shop", config=installation.file
    ).stdout

    assert given == "user bob may: read all apps, operate shop\n"
    assert taken == "user bob may: read all apps\n"
    told = as_json("events", "--kind", "user.role", config=installation.file)["events"]
    assert told[1]["data"]["was"] == {"*": "read"}


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["user", "add", "a b", "--role", "read"], 4, "must start with a letter or digit"),
        (["user", "add", "bob", "--role", "root"], 2, "'root' is not one of"),
        (["user", "add", "bob"], 2, "--role"),
        (["user", "add", "bob", "--role", "read", "--app", "shpo"], 4, "declared: shop"),
        (
            ["user", "add", "bob", "--role", "read", "--link-expires", "2d"],
            2,
            "must be at most 24h",
        ),
        (["user", "add", "alice", "--role", "read"], 4, "longshore user link alice"),
        (["user", "link", "bob"], 4, "see: longshore user list"),
        (["user", "disable", "bob"], 4, "see: longshore user list"),
        (["user", "enable", "alice"], 4, "is not disabled"),
        (["session", "end", "ffff"], 4, "see: longshore session list"),
        (["token", "create", "api", "--scope", "read"], 4, "choose another"),
        (["token", "create", "x y", "--scope", "read"], 4, "must start with a letter or digit"),
        (["token", "create", "ci", "--scope", "read", "--user", "bob"], 4, "there is no user"),
        (["token", "create", "ci", "--scope", "read", "--expires", "soon"], 2, "'soon' "),
        (["token", "revoke", "ci"], 4, "see: longshore token list"),
    ],
)
def test_what_cannot_be_done_is_refused_with_what_to_do(
    installation: Installation, arguments: list[str], code: int, says: str
) -> None:
    longshore("user", "add", "alice", "--role", "admin", config=installation.file)

    done = refused(installation, *arguments)

    assert done[0] == code, done
    assert says in done[1]


def test_a_disabled_user_has_no_link_until_enabled(installation: Installation) -> None:
    longshore("user", "add", "alice", "--role", "admin", config=installation.file)
    longshore(
        "token", "create", "ci", "--scope", "read", "--user", "alice", config=installation.file
    )

    disabled = longshore("user", "disable", "alice", config=installation.file)

    assert disabled.stdout == "user alice is disabled; sessions ended: 0, tokens revoked: ci\n"
    assert "longshore user enable alice" in refused(installation, "user", "link", "alice")[1]
    assert longshore("user", "enable", "alice", config=installation.file).returncode == 0
    assert longshore("user", "link", "alice", config=installation.file).returncode == 0
    assert longshore("user", "remove", "alice", config=installation.file).returncode == 0
    assert as_json("user", "list", config=installation.file) == {"users": []}


def test_a_token_is_shown_once(installation: Installation) -> None:
    done = longshore("token", "create", "ci", "--scope", "operate", config=installation.file)
    secret = done.stdout.strip()

    assert secret.startswith("longshore_")
    lists = [
        longshore("token", "list", config=installation.file).stdout,
        longshore("token", "list", "--json", config=installation.file).stdout,
        longshore("events", "--json", config=installation.file).stdout,
    ]
    assert all("ci" in text and secret not in text for text in lists)
    assert (
        "there is a token ci already"
        in refused(installation, "token", "create", "ci", "--scope", "read")[1]
    )
    assert longshore("token", "revoke", "ci", config=installation.file).returncode == 0
    again = longshore(
        "token", "create", "ci", "--scope", "read", "--expires", "never", config=installation.file
    )
    assert again.returncode == 0
    [listed] = as_json("token", "list", config=installation.file)["tokens"]
    assert listed["expires_at"] is None


def test_without_anybody_the_lists_say_what_to_do(installation: Installation) -> None:
    said = [
        longshore(kind, "list", config=installation.file).stdout for kind in ("user", "session")
    ]

    assert said == [
        "Nobody may sign in: longshore user add NAME --role admin\n",
        "Nobody is signed in.\n",
    ]
