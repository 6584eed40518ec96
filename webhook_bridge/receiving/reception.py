# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of a request to a hook: prove, read, store, acknowledge; or refuse, and say why."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from webhook_bridge.authentication import (
    PROVEN_BY_HEAD,
    SECRET_HEADERS,
    BearerToken,
    PathSecret,
    verify,
)
from webhook_bridge.config.hooks import Hook
from webhook_bridge.domain.deliveries import NewDelivery, NewRejected
from webhook_bridge.domain.inbound import InboundRequest
from webhook_bridge.receiving.answers import Answer, refusal, status_path
from webhook_bridge.receiving.pretence import NOBODYS_SECRET, stand_in
from webhook_bridge.receiving.refusals import Refusals
from webhook_bridge.receiving.rejected_requests import Rejections, rejection
from webhook_bridge.redaction import redacted_headers
from webhook_bridge.sources.base import Source
from webhook_bridge.strict_json import MalformedBody

_log = logging.getLogger(__name__)

Secrets = Callable[[Hook], Sequence[bytes]]


@dataclass(frozen=True)
class HookRequest:
    """A request to `/hooks/NAME`, or to `/hooks/NAME/SECRET` where `in_path` is true."""

    name: str
    in_path: bool
    received: InboundRequest
    address: str
    media_type: str


class Reception:
    """Answers requests to hooks; what it stores is on the disk when it answers 202."""

    def __init__(
        self,
        hooks: Callable[[], Mapping[str, Hook]],
        *,
        secrets: Secrets,
        accept: Callable[[NewDelivery], str],
        rejections: Rejections,
        refusals: Refusals,
    ) -> None:
        self._hooks = hooks
        self._secrets = secrets
        self._accept = accept
        self._rejections = rejections
        self._turning_away = refusals

    def receive(self, request: HookRequest) -> Answer:
        """Return the answer to a request.

        :raises StoreUnavailable: where it cannot be stored now.
        """
        hook = self._hook(request)
        unproven = self._unproven(hook, request)
        if hook is None or unproven:
            return self._turn_away(hook, request, unproven)
        refused = _unreadable(hook.sender, request)
        if refused is not None:
            self._rejections.note(_note(hook, request, refused, str(refused.body["message"])))
            return refused
        failed = hook.sender.confirm(request.received)
        if failed is not None:
            _log.error("hook %s: %s", hook.name, failed)
            message = "the confirmation failed; send it again"
            return refusal(HTTPStatus.SERVICE_UNAVAILABLE, "unconfirmed", message, Retry_After="5")
        return _accepted(hook.name, self._accept(_delivery(hook, request)))

    def is_proven_by_head(self, request: HookRequest) -> bool:
        """Say whether the head of a request proves the hook's sender, wherever it comes from."""
        hook = self._hook(request)
        if hook is None or not isinstance(hook.sender.scheme, PROVEN_BY_HEAD):
            return False
        return verify(hook.sender.scheme, request.received, self._secrets(hook)).accepted

    def reads_before_proof(self) -> bool:
        """Say whether there is a sender that must never be refused, and is proven by its body.

        Whether the hook that was called is one is not told: its name would be given away.
        """
        return any(
            hook.sender.always_accepts and not isinstance(hook.sender.scheme, PROVEN_BY_HEAD)
            for hook in self._hooks().values()
        )

    def _hook(self, request: HookRequest) -> Hook | None:
        hook = self._hooks().get(request.name)
        return hook if hook is not None and _in_path(hook) == request.in_path else None

    def _unproven(self, hook: Hook | None, request: HookRequest) -> str:
        """Return why a request does not come from the hook's sender; empty if it does."""
        if hook is None:
            self._pretend(request)
            return "there is no such hook"
        verification = verify(hook.sender.scheme, request.received, self._secrets(hook))
        allowed = hook.sender.allows(request.address)
        if verification.accepted and not allowed:
            return "the address is not among the hook's allow_from"
        return verification.reason

    def _pretend(self, request: HookRequest) -> None:
        """Take the time that one of the hooks takes: for one name always the same one."""
        alike = [hook for hook in self._hooks().values() if _in_path(hook) == request.in_path]
        hook = stand_in(alike, request.name)
        if hook is not None:
            verify(hook.sender.scheme, request.received, NOBODYS_SECRET)
            hook.sender.allows(request.address)
        else:
            scheme = PathSecret() if request.in_path else BearerToken()
            verify(scheme, request.received, NOBODYS_SECRET)

    def _turn_away(self, hook: Hook | None, request: HookRequest, reason: str) -> Answer:
        """Answer whoever is not proven; an unknown hook and a wrong secret alike."""
        answer = _unproven_answer(in_path=request.in_path)
        note = _note(hook, request, answer, reason)
        return self._turning_away.refuse(answer, note, tried=f"hook {request.name}")


def _note(hook: Hook | None, request: HookRequest, answer: Answer, detail: str) -> NewRejected:
    return rejection(
        request.received,
        hook=None if hook is None else hook.name,
        status=answer.status.value,
        code=str(answer.body["error"]),
        detail=detail,
        remote=request.address,
        secret_headers=frozenset() if hook is None else hook.sender.scheme.secret_headers,
    )


def _unproven_answer(*, in_path: bool) -> Answer:
    if in_path:
        return refusal(HTTPStatus.NOT_FOUND, "not_found", "there is no such hook")
    message = "no such hook, or not its secret"
    return refusal(HTTPStatus.UNAUTHORIZED, "unauthorized", message, WWW_Authenticate="Bearer")


def _in_path(hook: Hook) -> bool:
    return hook.sender.scheme.place == "path"


def _unreadable(source: Source, request: HookRequest) -> Answer | None:
    """Return why a body is not taken; None when it can be read, or its sender wants a 2xx."""
    if source.always_accepts:
        return None
    if request.media_type not in source.content_types:
        allowed = ", ".join(sorted(source.content_types))
        where = "choose that content type where the sender's webhook is configured"
        message = f"send the body as {allowed}; {where}"
        return refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message)
    try:
        source.read(request.received)
    except MalformedBody as error:
        return refusal(HTTPStatus.BAD_REQUEST, "malformed", str(error))
    return None


def _delivery(hook: Hook, request: HookRequest) -> NewDelivery:
    received = request.received
    return NewDelivery(
        hook=hook.name,
        source=hook.source,
        remote=request.address,
        headers=redacted_headers(
            received.headers, SECRET_HEADERS | hook.sender.scheme.secret_headers
        ),
        body=received.body,
        received_at=received.at,
    )


def _accepted(hook: str, identifier: str) -> Answer:
    """Return where to look: `status` opens with the hook's secret, `verdict` with an API token."""
    status = status_path(hook, identifier)
    verdict = f"/api/v1/deliveries/{identifier}"
    body = {"delivery": identifier, "status": status, "verdict": verdict}
    return Answer(HTTPStatus.ACCEPTED, body, {"Location": status})
