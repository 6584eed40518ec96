# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends what Ansible packed for somebody else's module so that a host compiles it only once.

AnsiballZ lays its archive into a temporary file on the host and compiles some 60 modules of it at
each call. Here the same archive, from Ansible's own finder of dependencies, is carried as the
sources of our own modules are (`_code_cache`), and run by the same function of Ansible's.
Checked with ansible-core 2.19 to 2.21; what another release builds goes as that built it.
"""

from __future__ import annotations

import ast
import base64
import dataclasses
import io
import re
import zipfile

from ansible.release import __version__
from ansible_collections.longshore.containers.plugins.module_utils._host_run import PACKAGE
from ansible_collections.longshore.containers.plugins.plugin_utils._host_program import (
    PLACE,
    Carried,
    beginning,
    carrying,
    packed,
    sources_of,
)

RELEASES = ("2.19.", "2.20.", "2.21.")
_CALL = b"\n    _ansiballz_main(\n"
# Taken out before the rest is parsed, for it is 320 KB. Each argument is a line of its own, and in
# none is a line break as Python writes it.
_ZIP_DATA = re.compile(rb"(?m)^zip_data='([A-Za-z0-9+/=]*)',$")
_KEYWORDS = {
    *("ansible_module", "date_time", "extensions", "module_fqn", "params", "profile"),
    *("rlimit_nofile", "zip_data"),
}
# What tracebacks call the archive.
_PLACE = "AnsiballZ"
# As AnsiballZ begins: the working directory is not looked into, and may be out of reach.
_FOLDER = """\
import os
try:
    os.getcwd()
except OSError:
    os.chdir("/")
sys.path = [each for each in sys.path if each not in ("", ".")]
"""


_RUN = """\
def module():
    from ansible.module_utils._internal._ansiballz._loader import run_module
    run_module(json_params={params!r}, profile={profile!r}, module_fqn={module_fqn!r},
        modlib_path={place!r}, extensions={{}})
"""
_PULL_FIRST = f"""\
{{carries}}import json
from {PACKAGE}._pull_first import run_after
order = json.loads({{order!r}})
"""
# As `_host_run.start` ends: Python would take 20 ms to tidy up what ends with its process. What a
# module has registered for its end, such as removing its folder, is done; where that fails, as at
# Python's own end, the module's result and exit code stay what they are.
_END = """\
import atexit
try:
    {call}
except SystemExit as ended:
    code = 0 if ended.code is None else ended.code
    if not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    try:
        atexit._run_exitfuncs()
    except Exception:
        pass
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
"""
# The modules of ours that pull an image.
_PULLS = packed(sources_of("_image_pull", "_pull_first"))


def started_by_us(built, *, keep, pull=None, with_sources=True):
    """Return what Ansible built (`_BuiltModule`), with our start in place of AnsiballZ's.

    Compiled, it stays on the host if `keep`; without its sources it is for hosts that have kept
    them (`sent_short_then_whole`). With `pull`, an order for image_pull
    (`HostProgram.order`), the image is pulled first: the result is that of `_pull_first`. None is
    returned where what was built is not known, or has to do what only AnsiballZ does: a debugger,
    measuring coverage, a limit of open files.
    """
    call = _call(built.b_module_data) if __version__.startswith(RELEASES) else None
    if call is None or call["extensions"] or call["rlimit_nofile"]:
        return None
    archive = call["zip_data"]
    modules = Carried(archive, _PLACE, _contents(archive), with_sources=with_sources)
    pulls = Carried(_PULLS, PLACE, with_sources=with_sources)
    program = [
        beginning(modules, keep=keep),
        _FOLDER,
        _RUN.format(place=_PLACE, params=call["params"].encode(), **_names(call)),
        _PULL_FIRST.format(carries=carrying(pulls, keep=keep), order=pull) if pull else "",
        _END.format(call="run_after(order, module)" if pull else "module()"),
    ]
    return dataclasses.replace(built, b_module_data="".join(program).encode("ascii"))


def _names(call):
    return {name: call[name] for name in ("profile", "module_fqn")}


def _contents(archive):
    """Return what an archive holds: its bytes tell also when it was packed."""
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(archive))) as file:
        return [(each.filename, each.file_size, each.CRC) for each in file.infolist()]


def _call(program):
    """Return the arguments of the call at the end of Ansible's program; None if it has another."""
    _wrapper, found, arguments = program.rpartition(_CALL)
    if not found:
        return None
    archive = _ZIP_DATA.search(arguments)
    if archive is None:
        return None
    try:
        call = _parsed(arguments.replace(archive[0], b"zip_data='',", 1))
        given = {each.arg: each.value for each in call.keywords}
        if set(given) != _KEYWORDS:
            return None
        del given["date_time"]
        found = {name: ast.literal_eval(value) for name, value in given.items()}
        return {**found, "zip_data": archive[1].decode()}
    except (SyntaxError, ValueError, AttributeError):
        return None


def _parsed(arguments):
    return ast.parse(b"f(" + arguments.strip(), mode="eval").body
