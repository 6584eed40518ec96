# SPDX-License-Identifier: GPL-3.0-or-later
"""The invariants, as seen from outside: by Docker's word, over HTTP, and in the files."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from fleet.chaos.faults import NETWORKS
from fleet.host import Host
from fleet.observe import processes_of, running, served
from fleet.service import Service


def broken_invariants(service: Service, allowed: Mapping[str, str]) -> list[str]:
    """Return what is not as it must be once all is healed and at rest, a sentence each.

    `allowed` has the version that is served for each digest that may run now.
    """
    problems = [problem for host in service.fleet.hosts for problem in _of_host(host, allowed)]
    problems += [
        f"a process of a run is left: {line}" for line in processes_of(service.bridge.folder)
    ]
    problems += [f"a secret is in {path}" for path in _files_with_secrets(service)]
    return problems


def _of_host(host: Host, allowed: Mapping[str, str]) -> Iterator[str]:
    """One container of the app runs, of an allowed digest, and it is the one that serves."""
    found = running(host)
    if len(found) != 1:
        names = ", ".join(one["Name"] for one in found) or "none"
        yield f"{host.name} runs {len(found)} containers of the app ({names})"
        return
    digest = found[0]["Config"]["Image"].partition("@")[2]
    missing = set(NETWORKS) - set(found[0]["NetworkSettings"]["Networks"])
    if missing:
        yield f"{host.name} runs a container without its network {', '.join(sorted(missing))}"
    if found[0]["Config"]["Labels"]["longshore.digest"] != digest:
        yield f"{host.name} runs {digest} under the label of another digest"
    if digest not in allowed:
        yield f"{host.name} runs {digest}, which is neither the newest nor the last good one"
    elif served(host) != f"version {allowed[digest]}":
        yield f"{host.name} does not serve version {allowed[digest]}"


def _files_with_secrets(service: Service) -> Iterator[Path]:
    """Logs, events, results and the database: none may hold a secret of the bridge or the app."""
    folder = service.bridge.folder
    secrets = [secret.encode() for secret in service.secrets]
    for path in (folder / "serve.log", *folder.glob("state/**/*")):
        if path.is_file():
            content = path.read_bytes()
            if any(secret in content for secret in secrets):
                yield path.relative_to(folder)
