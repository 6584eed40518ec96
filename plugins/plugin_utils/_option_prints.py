# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fingerprints of a container's options: they tell which option changed, and no value.

Each is an HMAC with a key that no host ever gets, so that nobody who sees a container's labels can
try values until one fits.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re

LABEL = "longshore.options"
# Entries of these are options of their own: `env LOG_LEVEL` says more than `env`.
BY_NAME = ("env", "labels")
KEY_ID = ""
# What stands in the file on the host that the option env_file names.
CONTENT = "content of env_file"
PRINT_DIGITS = 16
PRINT = re.compile(r"[0-9a-f]{16}")
MAX_OPTIONS = 1000
MAX_LABEL = 100_000


def option_prints(options, key):
    """Return the fingerprint of each option, and under the empty name that of the key.

    Without a key, which the bridge passes, nothing is returned: then nothing can be compared.
    """
    if not key:
        return {}
    prints = {name: _print(key, name, value) for name, value in _each_option(options)}
    return {KEY_ID: _print(key, KEY_ID, None), **prints}


def content_print(content, key):
    """Return the fingerprint of what a host tells of its env_file; none where it tells nothing."""
    return {CONTENT: _print(key, CONTENT, content)} if key and content else {}


def option_label(options, key, content=""):
    """Return the labels that tell of a container's options; none without a key.

    `content` is what the host says that its env_file says.
    """
    prints = {**option_prints(options, key), **content_print(content, key)}
    return {LABEL: json.dumps(prints, sort_keys=True)} if prints else {}


def _each_option(options):
    for option, value in _plain(options).items():
        if option in BY_NAME and isinstance(value, dict):
            yield from ((f"{option} {name}", each) for name, each in value.items())
        else:
            yield option, value


def _print(key, name, value):
    said = json.dumps([name, value], sort_keys=True, default=str)
    return hmac.new(str(key).encode(), said.encode(), hashlib.sha256).hexdigest()[:PRINT_DIGITS]


def _plain(value):
    """Return a value with plain lists and mappings: Ansible's render an entry when it is read."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items() if not _is_omitted(each)}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value if not _is_omitted(each)]
    return value


def _is_omitted(value):
    """Say whether a value is Ansible's omit, which is another text in each run up to 2.18.

    See ansible-core template/__init__.py up to 2.18, and _internal/_templating/_utils.py since.
    """
    is_text = isinstance(value, str) and value.startswith("__omit_place_holder__")
    return is_text or type(value).__name__ == "_OmitType"


def read_label(text):
    """Return the fingerprints in a label of a host; none where it is anything else."""
    try:
        found = json.loads(text) if isinstance(text, str) and len(text) <= MAX_LABEL else None
    except (ValueError, RecursionError):
        return {}
    pairs = list(found.items())[:MAX_OPTIONS] if isinstance(found, dict) else []
    return {
        name: value for name, value in pairs if isinstance(value, str) and PRINT.fullmatch(value)
    }


def other_options(text, wanted):
    """Return the names of the options in which a container differs from what is wanted.

    `text` is its label, `wanted` the fingerprints of the options that it should have. None where
    that cannot be told: one of them is not there, or they were made with different keys.
    """
    found = read_label(text)
    if not wanted or not found or found.get(KEY_ID) != wanted.get(KEY_ID):
        return None
    names = {*found, *wanted}
    if CONTENT not in found or CONTENT not in wanted:
        names.discard(CONTENT)  # nobody looked at the file at one of the two times
    return sorted(name for name in names if found.get(name) != wanted.get(name))
