# SPDX-License-Identifier: GPL-3.0-or-later
"""How settings are read, and what is said of a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.written_settings import HUB, Written
from webhook_bridge.config.settings import load_settings
from webhook_bridge.errors import ConfigurationError

MINE = '[hooks.mine]\nsource = "distribution"\nsecret_file = "hub"\n'


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
        ("serve = 1\n", "serve: is not known here; allowed: ansible, api, auth, deploy, hooks, "),
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
            '[registries."r.example"]\nlend = true\n',
            "registries.r.example.lend: there is no login to lend",
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
