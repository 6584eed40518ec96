# SPDX-License-Identifier: GPL-3.0-or-later
"""A release becomes a run, its outcomes, and what follows."""
