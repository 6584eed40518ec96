# SPDX-License-Identifier: GPL-3.0-or-later
"""Queues that deliveries may wait in: another way in, for any hook.

A new kind of queue is one module with a table of its keys, a subclass of ``base.QueueTable``, and
its place in ``AnyQueue``. What talks to the service is a module of its own, which is imported where
such a queue is configured and nowhere else: its client is an extra of the distribution.
"""

from webhook_bridge.queues.base import Message, Queue, QueueUnavailable
from webhook_bridge.queues.sqs import SqsTable

AnyQueue = SqsTable
"""The table of any queue that a hook may have."""

__all__ = ["AnyQueue", "Message", "Queue", "QueueUnavailable", "SqsTable"]
