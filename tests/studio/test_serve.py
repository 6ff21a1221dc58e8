"""The port, the token, and what is said of them."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mlanimated.errors import MlaError
from mlanimated.studio.serve import _listen, serve


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server is not run."""
    import uvicorn

    monkeypatch.setattr(uvicorn.Server, "run", lambda self, sockets=None: None)


def told(folder: Path, **options: object) -> list[str]:
    lines: list[str] = []
    serve(folder, show=False, tell=lines.append, **options)  # type: ignore[arg-type]
    return lines


@pytest.mark.usefixtures("quiet")
def test_a_port_in_use_is_told_and_another_taken(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        lines = told(folder, port=port)
    assert lines[0] == f"Port {port} is in use; another is taken."
    assert "http://127.0.0.1:" in lines[1]
    assert f":{port}/" not in lines[1]


@pytest.mark.usefixtures("quiet")
def test_a_token_is_made_and_shown_once_for_other_addresses_alone(folder: Path) -> None:
    assert not any("?token=" in line for line in told(folder, port=0))
    lines = told(folder, port=0, host="0.0.0.0")
    assert sum("?token=" in line for line in lines) == 1
    token = next(line for line in lines if "?token=" in line).rpartition("=")[2]
    assert len(token) >= 32
    assert token not in "".join(told(folder, port=0, host="0.0.0.0"))
    assert any("?token=mine" in line for line in told(folder, port=0, host="0.0.0.0", token="mine"))


@pytest.mark.usefixtures("quiet")
def test_what_cannot_be_served_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(MlaError, match="cannot be served"):
        told(tmp_path / "file", port=0)
    with pytest.raises(MlaError, match="no address of this machine"):
        told(tmp_path, port=0, host="not a host")
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "studio.sqlite").write_bytes(b"something else entirely" * 100)
    with pytest.raises(MlaError, match="move it away"):
        told(tmp_path / "runs", port=0)


def test_the_command_says_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    from mlanimated.cli import main

    assert main(["studio", "--help"]) == 0
    said = capsys.readouterr().out
    for word in ("--port", "--host", "--no-open", "--demo", "FOLDER"):
        assert word in said


def test_frames_are_sent_at_once() -> None:
    """Nagle's algorithm holds a small frame back until what was sent before it is acknowledged, some 40 ms later."""

    async def nodelay(listener: socket.socket) -> int:
        found: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def connected(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            accepted = writer.get_extra_info("socket")
            found.set_result(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        server = await asyncio.start_server(connected, sock=listener)
        async with server:
            _, writer = await asyncio.open_connection(*listener.getsockname())
            writer.close()
            return await found

    # In a thread: a browser that other tests drive may have a loop running in this one.
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(asyncio.run, nodelay(_listen("127.0.0.1", 0, print))).result() != 0
