"""Who may come in: names, origins, tokens, sizes."""

from __future__ import annotations

import hmac
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from mlanimated.studio import guard
from mlanimated.studio.app import application
from mlanimated.studio.guard import is_loopback
from mlanimated.studio.studio import Studio

TOKEN = "a-secret-that-was-shown-once"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8017",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "",
        "[::2]:8017",
        "10.0.0.1",
    ],
)
def test_another_name_is_not_answered(asker: TestClient, host: str) -> None:
    """A site may point a name of its own to 127.0.0.1; the browser then says that name."""
    assert asker.get("/api/v1/runs", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", ["127.0.0.1:8017", "localhost:8017", "LOCALHOST:9", "[::1]:8017", "127.0.0.1"])
def test_loopback_is_answered(asker: TestClient, host: str) -> None:
    assert asker.get("/api/v1/runs", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://127.0.0.1.evil.example", "http://127.0.0.1:9999", "file://"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
def test_another_site_is_refused(asker: TestClient, origin: str, method: str) -> None:
    answer = asker.request(method, "/api/v1/cells", headers={"origin": origin})
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


def test_our_own_pages_are_answered(asker: TestClient) -> None:
    headers = {"origin": "http://127.0.0.1:8017", "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"}
    assert asker.get("/api/v1/runs", headers=headers).status_code == 200


def test_pictures_and_scripts_of_another_site_are_refused_and_links_are_not(asker: TestClient) -> None:
    foreign = {"sec-fetch-site": "cross-site"}
    assert asker.get("/api/v1/runs", headers={**foreign, "sec-fetch-mode": "no-cors"}).status_code == 403
    assert asker.get("/", headers={**foreign, "sec-fetch-mode": "navigate"}).status_code == 200


def test_a_socket_of_another_site_is_refused(asker: TestClient) -> None:
    with (
        pytest.raises(WebSocketDisconnect),
        asker.websocket_connect("/live", headers={"origin": "http://evil.example"}),
    ):
        pass
    with asker.websocket_connect(
        "/live", headers={"origin": "http://127.0.0.1:8017", "host": "127.0.0.1:8017"}
    ) as socket:
        socket.send_json({"list": True})


def test_pages_say_what_may_be_loaded(asker: TestClient) -> None:
    policy = asker.get("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'self'" in policy


def test_a_body_is_counted(asker: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "MOST_BODY", 1000)
    assert asker.post("/values", content=b"x" * 1001).status_code == 413

    def parts() -> Iterator[bytes]:
        for _ in range(20):
            yield b"x" * 100

    said = asker.post("/values", content=parts())
    assert "content-length" not in said.request.headers
    assert said.status_code == 413
    assert asker.post("/values", headers={"content-length": "-5"}).status_code in {400, 413}


@pytest.fixture
def outside(studio: Studio) -> Iterator[TestClient]:
    with TestClient(application(studio, TOKEN), base_url="http://192.168.0.7:8017", follow_redirects=False) as made:
        yield made


def test_without_the_token_nothing_is_answered(outside: TestClient) -> None:
    for path in ("/", "/api/v1/runs", "/assets/common.js", "/docs", "/openapi.json", "/nowhere"):
        assert outside.get(path).status_code == 401
    assert outside.get("/api/v1/runs", headers={"authorization": "Bearer wrong"}).status_code == 401
    assert outside.get("/api/v1/runs", headers={"authorization": f"Bearer {TOKEN}x"}).status_code == 401
    assert outside.get("/?token=wrong").status_code == 401
    assert outside.get("/", headers={"cookie": f"{guard.COOKIE}={TOKEN}"}).status_code == 401
    with pytest.raises(WebSocketDisconnect), outside.websocket_connect("/live"):
        pass


def test_the_token_opens(outside: TestClient) -> None:
    assert outside.get("/api/v1/runs", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
    greeted = outside.get(f"/watch?run=a&token={TOKEN}")
    assert greeted.status_code == 303
    assert greeted.headers["location"] == "/watch?run=a"
    cookie = greeted.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert TOKEN not in cookie
    assert outside.get("/").status_code == 200  # the client keeps the cookie
    assert (
        outside.post(
            "/values", json={"type": "html", "value": ""}, headers={"origin": "http://evil.example"}
        ).status_code
        == 403
    )


def test_it_never_sends_anyone_elsewhere(outside: TestClient) -> None:
    for path in (f"//evil.example/?token={TOKEN}", f"/\\evil.example?token={TOKEN}"):
        answer = outside.get(path)
        if answer.status_code == 303:
            assert not answer.headers["location"].startswith(("//", "/\\", "http"))


def test_tokens_are_compared_in_constant_time(outside: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[bytes] = []

    def watched(one: bytes, other: bytes) -> bool:
        compared.append(one)
        return hmac.compare_digest(one, other)

    class Watched:
        compare_digest = staticmethod(watched)

    monkeypatch.setattr(guard, "hmac", Watched)
    outside.get("/", headers={"authorization": "Bearer guess"})
    assert b"guess" in compared


@pytest.mark.parametrize(
    ("host", "alone"),
    [
        ("127.0.0.1", True),
        ("localhost", True),
        ("::1", True),
        ("127.9.9.9", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.4", False),
        ("myhost", False),
    ],
)
def test_what_is_loopback(host: str, *, alone: bool) -> None:
    assert is_loopback(host) is alone
