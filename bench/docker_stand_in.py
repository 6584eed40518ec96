# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for the Docker daemons of many hosts: one process, a socket and a state for each.

It answers after the time that a real daemon takes, so that what is measured is the controller. Run
as `python -m bench.docker_stand_in FOLDER NUMBER`: the sockets are FOLDER/N/run/docker.sock.
"""

import asyncio
import json
import re
import sys
import time
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

# Seconds that Docker 20.10 takes for these on the fleet's hosts, with an image of some MB.
_SECONDS = {"create": 0.1, "start": 0.4, "stop": 0.25, "images/create": 0.2}
_VERSION = {"ApiVersion": "1.41", "MinAPIVersion": "1.12", "Version": "20.10.24", "Os": "linux"}
_BRIDGE = {"Id": "b" * 64, "Name": "bridge", "Driver": "bridge", "Scope": "local", "Options": {}}
_NEVER = "0001-01-01T00:00:00Z"

Answer = tuple[int, Any]


@dataclass
class Daemon:
    """What one host's daemon has."""

    number: int
    images: set[str] = field(default_factory=set)
    containers: dict[str, dict[str, Any]] = field(default_factory=dict)

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Answer:
        """Return status and JSON for a request; `path` has no version in front."""
        for way, pattern, act in _ROUTES:
            found = re.fullmatch(pattern, path)
            if way == method and found:
                return act(self, urllib.parse.unquote(found.group(1)), query, body)
        return 404, {"message": f"page not found: {method} {path}"}

    def find(self, name: str) -> dict[str, Any] | None:
        """Return a container by its ID, the beginning of it, or its name."""
        if name in self.containers:
            return self.containers[name]
        by_name = (one for one in self.containers.values() if one["Name"] == f"/{name}")
        by_id = (one for key, one in self.containers.items() if key.startswith(name))
        return next(by_name, None) or next(by_id, None)


def _constant(daemon: Daemon, name: str, _query: dict[str, str], _body: Any) -> Answer:
    info = {"ID": f"host-{daemon.number}", "DockerRootDir": "/", "Driver": "overlay2"}
    version = {**_VERSION, "Arch": "amd64"}
    said = {"info": info, "version": version, "_ping": "OK", "networks": [_BRIDGE]}
    return 200, said.get(name, _BRIDGE)


def _images(daemon: Daemon, name: str, _query: dict[str, str], _body: Any) -> Answer:
    found = next((one for one in daemon.images if name in (one, _image_id(one))), None)
    return (200, _image(found)) if found else (404, {"message": f"No such image: {name}"})


def _all_images(daemon: Daemon, _name: str, _query: dict[str, str], _body: Any) -> Answer:
    return 200, [_image(name) for name in sorted(daemon.images)]


def _image(name: str) -> dict[str, Any]:
    config = {"Env": ["PATH=/bin"], "Entrypoint": ["/start"], "Labels": {}, "ExposedPorts": {}}
    image = {"Id": _image_id(name), "RepoDigests": [name], "RepoTags": [], "Config": config}
    return {**image, "Architecture": "amd64", "Os": "linux", "Created": _now(), "Size": 1}


def _pull(daemon: Daemon, _name: str, query: dict[str, str], _body: Any) -> Answer:
    tag = query.get("tag", "")
    separator = "@" if ":" in tag else ":"
    daemon.images.add(query["fromImage"] + (f"{separator}{tag}" if tag else ""))
    return 200, {"status": "Status: Downloaded newer image"}


def _distribution(_daemon: Daemon, name: str, _query: dict[str, str], _body: Any) -> Answer:
    descriptor = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "size": 500}
    platforms = [{"architecture": "amd64", "os": "linux"}]
    digest = name.partition("@")[2]
    return 200, {"Descriptor": {**descriptor, "digest": digest}, "Platforms": platforms}


def _list(daemon: Daemon, _name: str, query: dict[str, str], _body: Any) -> Answer:
    wanted = json.loads(query.get("filters", "{}")).get("label", [])
    return 200, [_listed(one) for one in daemon.containers.values() if _has(one, list(wanted))]


def _has(container: dict[str, Any], labels: list[str]) -> bool:
    own = container["Config"]["Labels"]
    return all(
        key in own and (not value or own[key] == value)
        for key, _, value in (label.partition("=") for label in labels)
    )


def _listed(container: dict[str, Any]) -> dict[str, Any]:
    return {
        "Id": container["Id"],
        "Names": [container["Name"]],
        "Image": container["Config"]["Image"],
        "ImageID": container["Image"],
        "Labels": container["Config"]["Labels"],
        "State": container["State"]["Status"],
        "Status": container["State"]["Status"],
        "Ports": [],
        "Created": 0,
        "Mounts": [],
        "HostConfig": {"NetworkMode": "default"},
        "NetworkSettings": {"Networks": {}},
    }


def _inspect(daemon: Daemon, name: str, _query: dict[str, str], _body: Any) -> Answer:
    found = daemon.find(name)
    return (200, found) if found else (404, {"message": f"No such container: {name}"})


