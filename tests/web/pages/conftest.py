# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.support.visiting import visiting
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.web import create_app


@pytest.fixture
def page(bridge: Bridge) -> FlaskClient:
    """The browser of an admin."""
    return visiting(create_app(bridge))


@pytest.fixture
def reader(bridge: Bridge) -> FlaskClient:
    """The browser of somebody who may only look."""
    return visiting(create_app(bridge), name="rae", role="read")
