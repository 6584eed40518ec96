# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What helps against what Docker, a registry or Ansible says: a table, with a test for each row.

There is no row for everything else: no advice is better than a wrong one. The words are those of
Docker Engine 20.10 to 28 (moby's `distribution` and `registry`, Go's `net` and `crypto/x509`), of
community.docker and of ansible-core; tests/support/advice_cases.py has them as they were said.
"""

from __future__ import annotations

import re
from typing import NamedTuple

# Why a registry does not serve a host for now. What it needs is time, or somebody at the registry
# or the network: nothing is wrong with the image or its options.
UNREACHABLE = "unreachable"
RATE_LIMITED = "rate_limited"
FAILING = "failing"
PASSING = (UNREACHABLE, RATE_LIMITED, FAILING)
# What the registry has decided: to ask again is of no use.
REFUSED = "refused"
MISSING = "missing"


_ADDRESS = r"https?://[^\s\"']*[^\s\"':]"


class Advice(NamedTuple):
    """What to do where a message matches; `kind` says how the registry stands to it, if it does."""

    words: str
    helps: str
    kind: str = ""

    def matches(self, said):
        """Whether this is about what was said."""
        # Compiled only now: most hosts need none of them, and all of them take time.
        return re.search(self.words, said, re.IGNORECASE) is not None


_FREE_DISK = Advice("no space left on device", "free disk space on this host")
_DAEMON = Advice(
    "docker.sock|Error connecting: Error while fetching server API version|Is the docker daemon "
    "running",
    "see that Docker runs on this host and that the user may use its socket",
)
_TOO_LONG = Advice(
    "Timed out after|expected time frame",
    "see why the registry or this host is so slow, or raise docker_container_stage_timeout",
)

# Asking a registry, or pulling from it. The first row that matches counts.
REGISTRY = (
    _FREE_DISK,
    _TOO_LONG,
    Advice(
        "no matching manifest|does not match the (detected|specified)",
        "push an image that includes this host's processor",
    ),
    Advice(
        "verification failed",
        "the registry, or the line to it, gives other bytes than were pushed; push the image again",
    ),
    # Before 23.0 the unpacking of a layer knew no zstd (moby pkg/archive, DetectCompression).
    Advice(
        r"invalid tar header|\+zstd",
        "its layers may be compressed with zstd, which Docker Engine reads from 23.0 on: upgrade "
        "Docker on this host, or build the image with compression=gzip",
    ),
    Advice(
        "toomanyrequests|too many requests|rate limit",
        "the registry limits how often this host's address or account pulls: give it the login of "
        "an account that may pull more (registries), or have its Docker use a registry mirror",
        RATE_LIMITED,
    ),
    Advice(
        "server gave HTTP response to HTTPS client",
        "give the registry a certificate, or list it in insecure-registries of this host's daemon",
    ),
    Advice(
        "x509: certificate has expired or is not yet valid",
        "renew the registry's certificate, or correct this host's clock",
    ),
    Advice(
        "x509: certificate signed by unknown authority|x509: .* is not trusted",
        "put the certificate of the registry's authority on this host, as "
        "/etc/docker/certs.d/REGISTRY/ca.crt",
    ),
    Advice("x509: |tls: ", "correct the registry's certificate, or the name in the app's image"),
    Advice(
        r"unauthorized|(?<!permission )(?<![\w/.-])denied(?![\w/.-])|no basic auth credentials|"
        "authentication required|incorrect username or password|unknown: Forbidden|: 403 Forbidden",
        "check the repository, and username and password in docker_container_registry (for an app: "
        "in registries), or log this host in (community.docker.docker_login)",
        REFUSED,
    ),
    Advice(
        "(manifest|name|blob) unknown|not known to registry|manifest for .* not found|"
        "unknown: Not Found|no such image|failed to resolve reference .*: not found",
        "the registry has no such image: push it, or correct image and track of the app",
        MISSING,
    ),
    Advice(
        "proxyconnect",
        "correct the HTTP proxy of this host's Docker daemon, or start that proxy",
        UNREACHABLE,
    ),
    Advice(
        "no such host|server misbehaving|dial (tcp|udp): lookup|name resolution",
        "correct the registry's name in the app's image, or the DNS of this host",
        UNREACHABLE,
    ),
    Advice(
        "connection refused|connection reset|connection timed out|no route to host|"
        "network is unreachable|i/o timeout|TLS handshake timeout|Client.Timeout|"
        "deadline exceeded|request canceled|unexpected EOF|: EOF|broken pipe|"
        "gave no answer to this host",
        "see that the registry runs, and that this host's network and firewall let Docker reach it",
        UNREACHABLE,
    ),
    Advice(
        "unexpected (HTTP )?status.*: 5[0-9][0-9]|unexpected http code: 5[0-9][0-9]|"
        "(unknown|unavailable): .*(unavailable|internal|bad gateway|timeout)|internal server error|"
        "service unavailable|bad gateway",
        "see the registry's own log for what is wrong with it",
        FAILING,
    ),
)

_OPTION = "correct this option in docker_container_options (container, for an app)"

# Creating a container from an image that is there.
CONTAINER = (
    _FREE_DISK,
    Advice(
        "does not match the (detected|specified)",
        "push an image that includes this host's processor",
    ),
    Advice(
        "__omit_place_holder__|OmitType",
        "default(omit) leaves out an option of a module, and nothing inside of one: use another "
        "default, or a condition, in docker_container_options (container, for an app)",
    ),
    Advice(
        "is undefined|has no attribute",
        "define this variable for the host, or correct the template in docker_container_options "
        "(container, for an app)",
    ),
    Advice(
        "No such image",
        "it was on this host a moment ago: see what removes images there, and run again",
    ),
    Advice(
        "connecting container to network|is not what its options ask for",
        "correct networks in docker_container_options (container, for an app), or that network on "
        "this host",
    ),
    Advice("Conflict.*name.*already in use", "rename or remove that container on this host"),
    Advice(
        "network .*(not found|could not be found)|No such network",
        "create the network on this host (docker network create), or " + _OPTION,
    ),
    Advice(
        "No such file or directory: '",
        "see that this file is on the host, or " + _OPTION,
    ),
    Advice(
        "Unsupported parameters|must be one of|unable to convert|cannot be converted|"
        "Failed to convert|Parameter error|missing parameter|required by|is of type|"
        "Non-string value|Invalid (port|bind|value|range|IP)|invalid .*specification|"
        "Found (invalid|unsupported|unknown)|mutually exclusive|"
        "invalid mount config|400 Client Error|duplicate|Invalid time duration",
        _OPTION,
    ),
    _TOO_LONG,
    _DAEMON,
    Advice(
        "import the required|No module named", "install the Python package requests on this host"
    ),
)

# Reaching a host and running a module there.
HOST = (
    Advice(
        "a password is required|Missing sudo password|a terminal is required to read",
        "give the password in ansible_become_password, or let this user run sudo without one "
        "(NOPASSWD in sudoers)",
    ),
    Advice(
        "Incorrect sudo password|Sorry, try again|incorrect password attempt",
        "correct ansible_become_password of this host",
    ),
    Advice(
        "is not in the sudoers file|is not allowed to (execute|run)|may not run sudo",
        "let this user run sudo on this host, or connect as one who may (ansible_user)",
    ),
    Advice("must have a tty to run sudo", "take requiretty out of the sudoers file of this host"),
    Advice(
        "sudo: (command )?not found|sudo: No such file",
        "install sudo on this host, or name another way to become root (ansible_become_method)",
    ),
    Advice("sudo:", "see why sudo does not work for this user on this host"),
    Advice(
        "too long for Unix domain socket|ControlPath too long|ControlPath .* too long",
        "name a shorter folder for SSH's sockets in ANSIBLE_SSH_CONTROL_PATH_DIR",
    ),
    Advice(
        "python[0-9.]*: (command )?not found|python[0-9.]*: No such file|"
        "interpreter.* not found|No python interpreters found",
        "see that Python runs on this host and that ansible_python_interpreter names it",
    ),
)


def advice_on(said, rows):
    """Return what helps against what was said, of these rows; an empty string where none fits."""
    found = _first(said, rows)
    return found.helps if found else ""


def with_advice(said, rows):
    """Return what was said with what helps, if anything does and it is not said yet."""
    helps = advice_on(said, rows)
    return f"{said}; {helps}" if helps and helps not in str(said) else str(said)


def registry_kind(said):
    """Return how the registry stands to a request that failed, one of the words above; or ''."""
    found = _first(said, REGISTRY)
    return found.kind if found else ""


def _first(said, rows):
    # Not what a repository or a proxy may be called.
    words = re.sub(_ADDRESS, "", str(said))
    return next((row for row in rows if row.matches(words)), None)
