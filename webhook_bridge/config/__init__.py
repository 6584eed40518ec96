# SPDX-License-Identifier: GPL-3.0-or-later
"""What longshore.toml and apps.yml say, checked."""

try:
    # The rules for apps are the collection's: docs/adr/0016.
    import ansible_collections.longshore.containers.plugins.plugin_utils as _rules
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "the collection longshore.containers is missing beside the bridge, which has its rules "
        "from there: install the wheel of longshore or, in a checkout, run: make setup"
    ) from error

__all__: list[str] = []

del _rules
