# SPDX-License-Identifier: GPL-3.0-or-later
"""What others say when something fails, as they said it, and what must be advised: one per line.

`words` are as recorded from Docker Engine 20.10.24 with docker-registry 2.8, community.docker and
ansible-core 2.19, but for those whose `source` names where they stand in somebody's code.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Said:
    """A message, a part of the advice on it ('' for none), and how the registry stands to it."""

    words: str
    advised: str
    kind: str = ""
    source: str = "recorded"


REGISTRY = (
    Said(
        'Get "http://10.93.0.1:5000/v2/": dial tcp 10.93.0.1:5000: connect: connection refused',
        "network and firewall",
        "unreachable",
    ),
    Said(
        'Get "http://10.93.0.1:5000/v2/": read tcp 10.93.0.11:48666->10.93.0.1:5000: read: '
        "connection reset by peer",
        "network and firewall",
        "unreachable",
    ),
    Said(
        'Get "http://10.93.0.1:5000/v2/": net/http: request canceled while waiting for connection '
        "(Client.Timeout exceeded while awaiting headers)",
        "network and firewall",
        "unreachable",
    ),
    Said(
        'Get "http://10.93.0.1:5000/v2/": dial tcp 10.93.0.1:5000: i/o timeout',
        "network and firewall",
        "unreachable",
    ),
    Said(
        'Get "https://registry.nowhere.example/v2/": dial tcp: lookup registry.nowhere.example on '
        "10.255.255.53:53: read udp 10.93.0.11:50039->10.255.255.53:53: i/o timeout",
        "DNS",
        "unreachable",
    ),
    Said(
        'Get "https://registry.example.com/v2/": dial tcp: lookup registry.example.com on '
        "127.0.0.53:53: no such host",
        "DNS",
        "unreachable",
        source="Go net, DNSError",
    ),
    Said(
        'failed to resolve reference "docker.io/acme/shop:1": failed to do request: Head '
        '"https://registry-1.docker.io/v2/acme/shop/manifests/1": dial tcp 1.2.3.4:443: connect: '
        "no route to host",
        "network and firewall",
        "unreachable",
        source="containerd core/remotes/docker, the image store of Engine 29",
    ),
    Said(
        'Get "https://registry-1.docker.io/v2/": net/http: TLS handshake timeout',
        "network and firewall",
        "unreachable",
        source="Go net/http, tlsHandshakeTimeoutError",
    ),
    Said(
        'Get "https://registry-1.docker.io/v2/": context deadline exceeded (Client.Timeout '
        "exceeded while awaiting headers)",
        "network and firewall",
        "unreachable",
        source="Go net/http, Engine 23 and later",
    ),
    Said(
        'Get "https://registry-1.docker.io/v2/": EOF',
        "network and firewall",
        "unreachable",
        source="Go net/http",
    ),
    Said(
        "the registry gave no answer to this host's Docker within 20 s",
        "network and firewall",
        "unreachable",
        source="plugins/module_utils/_registry_question.py",
    ),
    Said(
        'Get "https://registry-1.docker.io/v2/": proxyconnect tcp: dial tcp 10.0.0.9:3128: '
        "connect: connection refused",
        "HTTP proxy",
        "unreachable",
        source="Go net/http, Transport.dialConn",
    ),
    Said("unknown: Too Many Requests", "how often", "rate_limited"),
    Said(
        "toomanyrequests: You have reached your pull rate limit. You may increase the limit by "
        "authenticating and upgrading: https://www.docker.com/increase-rate-limit",
        "how often",
        "rate_limited",
        source="docs.docker.com, Docker Hub usage and limits",
    ),
    Said(
        "toomanyrequests: retry-after: 200.57µs, allowed: 44000/minute",
        "how often",
        "rate_limited",
        source="ghcr.io's answer; words of moby distribution/errors.go",
    ),
    Said(
        "error from registry: You have reached your unauthenticated pull rate limit. "
        "https://www.docker.com/increase-rate-limit",
        "how often",
        "rate_limited",
        source="docs.docker.com, Engine 28 and later",
    ),
    Said(
        "received unexpected HTTP status: 503 Service Unavailable", "registry's own log", "failing"
    ),
    Said(
        "received unexpected HTTP status: 500 Internal Server Error",
        "registry's own log",
        "failing",
    ),
    Said(
        "unexpected status from HEAD request to https://ghcr.io/v2/acme/shop/manifests/1: 502 Bad "
        "Gateway",
        "registry's own log",
        "failing",
        source="containerd core/remotes/errors, the image store of Engine 29",
    ),
    Said("unknown: Unauthorized", "username and password", "refused"),
    Said("unknown: Forbidden", "username and password", "refused"),
    Said(
        'Get "http://10.93.0.1:5000/v2/acme/shop/manifests/latest": no basic auth credentials',
        "username and password",
        "refused",
        source="docker-registry with htpasswd, tests/hosts/test_private_registry.py",
    ),
    Said(
        "pull access denied for acme/shop, repository does not exist or may require 'docker "
        "login': denied: requested access to the resource is denied",
        "username and password",
        "refused",
        source="moby distribution/errors.go",
    ),
    Said("manifest unknown: manifest unknown", "has no such image", "missing"),
    Said(
        "manifest for 10.93.0.1:5000/acme/shop@sha256:bbbb not found: manifest unknown: manifest "
        "unknown",
        "has no such image",
        "missing",
    ),
    Said("unknown: Not Found", "has no such image", "missing"),
    Said(
        'Get "https://10.93.0.1:5000/v2/": http: server gave HTTP response to HTTPS client',
        "insecure-registries",
        source="Go net/http",
    ),
    Said(
        'Get "https://registry.example.com/v2/": x509: certificate signed by unknown authority',
        "/etc/docker/certs.d",
        source="Go crypto/x509, Engine 20.10",
    ),
    Said(
        'Get "https://registry.example.com/v2/": tls: failed to verify certificate: x509: '
        "certificate signed by unknown authority",
        "/etc/docker/certs.d",
        source="Go crypto/x509, Engine 24 and later",
    ),
    Said(
        'Get "https://registry.example.com/v2/": tls: failed to verify certificate: x509: '
        "certificate has expired or is not yet valid: current time 2026-11-30T06:00:00Z is after "
        "2026-11-01T00:00:00Z",
        "clock",
        source="Go crypto/x509",
    ),
    Said(
        'Get "https://registry.example.com/v2/": x509: certificate is valid for example.com, not '
        "registry.example.com",
        "the registry's certificate",
        source="Go crypto/x509",
    ),
    Said(
        "no matching manifest for linux/amd64 in the manifest list entries",
        "this host's processor",
        source="moby distribution/pull_v2.go",
    ),
    Said(
        "filesystem layer verification failed for digest sha256:d9e104c4eea9",
        "push the image again",
        source="moby distribution/pull_v2.go, tests/hosts/test_registry_rows.py",
    ),
    Said(
        "failed to register layer: Error processing tar file(exit status 1): write /ballast: no "
        "space left on device",
        "free disk space",
        source="moby pkg/archive, tests/hosts/test_host_rows.py",
    ),
    Said(
        "failed to register layer: Error processing tar file(exit status 1): archive/tar: invalid "
        "tar header",
        "compression=gzip",
    ),
    Said(
        "Timed out after 900 second(s).",
        "docker_container_stage_timeout",
        source="ansible-core executor/task_executor.py",
    ),
    # What nobody knows a remedy for gets none.
    Said("layers from manifest don't match image configuration", "", source="moby distribution"),
    Said(
        'Get "https://registry.example.com/v2/denied/toomanyrequests/manifests/1": something new',
        "",
        source="a name of a repository",
    ),
    Said(
        "open /var/lib/docker/tmp/GetImageBlob1: permission denied",
        "",
        source="Go os, fs.ErrPermission",
    ),
)

_OPTION = "correct this option in docker_container_options"
_CREATE = "Error creating container: 400 Client Error for http+docker://localhost/v1.41/containers"

CONTAINER = (
    Said(
        "Unsupported parameters for (community.docker.docker_container) module: foo. Supported "
        "parameters include: api_version, auto_remove.",
        _OPTION,
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
