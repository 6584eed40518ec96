# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible in a child process, and what it reported."""
