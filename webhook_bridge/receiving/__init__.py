# SPDX-License-Identifier: GPL-3.0-or-later
"""A request becomes a stored delivery, or is refused."""
