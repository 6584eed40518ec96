# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo: a throw-away fleet on this machine, and a push that reaches every host of it."""
