# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

from webhook_bridge.config.settings import Settings, load_settings
from webhook_bridge.errors import ConfigurationError

SECRET = "s" * 43
OTHER = "t" * 43


class Written:
    """A folder with a valid inventory and secrets, and the settings a test writes into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "longshore.toml"
        apps = folder / "inventory" / "group_vars" / "all" / "apps.yml"
        apps.parent.mkdir(parents=True)
        apps.write_text("apps: {}\n")
        self.secret("hub", SECRET)

    def secret(self, name: str, content: str, *, mode: int = 0o600) -> Path:
        file = self.folder / name
        file.write_text(content + "\n")
        file.chmod(mode)
        return file

    def load(self, text: str, **environ: str) -> Settings:
        self.file.write_text(text)
        return load_settings(self.file, environ=environ)

    def problems(self, text: str, **environ: str) -> list[str]:
        with pytest.raises(ConfigurationError) as caught:
            self.load(text, **environ)
        assert all(line.startswith(f"{self.file}: ") for line in caught.value.problems)
        return [line.removeprefix(f"{self.file}: ") for line in caught.value.problems]

    def problem(self, text: str, **environ: str) -> str:
        [line] = self.problems(text, **environ)
        return line


@pytest.fixture
def written(tmp_path: Path) -> Written:
    return Written(tmp_path)


MINE = '[hooks.mine]\nsource = "distribution"\nsecret_file = "hub"\n'
HUB = '[hooks.hub]\nsource = "dockerhub"\nsecret_file = "hub"\n'


def test_an_empty_file_is_all_defaults_and_serves_on_loopback(written: Written) -> None:
    settings = written.load("")

    assert settings.server.listen == "127.0.0.1:8090"
    assert settings.state_dir == written.folder / "state"
    assert settings.hooks == {}
    assert settings.api_tokens == ()


def test_paths_are_relative_to_the_settings_file(written: Written) -> None:
    settings = written.load('state_dir = "x/y"\n')

    assert settings.state_dir == written.folder / "x" / "y"
    assert settings.ansible.inventory == written.folder / "inventory"


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


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            '[hooks.hub]\nsource = "dokerhub"\nsecret_file = "hub"\n',
            "hooks.hub.source: 'dokerhub' is not known; allowed: acr, cloudevents, ",
        ),
        (
            '[hooks.mine]\nsource = "distribution"\nsecret_file = "hub"\n',
            "hooks.mine.registry: is required",
        ),
        (
            HUB + 'registry = "ghcr.io"\n',
            "hooks.hub.registry: Input should be 'docker.io'",
        ),
        ('[hooks.hub]\nsecret_file = "hub"\n', "hooks.hub.source: is required"),
        (
            HUB + 'allow_from = ["10.0.0.1/8"]\n',
            "hooks.hub.allow_from: 10.0.0.1/8 has host bits set",
        ),
        (
            MINE + 'registry = "https://r"\n',
            "hooks.mine.registry: 'https://r' must be a registry",
        ),
        (
            MINE + 'registry = "r.example"\nauth = "no"\n',
            "hooks.mine.auth: Input should be 'bearer', 'basic' or ",
        ),
        (
            MINE + 'registry = "r.example"\nauth = "header"\n',
            'hooks.mine.header: is required with auth = "header"',
        ),
        (
            MINE + 'registry = "r.example"\nauth = "basic"\n',
            'hooks.mine.username: is required with auth = "basic"',
        ),
        (
            MINE + 'registry = "r.example"\nheader = "X-Token"\n',
            'hooks.mine.header: has a meaning with auth = "header" only',
        ),
        (
            MINE + 'registry = "r.example"\nauth = "header"\nheader = "X:Y"\n',
            "hooks.mine.header: String should match pattern",
        ),
        (
            HUB + 'secret = "inline"\n',
            "hooks.hub.secret: is not known here; allowed: allow_from, queue, registry, secret_fil",
        ),
        ("serve = 1\n", "serve: is not known here; allowed: ansible, api, deploy, hooks, "),
        (
            "[deploy]\nconcurrent_run = 2\n",
            (
                "deploy.concurrent_run: is not known here; allowed: catch_up_at_most_every, "
                "catch_up_every, concurrent_runs, deadline, registry_patience"
            ),
        ),
        ("[deploy]\nconcurrent_runs = 0\n", "deploy.concurrent_runs: Input should be greater"),
        (
            '[deploy]\ndeadline = "soon"\n',
            "deploy.deadline: must be a duration greater than 0, for example",
        ),
        ('[server]\nlisten = "8090"\n', "server.listen: must be host:port, for example"),
        ('[server]\nlisten = "h:70000"\n', "server.listen: must be host:port, for example"),
        ("[server]\nthreads = 0\n", "server.threads: Input should be greater"),
        ("server = 5\n", "server: must be a table of keys and values"),
        ('[ansible]\nconfig = "no.cfg"\n', "ansible.config: "),
        ('[ansible]\ninventory = "no"\n', "ansible.inventory: "),
        ('[ansible]\napps_file = "no"\n', "ansible.apps_file: "),
        ('[ansible]\nvault_password_file = "no"\n', "ansible.vault_password_file: "),
        ('[registries."r.example"]\nca_file = "no"\n', "registries.r.example.ca_file: "),
        (
            '[registries."r.example"]\nmirrors = ["UPPER.example"]\n',
            "registries.r.example.mirrors.0: ",
        ),
        ('[registries."r.example"]\nmirrors = ["mirror"]\n', "registries.r.example.mirrors.0: "),
        (
            '[registries."r.example"]\nmirrors = ["https://m.example"]\n',
            "registries.r.example.mirrors.0: ",
        ),
        (
            '[registries."r.example"]\ncredential_command = ["no-such-helper"]\n',
            "registries.r.example.credential_command: 'no-such-helper' must be a program",
        ),
        (
            '[registries."r.example"]\nca_file = "hub"\n',
            "registries.r.example.ca_file: ",
        ),
        (
            '[registries."https://r.example"]\n',
            "registries.https://r.example: 'https://r.example' must be a registry",
        ),
        (
            '[registries."acme/shop"]\n',
            "registries.acme/shop: 'acme' must be a registry",
        ),
        (
            '[registries."index.docker.io"]\n',
            "registries.index.docker.io: is known as docker.io here; write that",
        ),
        (
            HUB + 'allow_from = "10.0.0.1"\n',
            "hooks.hub.allow_from: must be a list, as [",
        ),
        ("a = " + "9" * 5000, "Exceeds the limit"),
        ('[poll]\nevery = "soon"\n', "poll.every: must be a duration"),
        ("[poll]\nbudget = 0\n", "poll.budget: "),
    ],
)
def test_a_problem_names_the_key_and_what_is_allowed(
    written: Written, text: str, problem: str
) -> None:
    assert written.problem(text).startswith(problem)


@pytest.mark.parametrize("name", ["Hub", "my_hub", "", "a" * 42, "h/x", "a\\n"])
def test_a_hook_needs_a_name_that_a_url_can_have(written: Written, name: str) -> None:
    text = f'[hooks."{name}"]\nsource = "dockerhub"\nsecret_file = "hub"\n'

    problem = written.problem(text)
    assert problem.startswith("hooks.")
    assert "[key]" not in problem
    assert problem.isprintable()


@pytest.mark.parametrize("secret", ["a/" * 22, "a b" * 22, "a%2f" * 22, "a?" * 22])
def test_a_secret_that_a_url_cannot_have_as_it_is_is_refused_for_a_path(
    written: Written, secret: str
) -> None:
    written.secret("hub", secret)

    assert "is the last part of a URL" in written.problem(HUB)
    assert written.load('[hooks.ci]\nsource = "generic"\nsecret_file = "hub"\n').hooks


def test_every_problem_is_told_at_once(written: Written) -> None:
    text = '[hooks.a]\nsource = "x"\n[hooks.b]\nsource = "dockerhub"\n[ansible]\nconfig = "no"\n'

    assert len(written.problems(text)) == 3


@pytest.mark.parametrize("text", ["[server\n", "a = \n", "[server]\n[server]\n"])
def test_what_is_no_toml_is_named_with_its_line(written: Written, text: str) -> None:
    assert "(at line " in written.problem(text)


def test_a_missing_settings_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="does not exist; run: longshore init"):
        load_settings(tmp_path / "nowhere.toml", environ={})


@pytest.mark.parametrize("key", ["deadline", "catch_up_every"])
def test_a_duration_that_would_never_wait_is_refused(written: Written, key: str) -> None:
    assert written.problem(f'[deploy]\n{key} = "0s"\n').startswith(f"deploy.{key}: ")
