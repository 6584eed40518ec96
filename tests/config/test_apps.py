# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from webhook_bridge.config.apps import Apps, load_apps
from webhook_bridge.config.rollout import Rollout
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


def test_an_app_needs_only_an_image_and_hosts(written: Written) -> None:
    app = written.load("apps: {shop: {image: docker.io/acme/shop, hosts: web}}")["shop"]

    assert (str(app.image), str(app.track), app.hosts) == ("docker.io/acme/shop", "latest", "web")
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


def test_a_key_that_is_not_there_is_named(written: Written) -> None:
    problem = written.problem_of(signature="{cosign_key: no.pub}")

    assert problem.startswith("apps.shop.signature.cosign_key: ")


def test_a_rollout_may_have_a_budget_a_pause_and_its_own_ways(written: Written) -> None:
    rollout = written.load(
        """
        apps:
          shop:
            image: docker.io/acme/shop
            hosts: web
            rollout: {failure_budget: 10%, pause: 10m, unreachable: fail, supersede: finish}
        """
    )["shop"].rollout

    assert (rollout.failure_budget, rollout.pause) == ("10%", 600)
    assert (rollout.unreachable, rollout.supersede) == ("fail", "finish")
    assert rollout.max_fail_percentage is None


@pytest.mark.parametrize(
    ("serial", "hosts", "pauses"),
    [
        ((1, "25%", "100%"), 0, 0),
        ((1, "25%", "100%"), 1, 0),
        ((1, "25%", "100%"), 5, 2),
        ((1, "25%", "100%"), 20, 2),
        ((1,), 20, 19),
        (("10%",), 4, 3),
        ((3,), 7, 2),
    ],
)
def test_between_two_batches_is_one_pause(
    serial: tuple[int | str, ...], hosts: int, pauses: int
) -> None:
    rollout = Rollout.model_validate({"serial": list(serial), "pause": 1})

    assert rollout.pauses(hosts) == pauses


def test_a_health_check_may_ask_over_http_and_tcp(written: Written) -> None:
    health = written.load(
        """
        apps:
          shop:
            image: docker.io/acme/shop
            hosts: web
            health:
              http: {url: "http://127.0.0.1/health", status: [200, 204]}
              tcp: "[::1]:5432"
              successes: 3
        """
    )["shop"].health

    assert health.http is not None
    assert (health.http.url, health.http.status) == ("http://127.0.0.1/health", (200, 204))
    assert (health.tcp, health.successes) == ("[::1]:5432", 3)


@pytest.mark.parametrize(
    "fields",
    [
        "container: {network_mode: '{{ network }}', published_ports: '{{ ports }}'}",
        "container: {network_mode: !vault secret, published_ports: ['{{ port }}:80']}",
        "health: {http: {url: 'http://container:80/'}, tcp: 'container:80'}",
    ],
)
def test_two_containers_at_once_may_have_what_only_a_host_can_judge(
    written: Written, fields: str
) -> None:
    app = f"{{image: docker.io/acme/shop, hosts: web, switch: start_first, {fields}}}"

    assert written.load(f"apps: {{shop: {app}}}")["shop"].switch == "start_first"


def test_every_problem_is_told_at_once(written: Written) -> None:
    problems = written.problems("apps: {a: {image: nginx}, b: {hosts: web, keep: x}}")

    assert [problem.partition(": ")[0] for problem in problems] == [
        "apps.a.hosts",
        "apps.b.image",
        "apps.b.keep",
    ]


@pytest.mark.parametrize("text", ["", "[]", "shop: {}", "apps: {}\nother: 1\n", "apps"])
def test_the_file_holds_apps_and_nothing_beside_it(written: Written, text: str) -> None:
    assert written.problems(text) == ["must hold one key, apps, and nothing beside it"]


@pytest.mark.parametrize("value", ["", "[]", "5", "text"])
def test_apps_has_to_be_a_table(written: Written, value: str) -> None:
    assert written.problems(f"apps: {value}") == ["apps: must be a table of keys and values"]
