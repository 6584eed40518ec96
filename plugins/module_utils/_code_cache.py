# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the modules that a program carries importable: see `_host_program`.

Compiling them takes a host longer than most programs do, so what was compiled is kept, as Python
keeps `__pycache__`: in a folder of the user who runs it. It is made of sources alone. Where it
cannot be kept, or is not believed, they are compiled. It needs Python's standard library alone.

The sources themselves, nine tenths of a program, need not be sent to a host that has kept them: a
program without them says where it lacks them, and is sent again.
"""

from __future__ import annotations

import binascii
import marshal
import os
import pwd
import stat
import sys
from importlib._bootstrap_external import MAGIC_NUMBER
from importlib.machinery import ModuleSpec

# In the home that the system's list of users names: $HOME may be another user's (sudo).
FOLDER = ".cache/longshore"
# Those of some versions of Longshore, of which each keeps about ten: a host may have several
# controllers.
MOST_FILES = 64
_MOST_BYTES = 20_000_000
# What tells a torn file: who writes there is this user. `hashlib` would take 3 ms to import.
_CHECKSUM_BYTES = 4
# In the result of a program that was sent without its sources.
LACKS_CODE = "lacks_code"
# What else than the sources code depends on.
_PYTHON = f"{sys.implementation.cache_tag}-{MAGIC_NUMBER.hex()}-{sys.flags.optimize}"


class CarriedModules:
    """An importer of compiled modules, by the path of each below `place`."""

    def __init__(self, code, place):
        self._code = code
        self._place = place

    def find_spec(self, name, path=None, target=None):
        """Return the spec of a module or package that is carried; None of any other."""
        del path, target
        stem = name.replace(".", "/")
        for file in (f"{stem}/__init__.py", f"{stem}.py"):
            if file in self._code:
                spec = ModuleSpec(name, self, origin=f"{self._place}/{file}")
                spec.has_location = True
                spec.submodule_search_locations = [] if file.endswith("__init__.py") else None
                return spec
        return None

    def create_module(self, spec):
        """Leave it to Python."""

    def exec_module(self, module):
        """Run the code of a module."""
        exec(self.get_code(module.__name__), module.__dict__)  # noqa: S102 -- what an importer does

    def get_code(self, name):
        """Return the code of a module; what `runpy` asks for."""
        file = self.find_spec(name).origin[len(self._place) + 1 :]
        return marshal.loads(self._code[file])  # noqa: S302 -- of this user's own folder


def carry(key, packed, *, place, keep):
    """Make importable what is `packed`; what was compiled is kept if `keep`.

    `key` names the sources and their `place`, which is what tracebacks call the folder of them.
    With nothing `packed`, the program ends where this host has not kept it, and says that.
    """
    name = f"{key}-{_PYTHON}"
    code = find(name)
    if code is None and not packed:
        _end_without_code()
    if code is None:
        code = _compiled(_unpacked(packed), place)
        if keep:
            store(name, code)
    sys.meta_path.insert(0, CarriedModules(code, place))


def _end_without_code():
    sys.stdout.write(f'\n{{"{LACKS_CODE}": true}}\n')
    sys.stdout.flush()
    raise SystemExit(0)


def find(name):
    """Return the code that is kept under a name; None where it is missing, torn or not ours."""
    try:
        folder = _open_folder()
        try:
            return _read(name, folder)
        finally:
            os.close(folder)
    except (OSError, LookupError, ValueError, EOFError, TypeError):
        return None


def store(name, code):
    """Keep code under a name, whole or not at all; nothing is said where it cannot be kept."""
    content = marshal.dumps(code)
    try:
        _make_folder()
        folder = _open_folder()
        try:
            _write(name, _checksum(content) + content, folder)
            _forget_oldest(folder)
        finally:
            os.close(folder)
    except (OSError, LookupError, ValueError):
        # Only time is lost: no home, no room, no right to write, or a folder of somebody else.
        return


def _open_folder():
    """Open this user's folder; raise PermissionError where others could have written there."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
    folder = os.open(os.path.join(_home(), FOLDER), flags)
    found = os.fstat(folder)
    if found.st_uid != os.geteuid() or found.st_mode & 0o077:
        os.close(folder)
        raise PermissionError(FOLDER)
    return folder


def _home():
    return pwd.getpwuid(os.geteuid()).pw_dir


def _make_folder():
    path = _home()
    for part in FOLDER.split("/"):
        path = os.path.join(path, part)
        try:
            os.mkdir(path, 0o700)
        except FileExistsError:
            continue


def _read(name, folder):
    # Nothing here waits for a pipe: whatever is not a file is refused.
    opened = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    with open(opened, "rb") as file:
        found = os.fstat(opened)
        ours = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid()
        if not ours or found.st_mode & 0o022 or found.st_size > _MOST_BYTES:
            return None
        content = file.read()
    code = content[_CHECKSUM_BYTES:]
    if _checksum(code) != content[:_CHECKSUM_BYTES]:
        return None
    return marshal.loads(code)  # noqa: S302 -- whole, and of this user alone


def _checksum(content):
    return binascii.crc32(content).to_bytes(_CHECKSUM_BYTES, "big")


def _write(name, content, folder):
    made = f".{name}.{os.getpid()}.{os.urandom(4).hex()}"
    opened = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=folder)
    try:
        with open(opened, "wb") as file:
            file.write(content)
        os.replace(made, name, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError:
        os.unlink(made, dir_fd=folder)
        raise


def _forget_oldest(folder):
    def written(name):
        return os.stat(name, dir_fd=folder, follow_symlinks=False).st_mtime

    for name in sorted(os.listdir(folder), key=written, reverse=True)[MOST_FILES:]:
        os.unlink(name, dir_fd=folder)


def _unpacked(packed):
    """Return sources by path, of a zip archive or of compressed JSON."""
    import base64  # noqa: PLC0415 -- none of these is needed where code was kept
    import json  # noqa: PLC0415 -- the same
    import zlib  # noqa: PLC0415 -- the same

    content = base64.b64decode(packed)
    if not content.startswith(b"PK"):
        return json.loads(zlib.decompress(content).decode())
    return _unzipped(content)


def _unzipped(content):
    import io  # noqa: PLC0415 -- the same
    import zipfile  # noqa: PLC0415 -- the same

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = [each for each in archive.namelist() if each.endswith(".py")]
        return {name: archive.read(name) for name in names}


def _compiled(sources, place):
    """Return the code of each source: kept apart, so that only what is imported is read."""
    return {
        path: marshal.dumps(_code_of(text, f"{place}/{path}")) for path, text in sources.items()
    }


def _code_of(text, path):
    try:
        return compile(text, path, "exec", dont_inherit=True)
    except SyntaxError as exc:
        # It may be one that this Python never comes to: told when it is imported.
        return compile(f"raise SyntaxError({str(exc)!r})", path, "exec", dont_inherit=True)
