# SPDX-License-Identifier: GPL-3.0-or-later
"""What registries and the pulls from them say when something fails: a part of advice_cases."""

from tests.support.said import Said

REGISTRY = (
    Said(
        'Get "http://10.93.0.1:5000/v2/": dial tcp 10.93.0.1:5000: connect: connection refused',
        "network and firewall",
        "unreachable",
    ),
    Said(
        'Get "http://10.93.0.1:5000/v2/": read tcp 10.93.0.11:48666->10.93.0.1:5000: read: '
        "connection reset by peer",
        "network and firewall",
        "unreachable",
    ),
    Said(
        'Get "http://10.93.0.1:5000/v2/": net/http: request canceled while waiting for connection '
        "(Client.Timeout exceeded while awaiting headers)",
        "network and firewall",
        "unreachable",
    ),
    Said(
        'Get "http://10.93.0.1:5000/v2/": dial tcp 10.93.0.1:5000: i/o timeout',
        "network and firewall",
        "unreachable",
    ),
    Said(
        'Get "https://registry.nowhere.example/v2/": dial tcp: lookup registry.nowhere.example on '
        "10.255.255.53:53: read udp 10.93.0.11:50039->10.255.255.53:53: i/o timeout",
        "DNS",
        "unreachable",
    ),
    Said(
        'Get "https://registry.example.com/v2/": dial tcp: lookup registry.example.com on '
        "127.0.0.53:53: no such host",
        "DNS",
        "unreachable",
        source="Go net, DNSError",
    ),
    Said(
        'failed to resolve reference "docker.io/acme/shop:1": failed to do request: Head '
        '"https://registry-1.docker.io/v2/acme/shop/manifests/1": dial tcp 1.2.3.4:443: connect: '
        "no route to host",
        "network and firewall",
        "unreachable",
        source="containerd core/remotes/docker, the image store of Engine 29",
    ),
    Said(
        'Get "https://registry-1.docker.io/v2/": net/http: TLS handshake timeout',
        "network and firewall",
        "unreachable",
        source="Go net/http, tlsHandshakeTimeoutError",
    ),
    Said(
        'Get "https://registry-1.docker.io/v2/": context deadline exceeded (Client.Timeout '
        "exceeded while awaiting headers)",
        "network and firewall",
        "unreachable",
        source="Go net/http, Engine 23 and later",
    ),
    Said(
        'Get "https://registry-1.docker.io/v2/": EOF',
        "network and firewall",
        "unreachable",
        source="Go net/http",
    ),
    Said(
        "the registry gave no answer to this host's Docker within 20 s",
        "network and firewall",
        "unreachable",
        source="plugins/module_utils/_registry_question.py",
    ),
    Said(
        'Get "https://registry-1.docker.io/v2/": proxyconnect tcp: dial tcp 10.0.0.9:3128: '
        "connect: connection refused",
        "HTTP proxy",
        "unreachable",
        source="Go net/http, Transport.dialConn",
    ),
    Said(
        'Get "https://registry-1.docker.io/v2/": proxyconnect tcp: dial tcp: lookup proxy.example '
        "on 127.0.0.53:53: no such host",
        "HTTP proxy",
        "unreachable",
        source="Go net/http, Transport.dialConn",
    ),
    Said(
        "repository registry.example.com/acme/denied-app not found: does not exist or no pull "
        "access",
        "",
        "",
        source="a repository whose name is a word of this table",
    ),
    Said(
        "unexpected status from HEAD request to https://registry.example.com/v2/acme/shop/"
        "manifests/sha256:aaaa: 403 Forbidden",
        "check the repository",
        "refused",
        source="containerd remotes/docker, as Docker 25 with its image store",
    ),
    Said(
        'failed to resolve reference "docker.io/acme/shop@sha256:aaaa": docker.io/acme/shop@sha256:'
        "aaaa: not found",
        "the registry has no such image",
        "missing",
        source="containerd remotes/docker, as Docker 25 with its image store",
    ),
    Said(
        "unexpected status from HEAD request to https://registry.example.com/v2/acme/shop/"
        "manifests/sha256:aaaa: 504 Gateway Timeout",
        "the registry's own log",
        "failing",
        source="containerd remotes/docker, as Docker 25 with its image store",
    ),
    Said("unknown: Too Many Requests", "how often", "rate_limited"),
    Said(
        "toomanyrequests: You have reached your pull rate limit. You may increase the limit by "
        "authenticating and upgrading: https://www.docker.com/increase-rate-limit",
        "how often",
        "rate_limited",
        source="docs.docker.com, Docker Hub usage and limits",
    ),
    Said(
        "toomanyrequests: retry-after: 200.57µs, allowed: 44000/minute",
        "how often",
        "rate_limited",
        source="ghcr.io's answer; words of moby distribution/errors.go",
    ),
    Said(
        "error from registry: You have reached your unauthenticated pull rate limit. "
        "https://www.docker.com/increase-rate-limit",
        "how often",
        "rate_limited",
        source="docs.docker.com, Engine 28 and later",
    ),
    Said(
        "received unexpected HTTP status: 503 Service Unavailable", "registry's own log", "failing"
    ),
    Said(
        "received unexpected HTTP status: 500 Internal Server Error",
        "registry's own log",
        "failing",
    ),
    Said(
        "unexpected status from HEAD request to https://ghcr.io/v2/acme/shop/manifests/1: 502 Bad "
        "Gateway",
        "registry's own log",
        "failing",
        source="containerd core/remotes/errors, the image store of Engine 29",
    ),
    Said("unknown: Unauthorized", "username and password", "refused"),
    Said("unknown: Forbidden", "username and password", "refused"),
    Said(
        'Get "http://10.93.0.1:5000/v2/acme/shop/manifests/latest": no basic auth credentials',
        "username and password",
        "refused",
        source="docker-registry with htpasswd, tests/hosts/test_private_registry.py",
    ),
    Said(
        "pull access denied for acme/shop, repository does not exist or may require 'docker "
        "login': denied: requested access to the resource is denied",
        "username and password",
        "refused",
        source="moby distribution/errors.go",
    ),
    Said("manifest unknown: manifest unknown", "has no such image", "missing"),
    Said(
        "manifest for 10.93.0.1:5000/acme/shop@sha256:bbbb not found: manifest unknown: manifest "
        "unknown",
        "has no such image",
        "missing",
    ),
    Said("unknown: Not Found", "has no such image", "missing"),
    Said(
        'Get "https://10.93.0.1:5000/v2/": http: server gave HTTP response to HTTPS client',
        "insecure-registries",
        source="Go net/http",
    ),
    Said(
        'Get "https://registry.example.com/v2/": x509: certificate signed by unknown authority',
        "/etc/docker/certs.d",
        source="Go crypto/x509, Engine 20.10",
    ),
    Said(
        'Get "https://registry.example.com/v2/": tls: failed to verify certificate: x509: '
        "certificate signed by unknown authority",
        "/etc/docker/certs.d",
        source="Go crypto/x509, Engine 24 and later",
    ),
    Said(
        'Get "https://registry.example.com/v2/": tls: failed to verify certificate: x509: '
        "certificate has expired or is not yet valid: current time 2026-11-30T06:00:00Z is after "
        "2026-11-01T00:00:00Z",
        "clock",
        source="Go crypto/x509",
    ),
    Said(
        'Get "https://registry.example.com/v2/": x509: certificate is valid for example.com, not '
        "registry.example.com",
        "the registry's certificate",
        source="Go crypto/x509",
    ),
    Said(
        "no matching manifest for linux/amd64 in the manifest list entries",
        "this host's processor",
        source="moby distribution/pull_v2.go",
    ),
    Said(
        "filesystem layer verification failed for digest sha256:d9e104c4eea9",
        "push the image again",
        source="moby distribution/pull_v2.go, tests/hosts/test_registry_rows.py",
    ),
    Said(
        "failed to register layer: Error processing tar file(exit status 1): write /ballast: no "
        "space left on device",
        "free disk space",
        source="moby pkg/archive, tests/hosts/test_host_rows.py",
    ),
    Said(
        "failed to register layer: Error processing tar file(exit status 1): archive/tar: invalid "
        "tar header",
        "compression=gzip",
    ),
    Said(
        "Timed out after 900 second(s).",
        "docker_container_stage_timeout",
        source="ansible-core executor/task_executor.py",
    ),
    # What nobody knows a remedy for gets none.
    Said("layers from manifest don't match image configuration", "", source="moby distribution"),
    Said(
        'Get "https://registry.example.com/v2/denied/toomanyrequests/manifests/1": something new',
        "",
        source="a name of a repository",
    ),
    Said(
        "open /var/lib/docker/tmp/GetImageBlob1: permission denied",
        "",
        source="Go os, fs.ErrPermission",
    ),
)
