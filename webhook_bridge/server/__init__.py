# SPDX-License-Identifier: GPL-3.0-or-later
"""waitress, and the limits that it lacks; signals."""
