# SPDX-License-Identifier: GPL-3.0-or-later
"""Who asks: the user of the command line, as releases and runs name them."""

from __future__ import annotations

import getpass


def actor() -> str:
    """Return the user's name, and that it was here."""
    return f"{getpass.getuser()} (command line)"
