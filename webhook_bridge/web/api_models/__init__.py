# SPDX-License-Identifier: GPL-3.0-or-later
"""What requests to the API and its answers may hold: the OpenAPI document is made of it."""
