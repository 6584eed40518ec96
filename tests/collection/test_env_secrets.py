# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a container's environment is taken out of texts."""

import pytest
from ansible_collections.longshore.containers.plugins.module_utils._container_log import last_lines
from ansible_collections.longshore.containers.plugins.module_utils._env_secrets import (
    masked,
    secrets_of,
)


@pytest.mark.parametrize(
    ("variable", "text", "shown"),
    [
        ("DB_PASSWORD=s3cr3t", "wrong password s3cr3t!", "wrong password <DB_PASSWORD>!"),
        ("API_KEY=abc", "key=abc", "key=<API_KEY>"),
        ("LICENCE=correct horse", "correct horse", "<LICENCE>"),
        ("MODE=long-and-odd", "mode long-and-odd", "mode <MODE>"),
        ("LOG_LEVEL=info", "info: it starts", "info: it starts"),
        ("DB=postgres://shop:p%40ss@db/shop", "no login with p@ss", "no login with <DB>"),
        ("DB=postgres://shop:p%40ss@db/shop", "postgres://shop:p%40ss@db/shop", "<DB>"),
        ("PEM=-----BEGIN-----\nMIIEvQIBADAN", "bad line MIIEvQIBADAN", "bad line <PEM>"),
        ("EMPTY_PASSWORD=", "it starts", "it starts"),
        ("A_KEY=[not a url", "[not a url", "<A_KEY>"),
    ],
)
def test_what_could_be_a_secret_gives_way_to_its_variables_name(
    variable: str, text: str, shown: str
) -> None:
    assert masked(text, secrets_of([variable], [])) == shown


def test_what_the_image_itself_sets_is_public() -> None:
    public = ["JAVA_HOME=/opt/java/openjdk"]

    assert secrets_of([*public, "TOKEN=abcdef"], public) == (("abcdef", "TOKEN"),)


def test_a_secret_that_holds_another_one_is_hidden_as_a_whole() -> None:
    secrets = secrets_of(["A_KEY=abc", "B_KEY=abcdef"], [])

    assert masked("abcdef", secrets) == "<B_KEY>"


def test_a_log_line_is_cut_after_the_secrets_were_taken_out_and_hides_no_part_of_one() -> None:
    secrets = secrets_of(["TOKEN=" + "t" * 40], [])
    line = "." * 490 + "t" * 40

    assert last_lines(line.encode(), tty=True, secrets=secrets) == ["." * 490 + "<TOKEN>"]


def test_control_characters_do_not_hide_a_secret() -> None:
    secrets = secrets_of(["TOKEN=abcdef"], [])

    assert last_lines(b"abc\x00def", tty=True, secrets=secrets) == ["<TOKEN>"]
