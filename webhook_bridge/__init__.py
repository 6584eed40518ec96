# SPDX-License-Identifier: GPL-3.0-or-later
"""Longshore's bridge: from a registry's webhook to a run of Ansible."""
