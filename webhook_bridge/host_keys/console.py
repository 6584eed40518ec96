# SPDX-License-Identifier: GPL-3.0-or-later
"""The SSH host keys in the console output of an instance.

Facts: cloud-init, module "Keys to Console" (keys_to_console), prints them at the end of the first
boot, between the two lines below, as OpenSSH writes public keys (sshd(8), "SSH_KNOWN_HOSTS FILE
FORMAT"; a key's first string is its type again: RFC 4253, section 6.6). A console mixes lines, and
puts times before them.
"""

from __future__ import annotations

import base64
import re
import struct

BEGIN = "-----BEGIN SSH HOST KEY KEYS-----"
END = "-----END SSH HOST KEY KEYS-----"
_LENGTH = struct.Struct(">I")
_TYPES = "ssh-ed25519|ecdsa-sha2-nistp(?:256|384|521)|ssh-rsa"
_KEY = re.compile(rf"(?:^|\s)(?P<type>{_TYPES}) (?P<key>[A-Za-z0-9+/]{{16,4096}}={{0,2}})(?:\s|$)")


def host_keys(console: str) -> list[str]:
    """Return the keys as `TYPE KEY`, each once, in their order; none where none was printed yet.

    The first block counts. What is printed later may come from anything that runs there.
    """
    begin = console.find(BEGIN)
    end = console.find(END, begin)
    if begin < 0 or end < 0:
        return []
    found = [_KEY.search(line) for line in console[begin + len(BEGIN) : end].splitlines()]
    keys = [
        f"{key['type']} {key['key']}" for key in found if key and _is_whole(key["type"], key["key"])
    ]
    return list(dict.fromkeys(keys))


def _is_whole(kind: str, key: str) -> bool:
    """Say whether it decodes into strings to its end, of which the first is its type."""
    try:
        blob = base64.b64decode(key, validate=True)
    except ValueError:
        return False
    strings = _strings(blob)
    return len(strings) > 1 and strings[0] == kind.encode()


def _strings(blob: bytes) -> list[bytes]:
    """Return the strings of RFC 4251, section 5; none where one does not end where it says."""
    found = []
    while blob:
        if len(blob) < _LENGTH.size:
            return []
        (length,) = _LENGTH.unpack_from(blob)
        end = _LENGTH.size + length
        if end > len(blob):
            return []
        found.append(blob[_LENGTH.size : end])
        blob = blob[end:]
    return found
