"""The root module with CORS: what a browser page of the allowed origin needs to call it."""

from __future__ import annotations

import pytest
import requests

from tests.local.conftest import ORIGIN, Applied


@pytest.fixture(scope="module")
def base_url(applied: dict[str, Applied]) -> str:
    return applied["cors"].base_url


@pytest.mark.parametrize(("path", "method"), [("/hello", "GET"), ("/me", "PUT")])
def test_a_preflight_is_answered_without_a_token(base_url: str, path: str, method: str) -> None:
    answer = requests.options(
        base_url + path,
        headers={
            "Origin": ORIGIN,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "authorization",
        },
        timeout=20,
    )
    assert answer.ok
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert method in answer.headers["Access-Control-Allow-Methods"]
    assert "authorization" in answer.headers["Access-Control-Allow-Headers"].lower()


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer hoge"}])
def test_a_page_can_read_a_refusal(base_url: str, headers: dict[str, str]) -> None:
    answer = requests.get(f"{base_url}/hello", headers={"Origin": ORIGIN, **headers}, timeout=20)
    assert answer.status_code == 401
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
