# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a task failed on a host, in the words of whatever failed, and what helps."""

from __future__ import annotations

import re

from ansible_collections.longshore.containers.plugins.module_utils._advice import (
    CONTAINER,
    HOST,
    advice_on,
    with_advice,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._host_values import text

# What ansible-core says when a module printed nothing: up to 2.18, and since.
NO_RESULT = re.compile("MODULE FAILURE|Module result deserialization failed")
NO_PYTHON = "see that Python runs on this host and that ansible_python_interpreter names it"
# Where ansible-core and Docker's SDK put the words of somebody else.
_AROUND = re.compile(
    r"(Task failed: |Action failed: |Module failed: )|"
    r"[0-9]+ (Client|Server) Error for http.docker://\S+ |"
    r"[.] Supported parameters include: .*"
)
_PULLED = re.compile(r"^\S+ cannot be pulled: ")
_NO_REASON = "no reason was given"


def failure_reason(result, rows=HOST):
    """Return why a task failed, from its result; `rows` of the advice table may help."""
    said = text(result.get("msg"))
    if NO_RESULT.search(said):
        return _without_result(said, result)
    why = own_words(said) or _NO_REASON
    helps = advice_on(said, rows)  # also by what is left out
    return f"{why}; {helps}" if helps and helps not in why else why


def own_words(said):
    """Return a message without what ansible-core and Docker's SDK put around it."""
    return _AROUND.sub("", text(said))


def staging_reason(result):
    """Return why a release was not staged, from the result of image_pull or staged_container."""
    if "registry" in result:
        # image_pull says itself what helps.
        return _PULLED.sub("", text(result.get("msg")), count=1)
    return failure_reason(result, CONTAINER)


def connection_advice(said, *, host):
    """Return what to do about what ssh said when it did not get to a host."""
    return advice_on(said, HOST) or (
        "Is it up, its host key known, are user and key right? See: "
        f"ansible -i INVENTORY {host} -m ping"
    )


def _without_result(said, result):
    """Say what was printed where a module's result should be: by sudo, or by a shell."""
    printed = text(result.get("module_stderr")) or text(result.get("module_stdout"))
    if not printed:
        return f"{said}: {NO_PYTHON}"
    return with_advice(f"no module could be run: {printed}", HOST)
