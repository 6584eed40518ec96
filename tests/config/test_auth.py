# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from tests.support.written_settings import SECRET, Written
from webhook_bridge.domain.roles import EVERY_APP

OIDC = '[auth.oidc]\nissuer = "https://id.example.com"\nclient_id = "longshore"\n'


def test_without_a_table_nobody_but_the_command_line_lets_anybody_in(written: Written) -> None:
    auth = written.load("").auth

    assert (auth.oidc, auth.proxy, auth.client_secret) == (None, None, None)
    assert (auth.session_idle, auth.session_age) == (43200.0, 604800.0)


def test_groups_are_mapped_for_all_apps_and_for_single_ones(written: Written) -> None:
    more = 'roles = {operate = ["deployers"]}\n[auth.oidc.apps.shop]\nadmin = ["shop-team"]\n'

    oidc = written.load(OIDC + more).auth.oidc

    assert oidc is not None
    assert oidc.mapped == {
        EVERY_APP: {"operate": ("deployers",)},
        "shop": {"admin": ("shop-team",)},
    }


def test_the_secret_of_the_client_is_in_a_file_or_a_variable_and_never_shown(
    written: Written,
) -> None:
    from_file = written.load(f'{OIDC}client_secret_file = "hub"\n')
    from_variable = written.load(OIDC, LONGSHORE_AUTH_OIDC_CLIENT_SECRET="x")

    assert from_file.auth.client_secret == SECRET
    assert from_variable.auth.client_secret == "x"
    assert SECRET not in repr(from_file)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[auth]\nsession_idle = 0\n", "auth.session_idle: "),
        ("[auth]\npassword = 1\n", "auth.password: is not known here; allowed: oidc, proxy, "),
        (OIDC.replace("https", "http"), "auth.oidc.issuer: must start with https://"),
        (OIDC.replace("https://", ""), "auth.oidc.issuer: must be an address such as"),
        (f'{OIDC}client_secret = "x"\n', "auth.oidc.client_secret: is not known here"),
        (f'{OIDC}client_secret_file = "no"\n', "auth.oidc.client_secret_file: file "),
        (f'{OIDC}ca_file = "no"\n', "auth.oidc.ca_file: "),
        (f'{OIDC}scopes = ["email"]\n', 'auth.oidc.scopes: must have "openid" among them'),
        (f'{OIDC}roles = {{root = ["x"]}}\n', "auth.oidc.roles.root: "),
        (f"{OIDC}roles = {{admin = []}}\n", "auth.oidc.roles.admin: "),
        ('[auth.proxy]\nheader = "X-User"\n', "auth.proxy: needs server.trusted_proxies"),
        ('[server]\nurl = "longshore.example.com"\n', "server.url: must be https://host"),
        ('[server]\nurl = "https://a.example/x"\n', "server.url: must be https://host"),
    ],
)
def test_a_mistake_is_named_by_its_key(written: Written, text: str, problem: str) -> None:
    assert written.problem(text).startswith(problem)
