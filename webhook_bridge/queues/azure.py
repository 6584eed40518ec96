# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure Storage Queue: the table of a hook's queue.

Facts: learn.microsoft.com/rest/api/storageservices "Naming queues and metadata" (3 to 63 letters,
digits and dashes), "Get messages" (hidden for 1 second to 7 days).
"""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Annotated, ClassVar, Literal
from urllib.parse import urlsplit

from ansible_collections.longshore.containers.plugins.plugin_utils._durations import duration
from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from webhook_bridge.queues.addresses import parsed_address
from webhook_bridge.queues.base import LONGEST_NAME, Queue, QueueTable

_NAME = r"[a-z0-9](?:-?[a-z0-9]){2,62}"
_OF_ACCOUNT = re.compile(rf"/{_NAME}")
_OF_EMULATOR = re.compile(rf"/(?P<account>[a-z0-9]{{3,24}})/{_NAME}")
_EXAMPLE = "https://acme.queue.core.windows.net/longshore"


def _queue_url(text: str) -> str:
    parts = parsed_address(text)
    wanted = _OF_EMULATOR if _is_address(parts.hostname or "") else _OF_ACCOUNT
    if not wanted.fullmatch(parts.path):
        raise ValueError(f"must name a queue, for example {_EXAMPLE}")
    return text


def _is_address(host: str) -> bool:
    """Say whether the account is not the name of the host, and so the first part of the path."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return True


def _credential(path: Path, info: ValidationInfo) -> Path:
    """Return the file, relative to that of the settings, where that is known."""
    found = path if info.context is None else info.context["folder"] / path
    if not found.is_file():
        raise ValueError(f"{found} does not exist")
    return found


class AzureTable(QueueTable):
    """A queue of a storage account; a file, the environment or the machine has the credentials."""

    package: ClassVar[str] = "requests"
    distribution: ClassVar[str] = "requests"
    extra: ClassVar[str] = ""

    service: Literal["azure"]
    proof: Literal["queue"] = "queue"
    """A message has no attributes here, in which a secret could stand."""
    url: Annotated[str, AfterValidator(_queue_url)]
    credential_file: Annotated[Path, AfterValidator(_credential)] | None = None
    """A shared access signature or a key of the account; read anew after a failure."""

    visibility_timeout: Annotated[float, BeforeValidator(duration), Field(ge=10, le=43200)] = 120.0
    """Seconds that a message we received is hidden from others."""
    poll_interval: Annotated[float, BeforeValidator(duration), Field(ge=1, le=60)] = 2.0
    """Seconds between two looks into an empty queue: this service has no long poll."""

    @property
    def name(self) -> str:
        """The last part of the URL, after the service's name."""
        return f"azure:{self.url.rpartition('/')[2]}"[:LONGEST_NAME]

    @property
    def place(self) -> str:
        """The URL."""
        return self.url

    @property
    def account(self) -> str:
        """The storage account: the first part of the host's name, or an emulator's path."""
        parts = urlsplit(self.url)
        found = _OF_EMULATOR.fullmatch(parts.path)
        return found["account"] if found else (parts.hostname or "").partition(".")[0]

    def open(self) -> Queue:
        """Return the queue, asked over REST."""
        from webhook_bridge.queues.azure_client import AzureQueue  # noqa: PLC0415 -- when configured

        return AzureQueue(
            self.url,
            account=self.account,
            credential_file=self.credential_file,
            hidden_s=int(self.visibility_timeout),
            poll_interval_s=self.poll_interval,
        )
