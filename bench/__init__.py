# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures: how fast the main job and the acknowledgement are."""
