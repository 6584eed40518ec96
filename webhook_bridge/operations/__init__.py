# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person may ask for, and what is shown to people."""
