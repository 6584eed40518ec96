# SPDX-License-Identifier: GPL-3.0-or-later
"""Values and pure rules: standard library only."""
