# SPDX-License-Identifier: GPL-3.0-or-later
"""SSH host keys of instances that nobody has met yet, learned from their cloud.

``console`` finds them in what an instance printed, ``known_hosts`` keeps them where ssh looks, and
``ec2`` asks AWS. Only that last one imports boto3, and only where it is asked for: it is an extra.
"""

from webhook_bridge.host_keys.console import host_keys
from webhook_bridge.host_keys.known_hosts import KnownHosts

__all__ = ["KnownHosts", "host_keys"]
