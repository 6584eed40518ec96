# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether docker_container takes the values of options, by what its documentation says of them.

Ansible itself judges, as on a host; so this is imported by a process that has imported Ansible.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from webhook_bridge.config.yaml_texts import Option

_KEPT = ("type", "elements", "choices")
# Texts that the module reads as sizes; of memory_swap -1 is no limit.
_SIZES = ("kernel_memory", "memory", "memory_reservation", "memory_swap", "shm_size")
_UNLIMITED = ("unlimited", "-1")
# What Ansible says of all unknown keys inside of an option (module_utils/common/arg_spec.py); known
# are those beside one of them.
_UNKNOWN = re.compile(r".+\. Supported parameters include: (?P<known>.+)\.", re.DOTALL)


def type_problems(values: Mapping[str, Any], known: Mapping[str, Option]) -> list[tuple[str, str]]:
    """Return (path below `container`, sentence) for each option that the module would refuse.

    Options that it does not know are passed over, those inside of an option are not.
    """
    return [
        problem
        for name, value in values.items()
        if name in known and value is not None
        for problem in _problems(name, value, known[name])
    ]


def _problems(name: str, value: Any, option: Option) -> Iterator[tuple[str, str]]:
    from ansible.module_utils.common.arg_spec import (  # noqa: PLC0415 -- costs a second
        ArgumentSpecValidator,
    )

    judged = ArgumentSpecValidator({name: _spec(option)}).validate({name: value})
    said = judged.error_messages
    # Of a value of the wrong type all else that is said follows from that; and a message may tell
    # the cause of another one once more.
    of_type = [one for one in said if one.startswith(f"argument '{name}' ")]
    whole = of_type or [one for one in said if not any(one in each for each in said if each != one)]
    unknown = sorted(map(_path, judged.unsupported_parameters))
    for one in whole:
        found = _UNKNOWN.fullmatch(one) if unknown else None
        yield from _of_unknown(unknown, found["known"]) if found else [(name, one)]
    if not said and name in _SIZES and not _is_size(value):
        yield name, "must be a size in bytes, or with a unit, for example 512M"


def _path(key: Any) -> tuple[str, ...]:
    return tuple(map(str, key)) if isinstance(key, tuple) else (str(key),)


def _of_unknown(paths: Sequence[tuple[str, ...]], known: str) -> list[tuple[str, str]]:
    is_one_place = len({path[:-1] for path in paths}) == 1
    sentence = f"is not known here; allowed: {known}" if is_one_place else "is not known here"
    return [(".".join(path), sentence) for path in paths]


def _is_size(value: Any) -> bool:
    from ansible.module_utils.common.text.formatters import (  # noqa: PLC0415 -- as above
        human_to_bytes,
    )

    try:
        human_to_bytes(str(value))
    except ValueError:
        return str(value) in _UNLIMITED
    return True


def _spec(option: Option) -> dict[str, Any]:
    """Return what an option is documented to take as the argument spec of a module."""
    inside = option.get("suboptions") or {}
    found = {key: option[key] for key in _KEPT if option.get(key) is not None}
    if inside:
        found["options"] = {
            name: {**_spec(one), "required": bool(one.get("required")) and not one.get("aliases")}
            for key, one in inside.items()
            for name in (key, *one.get("aliases", ()))
        }
    return found
