# SPDX-License-Identifier: GPL-3.0-or-later
"""Queues that deliveries may wait in: another way in, for any hook.

A new kind of queue is one module with a table of its keys, a subclass of ``base.QueueTable``, and
one line in ``QUEUES``. What talks to the service is a module of its own, which is imported where
such a queue is configured and nowhere else: its client is an extra of the distribution.
"""

from collections.abc import Mapping
from types import MappingProxyType

from webhook_bridge.queues.azure import AzureTable
from webhook_bridge.queues.base import Message, Queue, QueueTable, QueueUnavailable
from webhook_bridge.queues.pubsub import PubSubTable
from webhook_bridge.queues.sqs import SqsTable

QUEUES: Mapping[str, type[QueueTable]] = MappingProxyType(
    {"azure": AzureTable, "pubsub": PubSubTable, "sqs": SqsTable}
)
"""The tables by the word that `service` has."""
DEFAULT = "sqs"

__all__ = ["DEFAULT", "QUEUES", "Message", "Queue", "QueueTable", "QueueUnavailable"]
