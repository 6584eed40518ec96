# SPDX-License-Identifier: GPL-3.0-or-later
"""What longshore.toml and apps.yml say, checked."""
