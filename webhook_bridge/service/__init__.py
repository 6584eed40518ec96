# SPDX-License-Identifier: GPL-3.0-or-later
"""The threads of a serving process, and who wakes whom."""
