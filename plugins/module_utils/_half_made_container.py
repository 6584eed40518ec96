# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module half_made_container does on a host: clear away what was made only in part."""

from __future__ import annotations

from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import (
    DockerError,
    DockerSocket,
)
from ansible_collections.longshore.containers.plugins.module_utils._engine import Engine
from ansible_collections.longshore.containers.plugins.module_utils._switch_ready import (
    aside_name,
    gaps_of,
)


def run(module) -> None:
    """Do what the arguments of `module` ask: an AnsibleModule, or a HostRun (`_host_run`)."""
    engine = Engine(DockerSocket(module.params["socket"]))
    try:
        changed = clear_away(engine, module.params, dry=module.check_mode)
    except (DockerError, OSError) as exc:
        module.fail_json(msg=f"{module.params['name']} cannot be cleared away: {exc}")
    module.exit_json(changed=changed)


def clear_away(engine: Engine, params: dict, *, dry: bool = False) -> bool:
    """Remove or rename the container if it was made only in part; whether there was such a one."""
    found = engine.inspect(params["name"])
    if found is None or not found.is_ours or found.is_trial:
        return False
    if not gaps_of(engine, found, params["networks"]):
        return False
    if dry:
        return True
    if found.was_started:
        engine.rename(found, aside_name(found))
    else:
        engine.remove(found, volumes=True)
    return True
