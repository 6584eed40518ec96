# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last lines that a container wrote, safe to show."""

from __future__ import annotations

import struct

from ansible_collections.longshore.containers.plugins.module_utils._env_secrets import masked

LINES = 50
MAX_LINE = 500
HEADER = struct.Struct(">BxxxL")


def demultiplex(stream):
    """Join the frames of Docker's attach stream: 8 bytes of header, then the payload.

    Source: https://docs.docker.com/reference/api/engine/ ("Attach to a container", stream format).
    """
    parts, offset = [], 0
    while offset + HEADER.size <= len(stream):
        _kind, length = HEADER.unpack_from(stream, offset)
        offset += HEADER.size
        parts.append(stream[offset : offset + length])
        offset += length
    return b"".join(parts)


def printable(text):
    """Drop control characters, which could redraw or deceive the reader's terminal."""
    return "".join(char for char in text.replace("\t", "    ") if char.isprintable())


def last_lines(stream, *, tty, secrets=()):
    """Return at most 50 lines, at most 500 characters each, without control characters.

    `secrets` (see env_secrets) are taken out first: a cut could leave a part of one.
    """
    raw = stream if tty else demultiplex(stream)
    text = masked(raw.decode("utf-8", "replace"), secrets)
    lines = [masked(printable(line), secrets) for line in text.splitlines()]
    return [line[:MAX_LINE] for line in lines[-LINES:]]
