# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps what Ansible packs for somebody else's module (AnsiballZ) from one run to the next.

Ansible packs a module once a run, which takes half a second for docker_container, and looks first
into a folder of the run: there a kept one is laid, before Ansible forks. It is kept as long as all
files that it may be made of are the same, by path, size and time of change, as Python keeps .pyc.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from ansible import constants
from ansible.plugins.loader import module_utils_loader
from ansible.release import __version__

FOLDER = "longshore-payloads"
# Where ansible-core looks (executor/module_common.py); another version packs anew.
_OF_RUN = "ansiballz_cache"
_PRIVATE = 0o700


class KeptPayload:
    """The payload of one module of a collection, named namespace.collection.module."""

    def __init__(self, module):
        self._collection, _dot, self._module = module.rpartition(".")
        self._of_run = Path(constants.DEFAULT_LOCAL_TMP) / _OF_RUN
        self._kept = self._folder()
        self._is_laid = self._kept is not None and self._copy(self._kept, self._of_run)

    def keep(self):
        """Keep the payload that Ansible has packed meanwhile, unless there was one."""
        if self._kept is not None and not self._is_laid:
            self._copy(self._of_run, self._kept)

    def _folder(self):
        """Return where it is kept; None where others could have written, or it has no sources."""
        sources = self._sources()
        if not sources:
            return None
        home = Path(constants.DEFAULT_LOCAL_TMP).parent / FOLDER
        try:
            home.mkdir(mode=_PRIVATE, exist_ok=True)
            found = home.lstat()
        except OSError:
            return None
        is_ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
        return home / sources if is_ours and not found.st_mode & 0o077 else None

    def _sources(self):
        """Return a name for all files that the payload may be made of; empty if there are none."""
        collection = _spec_of(f"ansible_collections.{self._collection}")
        core = _spec_of("ansible.module_utils")
        if collection is None or core is None:
            return ""
        # Ansible's setting module_utils, and folders beside playbooks, come before its own.
        folders = module_utils_loader.print_paths().split(os.pathsep)
        folders += core.submodule_search_locations
        for each in collection.submodule_search_locations:
            folders += [f"{each}/plugins/module_utils", f"{each}/plugins/modules"]
        known = hashlib.sha256(f"{self._module} {__version__} {sys.version} {folders}".encode())
        for path in sorted({path for folder in folders for path in _python_files(folder)}):
            found = os.stat(path)
            known.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
        return known.hexdigest()

    def _copy(self, source, target):
        """Copy the payload, whole or not at all; whether there was one."""
        name = f"ansible_collections.{self._collection}.plugins.modules.{self._module}-*"
        found = [each for each in source.glob(name) if each.suffix != ".lock"]
        # Only time is lost where it cannot be kept: Ansible packs it anew.
        with contextlib.suppress(OSError):
            for each in found:
                target.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
                _copy_whole(each, target / each.name)
            if found and target == self._kept:
                _forget_others(target)
            return bool(found)
        return False


def _spec_of(package):
    try:
        return find_spec(package)
    except ModuleNotFoundError:  # not even the package that it is in
        return None


def _python_files(folder):
    for path, _folders, files in os.walk(folder):
        yield from (os.path.join(path, name) for name in files if name.endswith(".py"))


def _copy_whole(source, target):
    number, made = tempfile.mkstemp(dir=target.parent)
    os.close(number)
    try:
        shutil.copyfile(source, made)
        os.replace(made, target)
    except OSError:
        os.unlink(made)
        raise


def _forget_others(kept):
    for each in kept.parent.iterdir():
        if each != kept:
            shutil.rmtree(each, ignore_errors=True)
