# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program that a host runs in place of Ansible's payload of a module (AnsiballZ).

It is the module's own code, `plugins/module_utils/_<module>.py`, with what that imports, and its
arguments, checked here. It goes over standard input to `python -I -S -`, and needs the standard
library alone. It is assembled when an action plugin is imported, before Ansible forks its workers.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.json import Direction, get_module_encoder
from ansible.module_utils.errors import UnsupportedError
from ansible_collections.longshore.containers.plugins.module_utils._arguments import SPECS
from ansible_collections.longshore.containers.plugins.module_utils._host_run import PACKAGE

OLDEST_PYTHON = (3, 8)
TOO_OLD = (
    "at {python} is too old for the modules of longshore.containers, which need Python "
    f"{OLDEST_PYTHON[0]}.{OLDEST_PYTHON[1]} or later on a host: set ansible_python_interpreter "
    "for it"
)
# -I: neither the working directory nor PYTHONPATH is looked into. -S: nor are installed packages.
OPTIONS = "-I -S -"

_ENCODER = get_module_encoder("legacy", Direction.CONTROLLER_TO_MODULE)
_IMPORT = re.compile(
    rf"^[ \t]*from {re.escape(PACKAGE)}(?:\.(\w+))? import (?:\(([^)]*)\)|(.*))",
    re.MULTILINE,
)
# Any Python can read it: what follows is compiled once the version is known.
_PROLOGUE = f"""\
import sys
if sys.version_info < {OLDEST_PYTHON}:
    import json
    said = "{TOO_OLD}".replace("{{python}}", str(sys.executable))
    said = "Python %d.%d " % sys.version_info[:2] + said
    print(json.dumps({{"failed": True, "msg": said}}))
    sys.exit(1)
"""
# So that the garbage collector does not go again and again through what is being imported, which is
# no garbage. Later it is called often enough: what is not in cycles is freed without it.
_COLLECTED_AFTER = 50_000
_COLLECT_SELDOM = f"import gc\ngc.set_threshold({_COLLECTED_AFTER})\n"
# What tracebacks call the folder of the sources.
PLACE = "longshore"


class ArgumentError(Exception):
    """The arguments of a module are wrong; says which."""


class HostProgram:
    """The program of the module of this name."""

    def __init__(self, name):
        self.name = name
        spec = SPECS[name]
        arguments = spec["argument_spec"]
        self._paths = [name for name, each in arguments.items() if each.get("type") == "path"]
        self._logged = [name for name, each in arguments.items() if _is_logged(each)]
        # A path is one on the host: `~` there is not the home of who runs Ansible.
        as_texts = {name: {**arguments[name], "type": "str"} for name in self._paths}
        self._validator = ArgumentSpecValidator(
            **{**spec, "argument_spec": {**arguments, **as_texts}}
        )
        self._packed = packed(sources_of(f"_{name}", "_host_run"))

    def checked(self, arguments):
        """Return the arguments with defaults and as their types.

        Raises ArgumentError where AnsibleModule on the host would have failed.
        """
        found = self._validator.validate(dict(arguments))
        if found.error_messages:
            unknown = isinstance(found.errors[0], UnsupportedError)
            before = f"Unsupported parameters for ({self.name}) module: " if unknown else ""
            raise ArgumentError(f"{before}{found.errors.msg}")
        return found.validated_parameters

    def stream(self, params, *, check_mode, facility, with_sources=True):
        """Return the program with its arguments, as bytes in ASCII: see `order`.

        Without its sources it is for hosts that have kept them: see `sent_short_then_whole`.
        """
        ordered = self.order(params, check_mode=check_mode, facility=facility)
        carried = Carried(self._packed, PLACE, with_sources=with_sources)
        return (
            # Check mode changes nothing on a host.
            f"{beginning(carried, keep=not check_mode)}"
            f"order = {ordered!r}\n"
            "import json\n"
            f"from {PACKAGE}._host_run import start\n"
            "start(json.loads(order))\n"
        ).encode("ascii")

    def order(self, params, *, check_mode, facility):
        """Return what the program is to do, as JSON (`_host_run.start`).

        `facility` is the name of a facility of syslog; empty to log nothing on the host.
        """
        order = {
            "module": self.name,
            "params": params,
            "paths": self._paths,
            "check_mode": check_mode,
            "log": self._log(params) if facility else "",
            "facility": facility,
        }
        return json.dumps(order, cls=_ENCODER)

    def _log(self, params):
        told = (f"{name}={params[name]}" for name in self._logged if params[name] is not None)
        return f"Invoked with {' '.join(told)}"


def sources_of(*names):
    """Return the sources of modules of `plugins/module_utils` and of all that these import."""
    texts = {}
    wanted = list(names)
    while wanted:
        name = wanted.pop()
        if name not in texts:
            texts[name] = _read(name)
            wanted += _imported(texts[name])
    return texts


_FOLDER = Path(__file__).parents[1] / "module_utils"
_READ = {}


def _read(name):
    if name not in _READ:
        _READ[name] = (_FOLDER / f"{name}.py").read_text(encoding="utf-8")
    return _READ[name]


def _imported(text):
    # By a regular expression: reading the whole syntax would take a second of each run.
    for module, several, one in _IMPORT.findall(text):
        yield from [module] if module else re.findall(r"\b_\w+", several or one)


def packed(sources):
    """Return sources of `plugins/module_utils` as what `carry` (`_code_cache`) unpacks."""
    parts = PACKAGE.split(".")
    packages = ("/".join(parts[:count]) for count in range(1, len(parts) + 1))
    texts = {f"{package}/__init__.py": "" for package in packages}
    texts.update({f"{'/'.join(parts)}/{name}.py": text for name, text in sources.items()})
    return base64.b64encode(zlib.compress(json.dumps(texts).encode(), 9)).decode()


@dataclass(frozen=True)
class Carried:
    """Packed sources that a program carries, or only their name if not `with_sources`.

    What their folder is called in tracebacks is `place`. `known_by` tells them from others where
    the same may be packed into other bytes.
    """

    packed: str
    place: str
    known_by: object = None
    with_sources: bool = True

    @property
    def key(self):
        """Return what they are kept by on hosts."""
        known = f"{_read('_code_cache')} {self.place} {self.known_by or self.packed}"
        return hashlib.sha256(known.encode()).hexdigest()


def beginning(carried, *, keep):
    """Return the start of a program: it refuses an old Python, and carries sources."""
    return (
        f'{_PROLOGUE}{_COLLECT_SELDOM}scope = {{"__name__": "_code_cache"}}\n'
        f"exec(compile({_read('_code_cache')!a}, '_code_cache.py', 'exec'), scope)\n"
        f"{carrying(carried, keep=keep)}"
    )


def carrying(carried, *, keep):
    """Return the lines after that beginning with which a program carries sources.

    Compiled, they stay on the host if `keep`.
    """
    sent = carried.packed if carried.with_sources else ""
    return f"scope['carry']({carried.key!r}, {sent!r}, place={carried.place!r}, keep={keep})\n"


def _is_logged(argument):
    # What is a mapping may hold a secret: options of a container, a login.
    return not argument.get("no_log") and argument.get("type") not in ("dict", "list")
