# SPDX-License-Identifier: GPL-3.0-or-later
from tests.support.fleets import fleet, running_fleet, shop, spare_fleet

__all__ = ["fleet", "running_fleet", "shop", "spare_fleet"]
