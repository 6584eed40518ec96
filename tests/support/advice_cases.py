# SPDX-License-Identifier: GPL-3.0-or-later
"""What others say when something fails, as they said it, and what must be advised: one per line.

`words` are as recorded from Docker Engine 20.10.24 with docker-registry 2.8, community.docker and
ansible-core 2.19, but for those whose `source` names where they stand in somebody's code.
"""

from tests.support.advice_registry_cases import REGISTRY
from tests.support.said import Said

__all__ = ["CONTAINER", "HOST", "REGISTRY", "Said"]

_OPTION = "correct this option in docker_container_options"
_CREATE = "Error creating container: 400 Client Error for http+docker://localhost/v1.41/containers"

CONTAINER = (
    Said(
        "Unsupported parameters for (community.docker.docker_container) module: foo. Supported "
        "parameters include: api_version, auto_remove.",
        _OPTION,
    ),
    Said(
        "Error connecting container to network bridge: 400 Client Error for "
        "http+docker://localhost/v1.41/networks/bridge/connect: Bad Request "
        '("network-scoped alias is supported only for containers in user defined networks")',
        "correct networks in docker_container_options",
        source="moby libnetwork, docker_container's module",
    ),
    Said(
        "value of restart_policy must be one of: no, on-failure, always, unless-stopped, got: x",
        _OPTION,
    ),
    Said(
        "Failed to convert memory to bytes: human_to_bytes() failed to convert 12Q (unit = Q). The "
        "suffix must be one of Y, Z, E, P, T, G, M, K, B",
        _OPTION,
    ),
    Said(
        "Failed to convert shm_size to bytes: human_to_bytes() can't interpret following string: x",
        _OPTION,
    ),
    Said(f'{_CREATE}/create?name=t4: Bad Request ("Minimum memory limit allowed is 6MB")', _OPTION),
    Said(
        f'{_CREATE}/create?name=t6: Bad Request ("Range of CPUs is from 0.01 to 2.00, as there are '
        'only 2 CPUs available")',
        _OPTION,
    ),
    Said(
        "argument 'cpus' is of type str and we were unable to convert to float: <class 'str'> "
        "cannot be converted to a float",
        _OPTION,
    ),
    Said('Invalid port: "x"', _OPTION),
    Said(
        f'{_CREATE}/create?name=t8: Bad Request ("invalid port specification: "999999"")', _OPTION
    ),
    Said("Found invalid volumes mode: zz", _OPTION),
    Said(
        "Error creating container: 500 Server Error for http+docker://localhost/v1.41/containers/"
        'create?name=t10: Internal Server Error ("invalid volume specification: '
        "'data:relative:rw': invalid mount config for type \"volume\": invalid mount path: "
        "'relative' mount path must be absolute\")",
        _OPTION,
    ),
    Said(
        "Parameter error: network named nonet could not be found. Does it exist?",
        "docker network create",
    ),
    Said(
        "argument 'env' is of type list and we were unable to convert to dict: <class 'list'> "
        "cannot be converted to a dict",
        _OPTION,
    ),
    Said(
        "Non-string value found for env option. Ambiguous env options must be wrapped in quotes to "
        "avoid them being interpreted. Key: A",
        _OPTION,
    ),
    Said(
        f'{_CREATE}/create?name=t17: Bad Request ("error looking up logging plugin nolog: plugin '
        '"nolog" not found")',
        _OPTION,
    ),
    Said("missing parameter(s) required by 'log_options': log_driver", _OPTION),
    Said(f'{_CREATE}/create?name=t19: Bad Request ("Unknown runtime specified norun")', _OPTION),
    Said(
        f'{_CREATE}/create?name=t21: Bad Request ("invalid CapAdd: unknown capability: '
        '"CAP_NOPE"")',
        _OPTION,
    ),
    Said(
        f'{_CREATE}/create?name=t25: Bad Request ("invalid IP address in add-host: "notip"")',
        _OPTION,
    ),
    Said(f'{_CREATE}/create?name=t26: Bad Request ("Invalid signal: SIGNONE")', _OPTION),
    Said("Invalid time duration - abc", _OPTION),
    Said("[Errno 2] No such file or directory: '/nofile'", "see that this file is on the host"),
    Said(
        "Error while resolving value for 'name': The filter plugin 'ansible.builtin.to_json' "
        "failed: Object of type '_OmitType' is not JSON serializable by the 'tagless' profile.",
        "default(omit)",
    ),
    Said("'db_password' is undefined", "define this variable"),
    Said("Failed to import the required Python library (requests)", "Python package requests"),
    Said(
        "Timed out after 900 second(s).",
        "docker_container_stage_timeout",
        source="ansible-core executor/task_executor.py",
    ),
    Said(
        "The requested image's platform (linux/arm64) does not match the detected host platform "
        "(linux/amd64/v2) and no specific platform was requested",
        "this host's processor",
        source="moby daemon/create.go",
    ),
    Said(
        "Error connecting: Error while fetching server API version: ('Connection aborted.', "
        "FileNotFoundError(2, 'No such file or directory'))",
        "see that Docker runs",
        source="community.docker module_utils/common_api.py",
    ),
    Said(
        "Error creating container: 500 Server Error for http+docker://localhost/v1.41/containers/"
        'create: Internal Server Error ("no space left on device")',
        "free disk space",
        source="moby",
    ),
    Said(
        "Error creating container: 409 Client Error for http+docker://localhost/v1.41/containers/"
        'create: Conflict ("Conflict. The container name "/shop-1" is already in use by container '
        '"abc". You have to remove (or rename) that container to be able to reuse that name.")',
        "rename or remove that container",
        source="moby daemon/names.go",
    ),
    Said(
        "Error creating container: 404 Client Error for http+docker://localhost/v1.41/containers/"
        'create: Not Found ("No such image: acme/shop@sha256:aaaa")',
        "see what removes images",
        source="moby daemon/images",
    ),
    Said(
        'Error creating container: 500 Server Error: Internal Server Error ("something new")',
        "",
        source="a fault that nobody knows",
    ),
)

