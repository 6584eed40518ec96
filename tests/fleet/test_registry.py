# SPDX-License-Identifier: GPL-3.0-or-later
import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from fleet import Fleet, images

pytestmark = pytest.mark.fleet


@contextmanager
def receiver() -> Iterator[tuple[str, "queue.Queue[tuple[str, dict[str, Any]]]"]]:
    """A webhook on this machine: its URL, and (Authorization, event) of all that came to it."""
    received: queue.Queue[tuple[str, dict[str, Any]]] = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            for event in body["events"]:
                received.put((self.headers["Authorization"], event))
            self.send_response(202)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing: the tests look at what was received."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook", received
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_push_is_notified_with_tag_digest_and_token(fleet: Fleet) -> None:
    with receiver() as (url, received):
        fleet.registry.notify(url, "a-token")

        digest = fleet.registry.push("acme/web", "latest", images.healthy("1"))

        authorization, event = received.get(timeout=10)
        assert authorization == "Bearer a-token"
        assert (event["action"], event["target"]["repository"]) == ("push", "acme/web")
        assert (event["target"]["tag"], event["target"]["digest"]) == ("latest", digest)


def test_a_new_endpoint_takes_the_place_of_the_old_one(fleet: Fleet) -> None:
    with receiver() as (old, received_by_old), receiver() as (new, received_by_new):
        fleet.registry.notify(old)
        fleet.registry.notify(new)

        fleet.registry.push("acme/web", "latest", images.healthy("1"))

        assert received_by_new.get(timeout=10)
        assert received_by_old.empty()


def test_up_again_leaves_the_endpoint_as_it_was(fleet: Fleet) -> None:
    with receiver() as (url, received):
        fleet.registry.notify(url)

        fleet.up()

        fleet.registry.push("acme/web", "latest", images.healthy("1"))
        assert received.get(timeout=10)


def test_a_tag_moves_with_a_push_and_is_gone_when_deleted(fleet: Fleet) -> None:
    first = fleet.registry.push("acme/web", "latest", images.healthy("1"))
    second = fleet.registry.push("acme/web", "latest", images.healthy("2"))
    fleet.registry.push("acme/web", "old", images.healthy("1"))

    assert first != second
    assert fleet.registry.digest("acme/web", "latest") == second
    assert fleet.registry.tags("acme/web") == ["latest", "old"]

    fleet.registry.delete_tag("acme/web", "latest")

    assert fleet.registry.digest("acme/web", "latest") is None
    assert fleet.registry.tags("acme/web") == ["old"]


def test_an_index_has_a_digest_of_its_own(fleet: Fleet) -> None:
    image = images.healthy("1")

    digest = fleet.registry.push("acme/web", "latest", image, as_index=True)

    assert digest != image.digest
    assert fleet.registry.digest("acme/web", "latest") == digest


def test_what_was_pushed_is_still_there_after_a_stop(fleet: Fleet) -> None:
    digest = fleet.registry.push("acme/web", "latest", images.healthy("1"))

    fleet.registry.stop()
    fleet.registry.start()

    assert fleet.registry.digest("acme/web", "latest") == digest
