# SPDX-License-Identifier: GPL-3.0-or-later
"""Container images made here from busybox, without a daemon and without a pull.

Each serves its version over HTTP at port 8080. The same call gives the same digest, always.
"""

import hashlib
import platform
from dataclasses import dataclass, field
from typing import Any

from fleet.errors import FleetError
from fleet.image_format import Image, assemble

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}

# A shell as process 1 that ends at once when told to: without the trap the kernel keeps SIGTERM
# from a process 1, and `docker stop` waits out its ten seconds.
_SERVE = """\
trap 'exit 0' TERM INT
httpd -f -p 8080 -h /www &
echo "version $VERSION is serving"
wait
"""
_SERVE_FOR_EVER = """\
trap '' TERM
exec httpd -f -p 8080 -h /www
"""
_EXIT = """\
echo "version $VERSION cannot start: its configuration is broken" >&2
exit 3
"""
_SERVE_ONCE = f"""\
test ! -e /started || exit 4
touch /started
{_SERVE}"""
_FILL = """\
cat /dev/zero >/filler
exit 5
"""
_TELL_ALL = """\
echo "no login with $DB_PASSWORD" >&2
exit 3
"""
_SECOND = 1_000_000_000
_PROBE = ["CMD", "/bin/wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/"]


def _health(test: list[str], *, retries: int = 3) -> dict[str, Any]:
    return {"Test": test, "Interval": _SECOND, "Timeout": 3 * _SECOND, "Retries": retries}


@dataclass(frozen=True)
class Recipe:
    """What makes one image differ from another."""

    version: str
    script: str = _SERVE
    health: dict[str, Any] | None = field(default_factory=lambda: _health(_PROBE))
    architecture: str = ""
    ballast: int = 0
    user: str = ""
    volume: str = ""

    def build(self) -> Image:
        files = {"start": self.script, "www/index.html": f"version {self.version}\n"}
        if self.ballast:
            # Hexadecimal, so that it is text; it packs to half of its size.
            files["ballast"] = _noise(self.version, self.ballast // 2).hex()
        options: dict[str, Any] = {
            "Entrypoint": ["/bin/sh", "/start"],
            "Env": ["PATH=/bin", f"VERSION={self.version}"],
            "ExposedPorts": {"8080/tcp": {}},
            "Labels": {"org.opencontainers.image.version": self.version},
        }
        if self.health is not None:
            options["Healthcheck"] = self.health
        if self.user:
            options["User"] = self.user
        if self.volume:
            options["Volumes"] = {self.volume: {}}
        return assemble(files, options, architecture=self.architecture or own_architecture())


def _noise(seed: str, size: int) -> bytes:
    """The same bytes for the same seed, which no compression makes smaller."""
    return hashlib.shake_256(seed.encode()).digest(size)


def own_architecture() -> str:
    """This machine's architecture in Docker's words."""
    machine = platform.machine()
    if machine not in _ARCHITECTURES:
        raise FleetError(f"no image can be made for {machine}: only for {list(_ARCHITECTURES)}")
    return _ARCHITECTURES[machine]


def healthy(version: str) -> Image:
    """Healthy after its first check, one second after its start; stops within half a second."""
    return Recipe(version).build()


def unchecked(version: str) -> Image:
    """Serves, and has no health check: the checks of many hosts alone would fill a machine."""
    return Recipe(version, health=None).build()


def never_healthy(version: str) -> Image:
    """Serves, but its check fails: unhealthy after two seconds."""
    return Recipe(version, health=_health(["CMD", "/bin/false"], retries=2)).build()


def unhealthy_after(version: str, seconds: int) -> Image:
    """Healthy at first, unhealthy about `seconds` after its start."""
    falls_ill = f"(sleep {seconds}; touch /ill) &\n{_SERVE}"
    check = _health(["CMD-SHELL", "test ! -e /ill"], retries=1)
    return Recipe(version, script=falls_ill, health=check).build()


def exits_at_once(version: str) -> Image:
    """Writes a line to stderr and exits with status 3."""
    return Recipe(version, script=_EXIT).build()


def ends_well(version: str) -> Image:
    """Does its work and exits with status 0, as a job does."""
    return Recipe(version, script="echo done\n", health=None).build()


def with_volume(version: str, path: str) -> Image:
    """Serves, and declares a VOLUME at this path."""
    return Recipe(version, health=None, volume=path).build()


def fills_the_disk(version: str) -> Image:
    """Writes until there is no room left, and exits with status 5."""
    return Recipe(version, script=_FILL).build()


def starts_only_once(version: str) -> Image:
    """Serves, but once stopped exits with status 4 when it is started again."""
    return Recipe(version, script=_SERVE_ONCE, health=None).build()


def tells_its_password(version: str) -> Image:
    """Writes the variable DB_PASSWORD to stderr and exits with status 3."""
    return Recipe(version, script=_TELL_ALL).build()


def as_user(version: str, user: str) -> Image:
    """Serves as a user whom the image does not know: the daemon refuses to start it, by name."""
    return Recipe(version, user=user).build()


def without_healthcheck(version: str) -> Image:
    return Recipe(version, health=None).build()


def bulky(version: str, kilobytes: int) -> Image:
    """Healthy, with a layer of its own of this size on disk, and half of it on its way there."""
    return Recipe(version, ballast=1024 * kilobytes).build()


def starting_for_ever(version: str) -> Image:
    """Serves, and its check fails, which its daemon never takes for unhealthy."""
    health = _health(["CMD", "/bin/false"], retries=100_000)
    return Recipe(version, health=health).build()


def checked_seldom(version: str, *, interval: int, start_period: int = 0) -> Image:
    """Serves well, but its check runs only every so many seconds."""
    times = {"Interval": interval * _SECOND, "StartPeriod": start_period * _SECOND}
    return Recipe(version, health={**_health(_PROBE), **times}).build()


def flapping(version: str) -> Image:
    """Its check passes every other time, the first time too."""
    check = "if test -e /well; then rm /well; exit 1; else touch /well; fi"
    return Recipe(version, health=_health(["CMD-SHELL", check], retries=1)).build()


def ignores_sigterm(version: str) -> Image:
    """`docker stop` has to wait out its timeout and kill it."""
    return Recipe(version, script=_SERVE_FOR_EVER).build()


def other_architecture(version: str) -> Image:
    """For a processor that this machine does not have; its programs do not run here."""
    other = "arm64" if own_architecture() == "amd64" else "amd64"
    return Recipe(version, architecture=other).build()
