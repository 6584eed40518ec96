# SPDX-License-Identifier: GPL-3.0-or-later
"""Our waitress: sockets, limits, signals."""
