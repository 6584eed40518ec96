# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an answer is for a person or for a program: one rule, for errors and for all else."""

from __future__ import annotations

from flask import request

_PROGRAMS = ("/api/", "/hooks/")


def is_for_person() -> bool:
    """Say so of who names HTML among what it takes, outside of what only programs call.

    curl and most libraries take anything and name nothing.
    """
    return not request.path.startswith(_PROGRAMS) and "text/html" in request.headers.get(
        "Accept", ""
    )
