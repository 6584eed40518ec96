# SPDX-License-Identifier: GPL-3.0-or-later
"""The page about the API, and what tools import."""

from __future__ import annotations

import io
import json
import re
import zipfile

import pytest
from flask.testing import FlaskClient

from webhook_bridge.service.bridge import Bridge
from webhook_bridge.web import create_app
from webhook_bridge.web.api_clients import FILES


def test_the_page_shows_every_operation_of_the_document(page: FlaskClient) -> None:
    document = json.loads(page.get("/api-docs/openapi.json").data)

    html = page.get("/api-docs").text

    for path, item in document["paths"].items():
        for method, one in item.items():
            assert f'id="{one["operationId"]}"' in html
            assert f"<b>{method.upper()}</b> {path}" in html
            assert one["summary"] in html.replace("&#39;", "'")


def test_the_page_works_without_scripts_and_styles_of_its_own(page: FlaskClient) -> None:
    html = page.get("/api-docs").text

    assert re.findall(r"<script(?! src=)|\sstyle=|\son[a-z]+=|javascript:", html) == []
    assert re.findall(r'(?:src|href)="(?:https?:)?//', html) == []


def test_the_page_is_linked_from_every_page(page: FlaskClient) -> None:
    assert 'href="/api-docs"' in page.get("/").text


def test_the_commands_on_the_page_hold_no_token(page: FlaskClient) -> None:
    html = page.get("/api-docs").text

    assert "Authorization: Bearer $LONGSHORE_TOKEN" in html.replace("&#34;", '"')


def test_a_file_is_sent_as_one(page: FlaskClient) -> None:
    answer = page.get("/api-docs/openapi.json")

    assert answer.headers["Content-Disposition"] == 'attachment; filename="longshore-openapi.json"'
    assert page.get("/api-docs/none.json").status_code == 404


def test_who_has_not_signed_in_sees_no_document(bridge: Bridge) -> None:
    client = create_app(bridge).test_client()

    assert client.get("/api-docs").status_code == 401
    assert client.get("/api-docs/openapi.json").status_code == 401


@pytest.mark.parametrize(
    "name", ["postman_collection.json", "postman_environment.json", "openapi-3.0.json"]
)
def test_a_file_is_downloaded_from_the_page(page: FlaskClient, name: str) -> None:
    answer = page.get(f"/api-docs/{name}")

    assert answer.data == (FILES / name).read_bytes()
    assert f'href="/api-docs/{name}" download' in page.get("/api-docs").text


def test_bruno_s_folder_is_downloaded_as_a_zip(page: FlaskClient) -> None:
    packed = page.get("/api-docs/bruno.zip").data

    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.testzip() is None
        names = {name.removeprefix("longshore/") for name in archive.namelist()}
    folder = FILES / "bruno"
    found = {one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file()}
    assert names == found
