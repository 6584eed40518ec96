# SPDX-License-Identifier: GPL-3.0-or-later
"""The OpenAPI document of the API, made of its routes and their models."""
