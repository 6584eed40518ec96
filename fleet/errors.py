# SPDX-License-Identifier: GPL-3.0-or-later
"""The one error of the fleet, for everything a person can act on."""


class FleetError(Exception):
    """Something about the fleet is not as it must be; the message says what to do."""
