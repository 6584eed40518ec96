# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible takes for a mapping (its type `dict`), on the standard library alone.

Source: ansible-core, module_utils/common/validation.py, check_type_dict.
"""

from __future__ import annotations

import json


def mapping_of(value):
    """Return a mapping, or a text that is one: JSON, a Python literal, k1=v1 k2=v2; else None."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, str):
        return None
    if value.startswith("{"):
        return _from_json(value)
    return _from_pairs(value) if "=" in value else None


def _from_json(text):
    for read in (json.loads, _literal):
        try:
            found = read(text)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            continue
        return found if isinstance(found, dict) else None
    return None


def _literal(text):
    import ast  # noqa: PLC0415 -- few options are written so, and it takes time to import

    return ast.literal_eval(text)


def _from_pairs(text):
    fields = _fields(text.strip())
    if not all("=" in each for each in fields):
        return None
    return dict(each.split("=", 1) for each in fields)


def _fields(text):
    """Split at commas and spaces that are neither quoted nor escaped; drop quotes and escapes."""
    fields, quote, is_escaped = [""], "", False
    for char in text:
        if is_escaped:
            fields[-1] += char
            is_escaped = False
        elif char == "\\":
            is_escaped = True
        elif char == quote or (not quote and char in "'\""):
            quote = "" if quote else char
        elif not quote and char in ", ":
            fields.append("")
        else:
            fields[-1] += char
    return [each for each in fields if each]
