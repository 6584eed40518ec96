# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask a registry what a tag means now: bounded in time and size, credentials kept at home."""

from webhook_bridge.registry.access import RegistryAccess
from webhook_bridge.registry.client import RegistryClient
from webhook_bridge.registry.errors import RegistryError

__all__ = ["RegistryAccess", "RegistryClient", "RegistryError"]
