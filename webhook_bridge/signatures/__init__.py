# SPDX-License-Identifier: GPL-3.0-or-later
"""Is an image signed by a key that its app names? Every doubt is a no."""
