# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module container_removal does on a host: take away all containers of an app."""

from __future__ import annotations

from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import (
    DockerError,
    DockerSocket,
)
from ansible_collections.longshore.containers.plugins.module_utils._engine import Engine
from ansible_collections.longshore.containers.plugins.module_utils._host_lock import (
    LockError,
    host_lock,
)
from ansible_collections.longshore.containers.plugins.module_utils._switch_plan import unused_images

# For another switch of the app on this host to end.
LOCK_WAIT_S = 300


def run(module) -> None:
    """Do what the arguments of `module` ask: an AnsibleModule, or a HostRun (`_host_run`)."""
    app, socket = module.params["app"], module.params["socket"]
    engine = Engine(DockerSocket(socket))
    try:
        if module.check_mode:
            removed = engine.survey(app)
        else:
            with host_lock(app, socket_path=socket, wait=LOCK_WAIT_S, share_host=False):
                removed = remove_all(engine, app, module.params["stop_timeout"])
        left = engine.strangers(app)
    except (DockerError, LockError, OSError) as exc:
        module.fail_json(msg=f"{app} was not removed whole: {exc}; then run again")
    names = sorted(each.name for each in removed)
    module.exit_json(changed=bool(names), removed=names, left=list(left))


def remove_all(engine, app, stop_timeout):
    """Remove every container of an app, and the images that only they used; return them."""
    found = engine.survey(app)
    for each in found:
        if each.running or each.restarting:
            engine.stop(each, stop_timeout)
        engine.remove(each, volumes=False)
    for image in unused_images(found, engine.survey()):
        engine.remove_image(image)
    return found
