# SPDX-License-Identifier: GPL-3.0-or-later
"""Real hosts for the tests: namespaces of this machine, each with its own sshd and dockerd."""

from fleet.errors import FleetError
from fleet.fleet import Fleet
from fleet.host import Host
from fleet.image_format import Image
from fleet.registry import Registry

__all__ = ["Fleet", "FleetError", "Host", "Image", "Registry"]
