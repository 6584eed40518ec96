# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module container_preflight does on a host: see whether it can take a release."""

from __future__ import annotations

from ansible_collections.longshore.containers.plugins.module_utils._arguments import STOP_FIRST
from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import (
    DockerError,
    DockerSocket,
)
from ansible_collections.longshore.containers.plugins.module_utils._engine import Engine
from ansible_collections.longshore.containers.plugins.module_utils._env_file import (
    env_file_problem,
    fingerprint,
)
from ansible_collections.longshore.containers.plugins.module_utils._host_needs import (
    option_problems,
)
from ansible_collections.longshore.containers.plugins.module_utils._host_survey import (
    HostSurvey,
)
from ansible_collections.longshore.containers.plugins.module_utils._port_options import (
    needed_ports,
)
from ansible_collections.longshore.containers.plugins.module_utils._preflight import (
    network_problems,
    platform_problem,
    port_problems,
    room_problem,
    volume_problems,
)
from ansible_collections.longshore.containers.plugins.module_utils._registry_login import (
    Login,
    find_login,
)
from ansible_collections.longshore.containers.plugins.module_utils._registry_question import (
    RegistryError,
    come_at_random,
)
from ansible_collections.longshore.containers.plugins.module_utils._switch_options import (
    order_problem,
    ordered,
)
from ansible_collections.longshore.containers.plugins.module_utils._switch_unchanged import (
    unchanged_result,
)


def run(module) -> None:
    """Do what the arguments of `module` ask: an AnsibleModule, or a HostRun (`_host_run`)."""
    docker = DockerSocket(module.params["socket"])
    # All of it is one look at the host.
    with docker.cached_reads():
        _look(module, docker)


def _look(module, docker: DockerSocket) -> None:
    survey = HostSurvey(docker)
    try:
        kept = survey.ours(module.params["restore_container"], app=module.params["app"])
        with docker.fresh_reads():  # a program that keeps logins may take seconds
            login = None if kept else find_login(module, module.params["image"])
        problems = start_problems(survey, module.params, kept)
        replaces = env_file = ""
        idle = {}
        if kept is None:
            replaces = survey.replaced_by(module.params["digest"], app=module.params["app"])
            for said in survey.volumes_left(module.params["app"], module.params["options"]):
                module.warn(said)
            problems = [*find_problems(survey, module.params, login=login), *problems]
            env_file = "" if problems else fingerprint(module.params["options"].get("env_file"))
        if not problems:
            idle = find_idle(docker, module.params)
    except (DockerError, OSError) as exc:
        problems = [exc]
    causes = [getattr(each, "cause", "") for each in problems]
    if problems and all(causes):
        module.fail_json(msg=str(problems[0]), registry=causes[0], problems=[])
    if problems:
        # An option may be looked at in two ways, as a network with a fixed address.
        found = list(dict.fromkeys(str(each) for each in problems))
        module.fail_json(msg="; ".join(found), problems=found)
    module.exit_json(
        changed=False,
        kept=kept is not None,
        problems=[],
        replaces=replaces,
        env_file=env_file,
        unchanged=idle,
    )


def find_idle(docker: DockerSocket, params: dict) -> dict:
    """Return what the switch would answer if it has nothing to do; {} if that is not known."""
    if not params["switch"] or params["options"].get("env_file"):
        return {}
    order = ordered(params["switch"])
    if order_problem(order):
        return {}  # the switch refuses it, and says why
    return unchanged_result(Engine(docker), order)


def find_problems(survey: HostSurvey, params: dict, *, login: Login) -> list:
    """Return all problems of this host: sentences, and a RegistryError where there is one."""
    options = params["options"]
    found = survey.look(params["app"], params["image"], options)
    env_file = env_file_problem(options.get("env_file"))
    return [
        *option_problems(options),
        *([env_file] if env_file else []),
        *_image_problems(survey, found, params, login=login),
        *volume_problems(found),
        *network_problems(found),
        *port_problems(found, needed_ports(options)),
    ]


def start_problems(survey: HostSurvey, params: dict, kept) -> list:
    """Return why the next container, or the one that runs, could not be started here."""
    app = params["app"]
    target = kept or survey.ours(params["name"], app=app)
    networks = params["options"].get("networks") or []
    # One that is not whole is made anew, and goes for what is made.
    if target is not None and target.running and (kept or survey.is_whole(target, networks)):
        return []  # nothing is to be stopped or started
    found = survey.start_problems(app, params["options"], kept)
    if params["strategy"] != STOP_FIRST:
        return found
    return found + survey.return_problems(app, params["options"], kept)


def _image_problems(survey: HostSurvey, found, params: dict, *, login: Login) -> list:
    reference = f"{params['image']}@{params['digest']}"
    platforms = survey.platforms_here(reference)
    room = ""
    if not platforms:
        room = room_problem(found, image_bytes=params["image_bytes"])
        try:
            with survey.fresh_reads():
                asked = _ask_registry(survey, reference, params, login=login)
        except RegistryError as exc:
            said = f"{reference} cannot be had from the registry: {exc}"
            return [each for each in (RegistryError(said, cause=exc.cause), room) if each]
        platforms = params["platforms"] or asked
    wanted = params["options"].get("platform")
    unfit = platform_problem(platforms, architecture=found.architecture, wanted=wanted)
    return [each for each in (unfit, room) if each]


def _ask_registry(survey: HostSurvey, reference: str, params: dict, *, login: Login) -> list:
    come_at_random(params["registry_spread"])
    within = params["registry_timeout"]
    return survey.platforms_at_registry(reference, login=login, within=within)