HOST = (
    Said("sudo: a password is required", "ansible_become_password", source="sudo, sudo -n"),
    Said("Missing sudo password", "ansible_become_password", source="ansible-core, ssh.py"),
    Said(
        "sudo: a terminal is required to read the password; either use the -S option to read from "
        "standard input or configure an askpass helper",
        "ansible_become_password",
        source="sudo 1.9",
    ),
    Said(
        "Incorrect sudo password", "correct ansible_become_password", source="ansible-core, ssh.py"
    ),
    Said(
        "alice is not in the sudoers file.  This incident will be reported.",
        "let this user run sudo",
        source="sudo 1.8 and 1.9",
    ),
    Said(
        "Sorry, user alice is not allowed to execute '/bin/sh -c x' as root on h1.",
        "let this user run sudo",
        source="sudo 1.9",
    ),
    Said("sudo: sorry, you must have a tty to run sudo", "requiretty", source="sudo 1.8"),
    Said("/bin/sh: 1: sudo: not found", "install sudo", source="dash"),
    Said(
        "sudo: account validation failure, is your account locked?",
        "see why sudo",
        source="sudo 1.9",
    ),
    Said(
        'unix_listener: path "/very/long/cp/1e613727dd.Xm3gVbGp1kDqGvFs" too long for Unix domain '
        "socket",
        "ANSIBLE_SSH_CONTROL_PATH_DIR",
        source="OpenSSH misc.c, unix_listener",
    ),
    Said(
        "The module interpreter '/usr/bin/python3' was not found.",
        "ansible_python_interpreter",
        source="ansible-core 2.19 plugins/action",
    ),
    Said("/bin/sh: 1: /usr/bin/python3: not found", "ansible_python_interpreter", source="dash"),
    Said("Segmentation fault", "", source="a fault that nobody knows"),
)
