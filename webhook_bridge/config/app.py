# SPDX-License-Identifier: GPL-3.0-or-later
"""One app as the inventory declares it: the schema that validates and documents each field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from webhook_bridge.config.container import ContainerOptions, fixed_host_ports, uses_host_network
from webhook_bridge.config.durations import Duration
from webhook_bridge.config.health import Health, asked_elsewhere
from webhook_bridge.config.rollout import Rollout
from webhook_bridge.config.signature import Signature
from webhook_bridge.config.table import Table
from webhook_bridge.domain.references import ImageName, parse_image_name
from webhook_bridge.tags import ExactTag
from webhook_bridge.tags.schema import TrackField


def _image(value: object) -> ImageName:
    if isinstance(value, ImageName):
        return value
    if not isinstance(value, str):
        raise ValueError("must be a string: registry and repository, never a tag")
    return parse_image_name(value)


def _pattern(value: str) -> str:
    if not value.strip() or value.startswith("-"):
        raise ValueError("must be an Ansible host pattern, as web or web:!spare")
    return value


def _switch(value: str, others: ValidationInfo) -> str:
    if value == "start_first":
        problem = _not_beside(others.data.get("container", {}), others.data.get("health", Health()))
        if problem:
            raise ValueError(f"start_first needs two containers at once, but {problem}")
    return value


def _not_beside(container: Mapping[str, Any], health: Health) -> str:
    """Return why no second container can run beside the first and be told from it; or nothing."""
    fixed = fixed_host_ports(container)
    if fixed:
        return (
            f"container.published_ports fixes {', '.join(fixed)} on the host; publish the "
            "container's port alone, as 8080, and let the proxy find it, or write stop_first"
        )
    if uses_host_network(container):
        return (
            "container.network_mode is host, whose ports the old container holds; give it another "
            "network, or write stop_first"
        )
    elsewhere = asked_elsewhere(health)
    if elsewhere:
        return (
            f"health.{elsewhere} may be answered by the old one; write `container` for its host, "
            "which is the new container itself, or write stop_first"
        )
    return ""


class App(Table):
    """One container that is kept up to date on a set of hosts."""

    image: Annotated[ImageName, BeforeValidator(_image)]
    track: TrackField = ExactTag("latest")
    min_age: Duration = 0.0
    signature: Signature | None = None
    hosts: Annotated[str, AfterValidator(_pattern)]
    container: ContainerOptions = Field(default_factory=dict)
    health: Health = Health()
    switch: Annotated[Literal["stop_first", "start_first"], AfterValidator(_switch)] = "stop_first"
    rollout: Rollout = Rollout()
    drift: Literal["report", "correct"] = "report"
    keep: int = Field(default=2, ge=0, le=20, strict=True)
