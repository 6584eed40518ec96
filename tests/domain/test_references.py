# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook_bridge.domain.references import (
    ImageName,
    InvalidReference,
    is_artifact_tag,
    is_digest,
    is_repository,
    is_tag,
    parse_image_name,
    parse_registry,
    shown,
)

HEX = "0123456789abcdef" * 4
HOSTILE = [
    "",
    " ",
    "{{ lookup('pipe','id') }}",
    "{%raw%}",
    "--version",
    "-oProxyCommand=x",
    "../../x",
    "/etc/passwd",
    "$(id)",
    "a b",
    "a\n",
    "a\x00",
    "a\x1b[2J",
    "\uff41",  # a full-width letter
    "\u0661",  # an Arabic digit
    "\ud800",
    "a//b",
    "a/",
    "/a",
    "a;b",
]


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("nginx", "docker.io/library/nginx"),
        ("docker.io/nginx", "docker.io/library/nginx"),
        ("acme/shop", "docker.io/acme/shop"),
        ("docker.io/acme/shop", "docker.io/acme/shop"),
        ("index.docker.io/acme/shop", "docker.io/acme/shop"),
        ("registry-1.docker.io/library/nginx", "docker.io/library/nginx"),
        ("ghcr.io/acme/shop", "ghcr.io/acme/shop"),
        ("localhost/shop", "localhost/shop"),
        ("localhost:5000/shop", "localhost:5000/shop"),
        ("10.77.0.1:5000/a/b/c", "10.77.0.1:5000/a/b/c"),
        ("[2001:db8::1]:5000/shop", "[2001:db8::1]:5000/shop"),
        ("[2001:DB8:0::1]:5000/shop", "[2001:db8::1]:5000/shop"),
        ("registry/shop", "docker.io/registry/shop"),
        ("acme/a__b-c.d--e", "docker.io/acme/a__b-c.d--e"),
    ],
)
def test_a_name_is_read_as_docker_reads_it(text: str, full: str) -> None:
    name = parse_image_name(text)

    assert str(name) == full


@pytest.mark.parametrize(
    "text",
    [
        *HOSTILE,
        "Acme/shop",
        "acme/Shop",
        "Registry.example.com/shop",
        "a___b",
        "a._b",
        "a-",
        ".a",
        "host:0/a",
        "host:65536/a",
        "host:/a",
        "host:x/a",
        "-host.example/a",
        "host-.example/a",
        "user@host.example/a",
        "user:pass@host.example/a",
        "https://host.example/a",
        "[::1/a",
        "[:::::]/a",
        "[::ffff:10.0.0.1]/a",
    ],
)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(InvalidReference):
        parse_image_name(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nginx:1.27", "without a tag or digest"),
        ("localhost:5000", "without a tag or digest"),
        (f"nginx@sha256:{HEX}", "without a tag or digest"),
        (f"nginx:1@sha256:{HEX}", "without a tag or digest"),
        ("Acme/shop", "lower case"),
        ("docker.io/Acme", "lower-case"),
    ],
)
def test_a_refusal_says_what_is_allowed(text: str, said: str) -> None:
    with pytest.raises(InvalidReference, match=said):
        parse_image_name(text)


def test_a_refusal_quotes_the_value_on_one_line_and_cut() -> None:
    with pytest.raises(InvalidReference) as refusal:
        parse_image_name("\x1b[2J\n" + "A" * 5000)

    message = str(refusal.value)
    assert message.isascii() or "…" in message
    assert message.replace("…", "").isprintable()
    assert len(message) < 300


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("docker.io", "docker.io"),
        ("index.docker.io", "docker.io"),
        ("localhost", "localhost"),
        ("r.example:5000", "r.example:5000"),
        ("[2001:DB8:0::1]", "[2001:db8::1]"),
    ],
)
def test_a_registry_has_one_name(text: str, name: str) -> None:
    assert parse_registry(text) == name


@pytest.mark.parametrize("text", ["", "acme", "docker.io/acme", "https://r.example", "[::g]"])
def test_what_is_no_registry_is_refused(text: str) -> None:
    with pytest.raises(InvalidReference, match="must be a registry"):
        parse_registry(text)


def test_255_characters_are_the_longest_name() -> None:
    assert parse_image_name("host.example/" + "a" * 242)
    with pytest.raises(InvalidReference, match="at most 255"):
        parse_image_name("host.example/" + "a" * 243)


def test_an_image_name_cannot_be_made_of_anything_else() -> None:
    with pytest.raises(InvalidReference):
        ImageName("docker.io", "../x")
    with pytest.raises(InvalidReference):
        ImageName("", "x")
    with pytest.raises(InvalidReference):
        ImageName("index.docker.io", "acme/shop")
    with pytest.raises(InvalidReference, match="too long"):
        ImageName("r.example", "a" * 250)


@pytest.mark.parametrize("tag", ["latest", "1.4.2", "_x", "A-b.c_d", "a" * 128, "0"])
def test_a_tag_is_a_tag(tag: str) -> None:
    assert is_tag(tag)


@pytest.mark.parametrize(
    "tag", [*HOSTILE, ".a", "-a", "a" * 129, "a:b", "sha256:" + HEX, None, 5, ["latest"]]
)
def test_what_is_no_tag_is_none(tag: object) -> None:
    assert not is_tag(tag)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_no_repository_is_none(text: str) -> None:
    assert not is_repository(text)


def test_a_digest_is_sha256_and_64_lower_case_hex_digits() -> None:
    assert is_digest(f"sha256:{HEX}")
    for wrong in (
        f"sha256:{HEX}\n",
        f"sha256:{HEX.upper()}",
        f"sha256:{HEX[1:]}",
        f"sha256:{HEX}0",
        f"sha512:{HEX}{HEX}",
        HEX,
        None,
    ):
        assert not is_digest(wrong)


@pytest.mark.parametrize("ending", ["", ".sig", ".att", ".sbom"])
def test_tags_of_signatures_attestations_and_sboms_are_told_apart(ending: str) -> None:
    assert is_artifact_tag(f"sha256-{HEX}{ending}")


@pytest.mark.parametrize("tag", ["latest", "sha256-abc", f"v-sha256-{HEX}", f"sha256-{HEX}0", HEX])
def test_tags_of_images_are_no_artifacts(tag: str) -> None:
    assert not is_artifact_tag(tag)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        name = parse_image_name(text)
    except InvalidReference:
        return
    assert parse_image_name(str(name)) == name


@given(
    st.from_regex(r"[a-z0-9]{1,8}([._-][a-z0-9]{1,8}){0,2}(/[a-z0-9]{1,8}){0,3}", fullmatch=True)
)
def test_reading_a_full_name_again_changes_nothing(text: str) -> None:
    try:
        name = parse_image_name(text)
    except InvalidReference:
        return  # a first part such as "a_b.c" is a host by its dot, but not a valid one
    assert parse_image_name(str(name)) == name


@given(st.text())
def test_shown_text_is_short_and_printable(text: str) -> None:
    assert shown(text).isprintable()
    assert len(shown(text)) < 60 * 10 + 30


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, "nothing"), (5, "a value of type int"), (["x"], "a value of type list")],
)
def test_what_is_no_text_is_shown_by_its_kind(value: object, said: str) -> None:
    assert shown(value) == said
