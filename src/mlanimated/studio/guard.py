"""Guard: who may come in. It stands before everything else, and looks at every request and every socket.

- Host: a page of another site may make a browser send requests to 127.0.0.1 under a name of its own (DNS rebinding). On the loopback
  interface only loopback's names are answered.
- Origin: a browser says on whose behalf it asks. Another site is refused, and so are frames without an origin (cells).
- Token: on any other address who asks must know a secret, compared in constant time.
- Bodies are counted while they come in.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

from mlanimated.studio.refusal import Refusal

__all__ = ["COOKIE", "Guard", "is_loopback", "new_token"]

COOKIE = "mla-studio"
MOST_BODY = 64 << 20
MOST_SMALL = 1 << 20
SECURITY = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-resource-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"content-security-policy": (
        b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data: "
        b"blob:; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
    ),
}
_LOOPBACK = {"localhost", "127.0.0.1", "[::1]"}
_LARGE = ("/api/v1/runs/", "/api/v1/cells", "/api/v1/values", "/values")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


def is_loopback(host: str) -> bool:
    """Whether a server that listens there can be reached from this machine alone."""
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def new_token() -> str:
    """Return a secret that nobody guesses."""
    return secrets.token_urlsafe(24)


class Guard:
    """Stands before an application.

    Args:
        app: The application.
        token: What who asks must know; "" on the loopback interface, where nobody else can come.
    """

    def __init__(self, app: App, token: str = "") -> None:
        self._app, self._token = app, token
        self._pass = hashlib.sha256(f"mla-studio {token}".encode()).hexdigest()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Let a request in, or answer it here."""
        kind = scope["type"]
        if kind not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            self._check_host(headers)
            self._check_origin(headers)
            if self._token and not self._knows(headers):
                if kind == "http" and (cookie := self._greeting(scope)):
                    await _turn(send, cookie, _without_token(scope))
                    return
                raise Refusal(
                    401, "This studio needs its token: open the address that was printed when it was started."
                )
            most = MOST_BODY if str(scope.get("path", "")).startswith(_LARGE) else MOST_SMALL
            length = headers.get("content-length", "0")
            if kind == "http" and (not length.isdecimal() or int(length) > most):
                raise Refusal(413, f"A request has at most {most >> 20} MB.")
        except Refusal as refusal:
            if kind == "websocket":
                await receive()
                await send({"type": "websocket.close", "code": 4000 + refusal.status, "reason": str(refusal)[:120]})
            else:
                await _refuse(send, refusal)
            return
        if kind == "websocket":
            await self._app(scope, receive, send)
            return
        await self._serve(scope, receive, send, most)

    async def _serve(self, scope: Message, receive: Receive, send: Send, most: int) -> None:
        taken = 0
        begun = False

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most:
                raise Refusal(413, f"A request has at most {most >> 20} MB.")
            return message

        async def guarded(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                there = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *((n, v) for n, v in SECURITY.items() if n not in there)]
            await send(message)

        try:
            await self._app(scope, counted, guarded)
        except Refusal as refusal:
            if begun:
                raise
            await _refuse(send, refusal)

    def _check_host(self, headers: Mapping[str, str]) -> None:
        host = headers.get("host", "")
        name = host.rpartition(":")[0] if ":" in host.rpartition("]")[2] else host
        if not self._token and name.lower() not in _LOOPBACK:
            raise Refusal(421, "This studio answers to 127.0.0.1 and localhost alone.")

    def _check_origin(self, headers: Mapping[str, str]) -> None:
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower():
            raise Refusal(403, "Another site may not ask for this.")
        # Without an Origin: pictures and scripts of another site. Its links are fine.
        foreign = headers.get("sec-fetch-site") in {"cross-site", "same-site"}
        if foreign and headers.get("sec-fetch-mode") not in {None, "navigate"}:
            raise Refusal(403, "Another site may not ask for this.")

    def _knows(self, headers: Mapping[str, str]) -> bool:
        given = headers.get("authorization", "")
        if given.lower().startswith("bearer ") and _same(given[7:].strip(), self._token):
            return True
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return cookie is not None and _same(cookie.value, self._pass)

    def _greeting(self, scope: Message) -> str:
        """Return the cookie for who comes with the token in the address, else ""."""
        query = dict(parse_qsl(scope.get("query_string", b"").decode("latin-1")))
        if scope["method"] != "GET" or not _same(query.get("token", ""), self._token):
            return ""
        return f"{COOKIE}={self._pass}; HttpOnly; SameSite=Strict; Path=/; Max-Age=2592000"


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


def _without_token(scope: Message) -> str:
    query = [
        (name, value) for name, value in parse_qsl(scope.get("query_string", b"").decode("latin-1")) if name != "token"
    ]
    path = "/" + str(scope.get("path", "/")).lstrip("/")
    return f"{path}?{urlencode(query)}" if query else path


async def _turn(send: Send, cookie: str, address: str) -> None:
    headers = [(b"location", address.encode("ascii", "ignore")), (b"set-cookie", cookie.encode()), *SECURITY.items()]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _refuse(send: Send, refusal: Refusal) -> None:
    body = msgspec.json.encode({"error": str(refusal)})
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *SECURITY.items()]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
