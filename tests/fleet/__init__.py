# SPDX-License-Identifier: GPL-3.0-or-later
"""Real hosts for the tests: namespaces of this machine, each with its own sshd and dockerd."""

from tests.fleet.errors import FleetError
from tests.fleet.fleet import Fleet
from tests.fleet.host import Host
from tests.fleet.image_format import Image
from tests.fleet.registry import Registry

__all__ = ["Fleet", "FleetError", "Host", "Image", "Registry"]
