# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from webhook_bridge.apps import Apps, load_apps
from webhook_bridge.errors import ConfigurationError

MINIMAL = {"image": "docker.io/acme/shop", "hosts": "web"}


class Written:
    """An apps file with one app, its fields as YAML lines."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "apps.yml"

    def load(self, text: str) -> Apps:
        self.file.write_text(textwrap.dedent(text))
        return load_apps(self.file)

    def problems(self, text: str) -> list[str]:
        with pytest.raises(ConfigurationError) as caught:
            self.load(text)
        assert all(line.startswith(f"{self.file}: ") for line in caught.value.problems)
        return [line.removeprefix(f"{self.file}: ") for line in caught.value.problems]

    def problem_of(self, **fields: str) -> str:
        lines = [f"    {key}: {value}" for key, value in (MINIMAL | fields).items()]
        [problem] = self.problems("\n".join(["apps:", "  shop:", *lines]))
        return problem


@pytest.fixture
def written(tmp_path: Path) -> Written:
    return Written(tmp_path)


def test_an_option_that_the_role_sets_itself_is_refused_with_what_to_use(tmp_path: Path) -> None:
    file = tmp_path / "apps.yml"
    file.write_text("apps: {shop: {image: r/acme/shop, hosts: web, container: {name: web}}}")

    with pytest.raises(ConfigurationError, match=r"apps.shop.container: name cannot be set here"):
        load_apps(file)


def test_an_app_needs_only_an_image_and_hosts(written: Written) -> None:
    app = written.load("apps: {shop: {image: docker.io/acme/shop, hosts: web}}")["shop"]

    assert (str(app.image), app.track, app.hosts) == ("docker.io/acme/shop", "latest", "web")
    assert (app.keep, app.switch, app.rollout.serial) == (2, "stop_first", (1, "25%", "100%"))


def test_a_name_without_a_registry_is_docker_hubs(written: Written) -> None:
    apps = written.load("apps: {web: {image: nginx, hosts: all}}")

    assert str(apps["web"].image) == "docker.io/library/nginx"


def test_templates_and_vault_strings_may_stand_under_container(written: Written) -> None:
    apps = written.load(
        """
        apps:
          shop:
            image: docker.io/acme/shop
            hosts: web
            container:
              hostname: "{{ inventory_hostname }}"
              env:
                PASSWORD: !vault |
                  $ANSIBLE_VAULT;1.1;AES256
                  3133
              labels: {jinja: "#jinja2: x"}
        """
    )

    assert apps["shop"].container["hostname"] == "{{ inventory_hostname }}"


@pytest.mark.parametrize(
    "value",
    [
        '"{{ tag }}"',
        '"{% if x %}1{% endif %}"',
        '"{# note #}"',
        "\"#jinja2: variable_start_string:'[%'\"",
        "!vault secret",
        "!unsafe latest",
    ],
)
def test_a_template_in_a_policy_field_names_the_field(written: Written, value: str) -> None:
    problem = written.problem_of(track=value)

    assert problem.startswith("apps.shop.track: holds a template or vault value")
    assert "container only" in problem


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"rollout": '{serial: [1, "{{ n }}"]}'}, "apps.shop.rollout.serial.1: "),
        ({"health": '{timeout: "{{ n }}"}'}, "apps.shop.health.timeout: "),
        ({"hosts": '"{{ group }}"'}, "apps.shop.hosts: "),
        ({"image": '"docker.io/acme/{{ name }}"'}, "apps.shop.image: "),
    ],
)
def test_a_template_deep_in_a_policy_field_is_named_by_its_path(
    written: Written, fields: dict[str, str], place: str
) -> None:
    assert written.problem_of(**fields).startswith(place + "holds a template")


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"image": "docker.io/acme/shop:latest"}, "apps.shop.image: 'docker.io/acme/shop:latest'"),
        ({"image": "5"}, "apps.shop.image: must be a string: registry and repository"),
        ({"track": "1.4"}, "apps.shop.track: '1.4' is no tag; quote it"),
        ({"track": "a/b"}, "apps.shop.track: 'a/b' is no tag"),
        ({"track": "{semver: '>=1'}"}, "apps.shop.track: only a literal tag"),
        ({"hosts": '""'}, "apps.shop.hosts: must be an Ansible host pattern"),
        ({"hosts": "-x"}, "apps.shop.hosts: must be an Ansible host pattern"),
        ({"hosts": "[web]"}, "apps.shop.hosts: must be a string"),
        ({"switch": "start_first"}, "apps.shop.switch: Input should be 'stop_first'"),
        ({"keep": "-1"}, "apps.shop.keep: Input should be greater than or equal to 0"),
        ({"keep": "21"}, "apps.shop.keep: Input should be less than or equal to 20"),
        ({"container": "[]"}, "apps.shop.container: must be a table of keys and values"),
        ({"health": "5"}, "apps.shop.health: must be a table of keys and values"),
        ({"health": "{timeout: 0}"}, "apps.shop.health.timeout: Input should be greater than 0"),
        ({"rollout": "{serial: []}"}, "apps.shop.rollout.serial: is empty; write for example"),
        ({"rollout": "{serial: 0}"}, "apps.shop.rollout.serial: 0 is no number of hosts"),
        ({"rollout": "{serial: 101%}"}, "apps.shop.rollout.serial: '101%' is no number"),
        ({"rollout": "{serial: [true]}"}, "apps.shop.rollout.serial: must be a number of hosts"),
        (
            {"rollout": "{max_fail_percentage: 101}"},
            "apps.shop.rollout.max_fail_percentage: Input should be less than or equal to 100",
        ),
        (
            {"rollout": "{on_failure: pray}"},
            "apps.shop.rollout.on_failure: Input should be 'restore' or 'halt'",
        ),
    ],
)
def test_a_wrong_value_is_named_by_its_path_with_what_is_allowed(
    written: Written, fields: dict[str, str], problem: str
) -> None:
    assert written.problem_of(**fields).startswith(problem)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        (
            {"tag": "latest"},
            (
                "apps.shop.tag: is not known here; allowed: "
                "container, health, hosts, image, keep, rollout, switch, track"
            ),
        ),
        (
            {"rollout": "{serail: 1}"},
            (
                "apps.shop.rollout.serail: is not known here; allowed: "
                "max_fail_percentage, on_failure, serial"
            ),
        ),
    ],
)
def test_an_unknown_key_is_answered_with_the_known_ones(
    written: Written, fields: dict[str, str], problem: str
) -> None:
    assert written.problem_of(**fields) == problem


def test_a_missing_field_is_named(written: Written) -> None:
    assert written.problems("apps: {shop: {hosts: web}}") == ["apps.shop.image: is required"]


def test_every_problem_is_told_at_once(written: Written) -> None:
    problems = written.problems("apps: {a: {image: nginx}, b: {hosts: web, keep: x}}")

    assert [problem.partition(": ")[0] for problem in problems] == [
        "apps.a.hosts",
        "apps.b.image",
        "apps.b.keep",
    ]


@pytest.mark.parametrize("name", ["Shop", "-shop", "sh op", "a" * 42, "é", "shop/../x"])
def test_an_app_needs_a_name_that_files_and_containers_can_have(
    written: Written, name: str
) -> None:
    [problem] = written.problems(f"apps: {{'{name}': {{image: nginx, hosts: web}}}}")

    assert name in problem


@pytest.mark.parametrize("text", ["", "[]", "shop: {}", "apps: {}\nother: 1\n", "apps"])
def test_the_file_holds_apps_and_nothing_beside_it(written: Written, text: str) -> None:
    assert written.problems(text) == ["must hold one key, apps, and nothing beside it"]


@pytest.mark.parametrize("value", ["", "[]", "5", "text"])
def test_apps_has_to_be_a_table(written: Written, value: str) -> None:
    assert written.problems(f"apps: {value}") == ["apps: must be a table of keys and values"]
