# SPDX-License-Identifier: GPL-3.0-or-later
"""A stored delivery becomes a verdict, perhaps a release."""
