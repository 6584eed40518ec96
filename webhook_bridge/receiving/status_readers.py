# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may ask what became of a hook's deliveries: whoever has its secret, as its sender has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus

from webhook_bridge.authentication import BearerToken, Scheme
from webhook_bridge.authentication.reading import verify_reader
from webhook_bridge.config.hooks import Hook
from webhook_bridge.domain.inbound import InboundRequest
from webhook_bridge.receiving.answers import Answer, refusal
from webhook_bridge.receiving.pretence import NOBODYS_SECRET, stand_in
from webhook_bridge.receiving.refusals import Refusals
from webhook_bridge.receiving.rejected_requests import rejection

Secrets = Callable[[Hook], Sequence[bytes]]

NO_SUCH_DELIVERY = refusal(
    HTTPStatus.NOT_FOUND, "not_found", "no such delivery, or not the secret of its hook"
)
"""What a stranger and whoever asks for what there is not are answered alike."""


class StatusReaders:
    """Tells who has a hook's secret from who has not; these are noted and slowed as at the hook."""

    def __init__(
        self, hooks: Callable[[], Mapping[str, Hook]], *, secrets: Secrets, refusals: Refusals
    ) -> None:
        self._hooks = hooks
        self._secrets = secrets
        self._refusals = refusals

    def refuse(
        self, name: str, received: InboundRequest, *, path: str, address: str
    ) -> Answer | None:
        """Return the answer to who does not prove to have the hook's secret; None to who does."""
        hook = self._hooks().get(name)
        reason = self._unproven(hook, name, received, path=path, address=address)
        if not reason:
            return None
        note = rejection(
            received,
            hook=None if hook is None else hook.name,
            status=NO_SUCH_DELIVERY.status.value,
            code="not_found",
            detail=f"asks for a delivery's status: {reason}",
            remote=address,
            secret_headers=frozenset() if hook is None else hook.sender.scheme.secret_headers,
        )
        return self._refusals.refuse(NO_SUCH_DELIVERY, note, tried=f"hook {name}")

    def _unproven(
        self, hook: Hook | None, name: str, received: InboundRequest, *, path: str, address: str
    ) -> str:
        if hook is None:
            self._pretend(name, received, path=path, address=address)
            return "there is no such hook"
        found = verify_reader(hook.sender.scheme, received, self._secrets(hook), path=path)
        if found.accepted and not hook.sender.allows(address):
            return "the address is not among the hook's allow_from"
        return found.reason

    def _pretend(self, name: str, received: InboundRequest, *, path: str, address: str) -> None:
        hook = stand_in(list(self._hooks().values()), name)
        scheme: Scheme = BearerToken() if hook is None else hook.sender.scheme
        verify_reader(scheme, received, NOBODYS_SECRET, path=path)
        if hook is not None:
            hook.sender.allows(address)
