# SPDX-License-Identifier: GPL-3.0-or-later
"""Which certificates of a registry are trusted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.certificates import server_context, write_certificate
from tests.support.fake_registry import DIGEST, FOUND, Says, always, digest_of, fake_registry
from webhook_bridge.registry.client import RegistryUnreachable


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Return a file with a key and a certificate of no known authority for the loopback."""
    file = tmp_path / "certificate.pem"
    write_certificate(file, "127.0.0.1")
    return file


def test_a_registry_of_ones_own_authority_is_spoken_to(certificate: Path) -> None:
    with fake_registry(always(FOUND), tls=server_context(certificate)) as registry:
        assert digest_of(registry, plain_http=False, ca_file=str(certificate)) == DIGEST


def test_a_certificate_of_no_known_authority_is_not_trusted(certificate: Path) -> None:
    with fake_registry(always(FOUND), tls=server_context(certificate)) as registry:
        with pytest.raises(RegistryUnreachable, match="set ca_file"):
            digest_of(registry, plain_http=False)

        assert registry.asked == []


def test_a_registry_without_tls_has_to_be_declared_so() -> None:
    with fake_registry(always(FOUND)) as registry:
        with pytest.raises(RegistryUnreachable, match="set plain_http"):
            digest_of(registry, plain_http=False)

        assert registry.asked == []


def test_an_answer_that_drips_over_tls_ends_at_the_deadline(certificate: Path) -> None:
    drip = always(Says(200, {}, b" " * 1000, drip="body"))
    with (
        fake_registry(drip, tls=server_context(certificate)) as registry,
        pytest.raises(RegistryUnreachable, match="did not answer within"),
    ):
        digest_of(registry, plain_http=False, ca_file=str(certificate), timeout_s=0.4)
