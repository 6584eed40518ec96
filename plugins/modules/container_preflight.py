#!/usr/bin/python

# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look whether a host can take a release, changing nothing."""

from __future__ import annotations

DOCUMENTATION = r"""
module: container_preflight
short_description: Look whether a host can take a release
version_added: 1.1.0
author: The Longshore developers (@longshore)
description:
  - Looks for everything at once that would keep a release from running on a host. That Docker
    answers, that the registry lets this host have the image, that the image has a platform of this
    host and finds room, that named volumes and networks are there, and that nobody else holds a
    port that the container publishes.
  - Looks besides for what a daemon asks for only when it starts a container. Devices, files that
    are mounted, containers whose network, IPC or processes are shared, fixed addresses, runtime,
    C(init), GPUs, log driver and seccomp profile.
  - The same is looked for on behalf of the container that runs, where it is to be stopped first.
    That it could not be started again is a problem, too.
  - An image that the host has already is not asked for at the registry.
  - Warns of data that the app's container keeps in a volume without a name, which whatever replaces
    it does not get.
  - Fails if there is any problem, with all of them in RV(problems).
  - A registry that does not serve this host for now, while nothing else is wrong, is named in
    RV(registry) and is no problem of the host.
extends_documentation_fragment:
  - longshore.containers.login
attributes:
  check_mode:
    description: Reads only.
    support: full
  diff_mode:
    description: Reads only.
    support: none
  idempotent:
    description: Reads only.
    support: full
options:
  app:
    description: The app, whose own containers may hold the ports.
    type: str
    required: true
  image:
    description: Registry and repository, without tag.
    type: str
    required: true
  digest:
    description: The digest that shall run.
    type: str
    required: true
  restore_container:
    description:
      - ID of a container of this app that was kept. If it is there, it only has to be fit to be
        started.
      - If it is gone, O(digest) has to be had.
    type: str
  name:
    description:
      - Name of the container that is to run. If it runs already, nothing has to be started.
    type: str
    default: ""
  strategy:
    description: Whether the container that runs is stopped before the new one is started, or after.
    type: str
    choices: [stop_first, start_first]
    default: stop_first
  options:
    description:
      - The container's options, as far as they name things that the host has to have or to be free
        of.
    type: dict
    default: {}
  image_bytes:
    description: Size of the image's compressed layers, if it is known.
    type: int
    default: 0
  platforms:
    description: Platforms of the image, such as V(linux/arm64). The registry is asked by default.
    type: list
    elements: str
    default: []
  registry_timeout:
    description: Seconds in which the registry must have answered.
    type: int
    default: 20
  registry_spread:
    description: Seconds over which hosts that run this at once spread their first question.
    type: float
    default: 0
  socket:
    description: Path of the Docker daemon's Unix socket.
    type: path
    default: /var/run/docker.sock
"""

EXAMPLES = r"""
- name: See whether the host can take the release
  longshore.containers.container_preflight:
    app: shop
    image: docker.io/acme/shop
    digest: sha256:3b1f0a6f0f5d0a4e8d7c6b5a49382716f5e4d3c2b1a0918273645566778899aa
    options:
      published_ports: ["80:8080"]
      volumes: ["data:/data"]
"""

RETURN = r"""
kept:
  description: Whether the container O(restore_container) is there.
  returned: success
  type: bool
problems:
  description: One sentence for each problem, with what to do.
  returned: always
  type: list
  elements: str
env_file:
  description: Hexadecimal digits that change with the content of C(env_file), or empty.
  returned: success
  type: str
replaces:
  description: The digest of the app that runs, or ran last, before O(digest), or empty.
  returned: success
  type: str
registry:
  description:
    - Why the registry does not serve this host for now, V(unreachable), V(rate_limited) or
      V(failing), where that alone is in the way. RV(ignore:msg) says it to people.
  returned: failure
  type: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import (
    DockerError,
    DockerSocket,
)
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
    LOGIN_ARGUMENTS,
    Login,
    find_login,
)
from ansible_collections.longshore.containers.plugins.module_utils._registry_question import (
    RegistryError,
    come_at_random,
)
from ansible_collections.longshore.containers.plugins.module_utils._switch_report import (
    START_FIRST,
    STOP_FIRST,
)

ARGUMENTS = {
    **LOGIN_ARGUMENTS,
    "app": {"type": "str", "required": True},
    "image": {"type": "str", "required": True},
    "digest": {"type": "str", "required": True},
    "restore_container": {"type": "str"},
    "name": {"type": "str", "default": ""},
    "strategy": {"type": "str", "default": STOP_FIRST, "choices": [STOP_FIRST, START_FIRST]},
    "options": {"type": "dict", "default": {}},
    "image_bytes": {"type": "int", "default": 0},
    "platforms": {"type": "list", "elements": "str", "default": []},
    "registry_timeout": {"type": "int", "default": 20},
    "registry_spread": {"type": "float", "default": 0},
    "socket": {"type": "path", "default": "/var/run/docker.sock"},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    survey = HostSurvey(DockerSocket(module.params["socket"]))
    try:
        kept = survey.ours(module.params["restore_container"], app=module.params["app"])
        problems = start_problems(survey, module.params, kept)
        replaces = env_file = ""
        if kept is None:
            login = find_login(module, module.params["image"])
            problems = [*find_problems(survey, module.params, login=login), *problems]
            replaces = survey.replaced_by(module.params["digest"], app=module.params["app"])
            env_file = "" if problems else fingerprint(module.params["options"].get("env_file"))
            for said in survey.volumes_left(module.params["app"], module.params["options"]):
                module.warn(said)
    except (DockerError, OSError) as exc:
        problems = [exc]
    causes = [getattr(each, "cause", "") for each in problems]
    if problems and all(causes):
        module.fail_json(msg=str(problems[0]), registry=causes[0], problems=[])
    if problems:
        found = [str(each) for each in problems]
        module.fail_json(msg="; ".join(found), problems=found)
    module.exit_json(
        changed=False,
        kept=kept is not None,
        problems=[],
        replaces=replaces,
        env_file=env_file,
    )


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


if __name__ == "__main__":
    main()
