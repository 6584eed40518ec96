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


def test_an_option_that_the_role_sets_itself_is_refused_with_what_to_use(tmp_path: Path) -> None:
    file = tmp_path / "apps.yml"
    file.write_text("apps: {shop: {image: r/acme/shop, hosts: web, container: {name: web}}}")

    with pytest.raises(ConfigurationError, match=r"apps.shop.container: name cannot be set here"):
        load_apps(file)


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


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"image": "docker.io/acme/shop:latest"}, "apps.shop.image: 'docker.io/acme/shop:latest'"),
        ({"image": "5"}, "apps.shop.image: must be a string: registry and repository"),
        ({"track": "1.4"}, "apps.shop.track: '1.4' is no tag; quote it"),
        ({"track": "a/b"}, "apps.shop.track: 'a/b' is no tag"),
        ({"track": "{semver: 'new'}"}, "apps.shop.track: semver: 'new' is no range of versions"),
        ({"track": "{tag: '1'}"}, "apps.shop.track: must be a tag, {semver"),
        ({"signature": "{}"}, "apps.shop.signature.cosign_key: is required"),
        ({"signature": "{cosign_key: no.pub}"}, "apps.shop.signature.cosign_key: "),
        ({"min_age": "0"}, "apps.shop.min_age: is no duration above 0"),
        ({"hosts": '""'}, "apps.shop.hosts: must be an Ansible host pattern"),
        ({"hosts": "-x"}, "apps.shop.hosts: must be an Ansible host pattern"),
        ({"hosts": "[web]"}, "apps.shop.hosts: must be a string"),
        ({"switch": "both"}, "apps.shop.switch: Input should be 'stop_first' or 'start_first'"),
        ({"drift": "hide"}, "apps.shop.drift: Input should be 'report' or 'correct'"),
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
            {"rollout": '{max_fail_percentage: "30"}'},
            "apps.shop.rollout.max_fail_percentage: must be a whole number",
        ),
        (
            {"rollout": "{max_fail_percentage: true}"},
            "apps.shop.rollout.max_fail_percentage: must be a whole number",
        ),
        ({"health": "{timeout: true}"}, "apps.shop.health.timeout: must be a number"),
        (
            {"health": "{timeout: 30, start_period: 30}"},
            "apps.shop.health.start_period: is a part of health.timeout (30 s), so it must be less",
        ),
        (
            {"health": "{start_period: 90}"},
            "apps.shop.health.start_period: is a part of health.timeout (60 s)",
        ),
        ({"health": "{http: {url: shop}}"}, "apps.shop.health.http.url: 'shop' is no URL"),
        ({"health": "{http: {url: 'ftp://x/'}}"}, "apps.shop.health.http.url: 'ftp://x/' is no"),
        ({"health": "{http: {url: 'http://x:99999/'}}"}, "apps.shop.health.http.url: 'http://x:9"),
        ({"health": "{http: {url: 'http://a:b@x/'}}"}, "apps.shop.health.http.url: carries a user"),
        ({"health": "{http: {}}"}, "apps.shop.health.http.url: is required"),
        (
            {"health": "{http: {url: 'http://x/', status: 99}}"},
            "apps.shop.health.http.status: must be a status code of HTTP",
        ),
        (
            {"health": "{http: {url: 'http://x/', status: []}}"},
            "apps.shop.health.http.status: must be a status code of HTTP",
        ),
        ({"health": "{tcp: db}"}, "apps.shop.health.tcp: 'db' is not host:port"),
        ({"health": "{tcp: 'db:0'}"}, "apps.shop.health.tcp: 'db:0' is not host:port"),
        ({"health": "{interval: 0}"}, "apps.shop.health.interval: Input should be greater than 0"),
        ({"health": "{successes: 0}"}, "apps.shop.health.successes: Input should be greater than"),
        (
            {"rollout": "{failure_budget: -1}"},
            "apps.shop.rollout.failure_budget: must be a number of hosts or a percentage",
        ),
        (
            {"rollout": "{failure_budget: 101%}"},
            "apps.shop.rollout.failure_budget: must be a number of hosts or a percentage",
        ),
        ({"rollout": "{pause: soon}"}, "apps.shop.rollout.pause: is no duration"),
        (
            {"rollout": "{unreachable: wait}"},
            "apps.shop.rollout.unreachable: Input should be 'skip' or 'fail'",
        ),
        (
            {"rollout": "{supersede: now}"},
            "apps.shop.rollout.supersede: Input should be 'batch' or 'finish'",
        ),
        (
            {"rollout": "{share_hosts: 'yes'}"},
            "apps.shop.rollout.share_hosts: Input should be a valid boolean",
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
                "container, drift, health, hosts, image, keep, min_age, rollout, "
                "signature, switch, track"
            ),
        ),
        (
            {"rollout": "{serail: 1}"},
            (
                "apps.shop.rollout.serail: is not known here; allowed: "
                "failure_budget, max_fail_percentage, on_failure, pause, serial, share_hosts, "
                "supersede, unreachable"
            ),
        ),
    ],
)
def test_an_unknown_key_is_answered_with_the_known_ones(
    written: Written, fields: dict[str, str], problem: str
) -> None:
    assert written.problem_of(**fields) == problem


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
    ("fields", "why"),
    [
        ({"container": "{network_mode: host}"}, "but container.network_mode is host"),
        (
            {"container": "{published_ports: '8080, 80:80'}"},
            "container.published_ports fixes 80:80",
        ),
        ({"health": "{http: {url: 'http://127.0.0.1/'}}"}, "health.http.url may be answered by"),
        ({"health": "{tcp: '127.0.0.1:80'}"}, "health.tcp may be answered by the old one"),
    ],
)
def test_two_containers_at_once_are_refused_where_a_host_would_refuse_them(
    written: Written, fields: dict[str, str], why: str
) -> None:
    problem = written.problem_of(**fields, switch="start_first")

    assert problem.startswith("apps.shop.switch: start_first needs two containers at once, but ")
    assert why in problem
    assert "stop_first" in problem


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


@pytest.mark.parametrize(
    "port", ["80:8080", "127.0.0.1:80:8080", "80:8080/tcp", "8000-8001:8000-8001"]
)
def test_two_containers_at_once_cannot_have_one_port_of_the_host(
    written: Written, port: str
) -> None:
    problem = written.problem_of(container=f"{{published_ports: ['{port}']}}", switch="start_first")

    assert problem.startswith("apps.shop.switch: start_first needs two containers at once")
    assert port in problem


@pytest.mark.parametrize("port", ["8080", "127.0.0.1::8080", "8000-8009:8080", "0:80"])
def test_two_containers_at_once_may_publish_a_port_that_docker_chooses(
    written: Written, port: str
) -> None:
    apps = written.load(
        f"""
        apps:
          shop:
            image: docker.io/acme/shop
            hosts: web
            container: {{published_ports: ["{port}"]}}
            switch: start_first
        """
    )

    assert apps["shop"].switch == "start_first"


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