def _create(daemon: Daemon, _name: str, query: dict[str, str], body: Any) -> Answer:
    key = _id(f"{daemon.number} {query['name']} {time.time()}")
    host = {"RestartPolicy": {"Name": "no", "MaximumRetryCount": 0}, "NetworkMode": "default"}
    config = {one: value for one, value in body.items() if one not in ("HostConfig", "Networking")}
    network = {"IPAddress": "172.17.0.2", "Aliases": None, "IPAMConfig": None, "Links": None}
    daemon.containers[key] = {
        "Id": key,
        "Name": f"/{query['name']}",
        "Created": _now(),
        "Image": _image_id(body["Image"]),
        "Config": {"Labels": {}, "Env": [], "Tty": False, **config},
        "HostConfig": {**host, **(body.get("HostConfig") or {})},
        "NetworkSettings": {"Networks": {"bridge": network}, "Ports": {}, "IPAddress": ""},
        "State": _state("created", running=False, started=_NEVER),
        "Mounts": [],
        "RestartCount": 0,
        "Platform": "linux",
    }
    return 201, {"Id": key, "Warnings": []}


def _act(daemon: Daemon, name: str, query: dict[str, str], body: Any) -> Answer:
    name, _, verb = name.rpartition("/")
    found = daemon.find(name)
    if found is None:
        return 404, {"message": f"No such container: {name}"}
    if verb == "rename":
        found["Name"] = f"/{query['name'].lstrip('/')}"
    elif verb == "update":
        found["HostConfig"].update(body)
        return 200, {"Warnings": []}
    elif verb in ("start", "stop"):
        started = _now() if verb == "start" else found["State"]["StartedAt"]
        words = {"start": "running", "stop": "exited"}
        found["State"] = _state(words[verb], running=verb == "start", started=started)
    return 204, None


def _remove(daemon: Daemon, name: str, _query: dict[str, str], _body: Any) -> Answer:
    found = daemon.find(name)
    if found is not None:
        del daemon.containers[found["Id"]]
    return (204, None) if found else (404, {"message": f"No such container: {name}"})


def _forget(daemon: Daemon, name: str, _query: dict[str, str], _body: Any) -> Answer:
    daemon.images.discard(name)
    return 200, []


_ROUTES: list[tuple[str, str, Callable[[Daemon, str, dict[str, str], Any], Answer]]] = [
    ("GET", r"/(_ping|version|info|networks|networks/bridge)", _constant),
    ("GET", r"/distribution/(.+)/json", _distribution),
    ("GET", r"/(images/json)", _all_images),
    ("GET", r"/images/(.+)/json", _images),
    ("POST", r"/(images/create)", _pull),
    ("DELETE", r"/images/(.+)", _forget),
    ("GET", r"/(containers/json)", _list),
    ("GET", r"/containers/(.+)/json", _inspect),
    ("POST", r"/(containers/create)", _create),
    ("POST", r"/containers/(.+)", _act),
    ("DELETE", r"/containers/(.+)", _remove),
]


def _state(word: str, *, running: bool, started: str) -> dict[str, Any]:
    flags = dict.fromkeys(("Paused", "Restarting", "OOMKilled", "Dead"), False)
    ended = {"ExitCode": 0, "Error": "", "Pid": 1, "FinishedAt": _NEVER}
    return {"Status": word, "Running": running, "StartedAt": started, **flags, **ended}


def _id(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _image_id(name: str) -> str:
    return f"sha256:{_id(name)}"


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000000000Z", time.gmtime())


async def _serve(daemon: Daemon, source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
    """Answer requests on one connection until the client closes it."""
    while line := await source.readline():
        method, target, _ = line.decode().split()
        body = await _body(source)
        parts = urllib.parse.urlsplit(target)
        path = re.sub(r"^/v[\d.]+", "", parts.path)
        query = dict(urllib.parse.parse_qsl(parts.query))
        if path == "/events":
            await _stay_silent(source, to)
            return
        await asyncio.sleep(_delay(method, path))
        status, said = daemon.answer(method, path, query, body)
        _write(to, status, said)
    to.close()


async def _body(source: asyncio.StreamReader) -> Any:
    size = 0
    while (line := await source.readline()) not in (b"\r\n", b""):
        name, _, value = line.decode().partition(":")
        if name.lower() == "content-length":
            size = int(value)
    text = await source.readexactly(size)
    return json.loads(text) if text else None


def _delay(method: str, path: str) -> float:
    if method != "POST":
        return 0.0
    return next((each for end, each in _SECONDS.items() if path.endswith(end)), 0.01)


def _write(to: asyncio.StreamWriter, status: int, said: Any) -> None:
    body = b"" if status == 204 else json.dumps(said).encode() + b"\n"  # noqa: PLR2004 -- No Content
    head = f"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nApi-Version: 1.41\r\n"
    to.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)


async def _stay_silent(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
    """Send the head of the stream of events, and no event, until the client closes it."""
    to.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    await source.read()
    to.close()


async def _main(folder: Path, number: int) -> None:
    for host in range(1, number + 1):
        daemon = Daemon(host)
        socket = folder / str(host) / "run" / "docker.sock"

        async def serve(
            source: asyncio.StreamReader, to: asyncio.StreamWriter, daemon: Daemon = daemon
        ) -> None:
            await _serve(daemon, source, to)

        await asyncio.start_unix_server(serve, str(socket))
    (folder / "ready").touch()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), int(sys.argv[2])))
