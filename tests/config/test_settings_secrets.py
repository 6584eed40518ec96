# SPDX-License-Identifier: GPL-3.0-or-later
"""Where secrets and passwords of the settings come from, and which are refused."""

from __future__ import annotations

import pytest

from tests.support.written_settings import HUB, SECRET, Written

OTHER = "t" * 43


def test_a_hook_has_its_secrets_and_its_senders_registry(written: Written) -> None:
    written.secret("hub", f"{SECRET}\n{OTHER}")

    hook = written.load(HUB).hooks["hub"]

    assert hook.registry == "docker.io"
    assert hook.secrets == (SECRET.encode(), OTHER.encode())


def test_secrets_are_not_shown_when_settings_are(written: Written) -> None:
    settings = written.load(
        HUB + '[api]\ntoken_file = "hub"\n'
        '[registries."docker.io"]\nusername = "me"\npassword_file = "hub"\n'
    )

    assert SECRET not in repr(settings)
    assert SECRET not in repr(settings.hooks["hub"])


def test_a_secret_in_the_environment_wins(written: Written) -> None:
    settings = written.load(HUB, LONGSHORE_HOOKS_HUB_SECRET=OTHER)

    assert settings.hooks["hub"].secrets == (OTHER.encode(),)


def test_a_hook_may_have_its_secret_in_the_environment_only(written: Written) -> None:
    settings = written.load(
        '[hooks.my-hub]\nsource = "dockerhub"\n', LONGSHORE_HOOKS_MY_HUB_SECRET=SECRET
    )

    assert settings.hooks["my-hub"].secrets == (SECRET.encode(),)


def test_a_hook_without_a_secret_is_refused(written: Written) -> None:
    problem = written.problem('[hooks.hub]\nsource = "dockerhub"\n')

    assert problem == (
        "hooks.hub.secret_file: is required; name a file of mode 0600, "
        "or set LONGSHORE_HOOKS_HUB_SECRET"
    )


@pytest.mark.parametrize("value", ["", " ", "\n"])
def test_an_empty_secret_in_the_environment_is_no_secret(written: Written, value: str) -> None:
    problem = written.problem(HUB, LONGSHORE_HOOKS_HUB_SECRET=value)

    assert problem.startswith("hooks.hub.secret_file: ")
    assert "LONGSHORE_HOOKS_HUB_SECRET" in problem


def test_an_empty_api_token_in_the_environment_is_no_token(written: Written) -> None:
    assert "LONGSHORE_API_TOKEN" in written.problem("", LONGSHORE_API_TOKEN="")


def test_a_weak_secret_is_refused(written: Written) -> None:
    written.secret("hub", "short")

    assert "hooks.hub.secret_file: is shorter than 22 characters" in written.problem(HUB)


def test_of_two_secrets_none_may_be_weak(written: Written) -> None:
    written.secret("hub", f"{SECRET}\nshort")

    assert "is shorter than 22 characters" in written.problem(HUB)


def test_a_secret_that_others_can_read_is_refused(written: Written) -> None:
    file = written.secret("hub", SECRET, mode=0o644)

    assert written.problem(HUB) == (
        f"hooks.hub.secret_file: file {file} can be read by others; run: chmod 600 {file}"
    )


def test_a_missing_secret_file_is_named(written: Written) -> None:
    problem = written.problem(HUB.replace('"hub"\n', '"nowhere"\n'))

    assert f"file {written.folder / 'nowhere'} does not exist" in problem


def test_a_registry_password_may_be_short_for_it_is_not_ours(written: Written) -> None:
    written.secret("password", "short")
    text = '[registries."r:5000"]\nusername = "me"\npassword_file = "password"\n'

    assert written.load(text).registries["r:5000"].password == "short"


def test_accounts_at_one_registry_may_differ_by_repository(written: Written) -> None:
    text = "".join(
        f'[registries."{key}"]\nusername = "{name}"\npassword_file = "word"\n'
        for key, name in {"r.example": "all", "r.example/acme/shop": "shop"}.items()
    )
    written.secret("word", "word")

    registries = written.load(text).registries

    assert registries["r.example/acme/shop"].username == "shop"
    assert registries["r.example/acme/shop"].host == "r.example"


def test_a_registry_password_may_come_from_the_environment(written: Written) -> None:
    text = '[registries."r.example:5000"]\nusername = "me"\n'

    settings = written.load(text, LONGSHORE_REGISTRIES_R_EXAMPLE_5000_PASSWORD="word")

    assert settings.registries["r.example:5000"].password == "word"


def test_a_username_needs_a_password(written: Written) -> None:
    problem = written.problem('[registries."docker.io"]\nusername = "me"\n')

    assert problem.startswith("registries.docker.io.password_file: is required")


def test_the_api_token_is_read(written: Written) -> None:
    assert written.load('[api]\ntoken_file = "hub"\n').api_tokens == (SECRET.encode(),)


@pytest.mark.parametrize("secret", ["a/" * 22, "a b" * 22, "a%2f" * 22, "a?" * 22])
def test_a_secret_that_a_url_cannot_have_as_it_is_is_refused_for_a_path(
    written: Written, secret: str
) -> None:
    written.secret("hub", secret)

    assert "is the last part of a URL" in written.problem(HUB)
    assert written.load('[hooks.ci]\nsource = "generic"\nsecret_file = "hub"\n').hooks
