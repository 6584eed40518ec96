# SPDX-License-Identifier: GPL-3.0-or-later
"""Random faults at random steps on random hosts, with the same ones again for the same seed."""
