from __future__ import annotations

import hashlib
import http.server
import io
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mlanimated.data import cifar10
from mlanimated.data.cifar10 import NAME, RECORD, load_cifar10, read_cifar10
from mlanimated.data.images import CLASSES, Images
from mlanimated.data.sets import load_images
from mlanimated.errors import MlaError

RANDOM = np.random.default_rng(0)
PICTURES = RANDOM.integers(0, 256, (60, 32, 32, 3)).astype(np.uint8)
LABELS = np.arange(60) % 10


def archive(broken: str = "", label: int = 0) -> bytes:
    """A small archive of CIFAR-10's binary format: ten pictures a file, in the order of PICTURES."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for index, name in enumerate((*cifar10.TRAIN, *cifar10.TEST)):
            rows = [
                bytes([LABELS[at] + label]) + PICTURES[at].transpose(2, 0, 1).tobytes()
                for at in range(10 * index, 10 * index + 10)
            ]
            content = b"".join(rows)[: -1 if name == broken else None]
            entry = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MLANIMATED_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    load_cifar10.cache_clear()
    yield tmp_path / "cache"
    load_cifar10.cache_clear()


class Server(http.server.ThreadingHTTPServer):
    """Gives the answers in turn, the last one again and again; a shorter body than announced breaks off."""

    def __init__(self, answers: list[bytes], announced: int | None = None) -> None:
        self.answers, self.asked, self.announced = answers, 0, announced
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/{NAME}"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = self.server
        body = server.answers[min(server.asked, len(server.answers) - 1)]
        server.asked += 1
        self.send_response(200)
        self.send_header("Content-Length", str(server.announced or len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def serve() -> Iterator[type]:
    running: list[Server] = []

    def start(*answers: bytes, announced: int | None = None) -> Server:
        pytest.importorskip("pooch")
        server = Server(list(answers), announced)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        running.append(server)
        return server

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def md5(content: bytes) -> str:
    return f"md5:{hashlib.md5(content).hexdigest()}"


def test_the_archive_is_downloaded_once_and_read_as_it_is(serve, own_cache: Path) -> None:
    packed = archive()
    server = serve(packed)
    split = load_cifar10(server.url, md5(packed))
    assert np.array_equal(split.train.pictures, PICTURES[:50])
    assert np.array_equal(split.test.pictures, PICTURES[50:])
    assert np.array_equal(split.train.labels, LABELS[:50])
    assert split.train.names == CLASSES
    load_cifar10.cache_clear()
    load_cifar10(server.url, md5(packed))
    assert server.asked == 1
    assert (own_cache / NAME).read_bytes() == packed


def test_a_damaged_download_is_deleted_and_fetched_once_more(serve, own_cache: Path) -> None:
    packed = archive()
    server = serve(packed[:-100], packed)
    assert len(load_cifar10(server.url, md5(packed)).train) == 50
    assert server.asked == 2


def test_a_damaged_file_in_the_cache_is_fetched_anew(serve, own_cache: Path) -> None:
    packed = archive()
    own_cache.mkdir()
    (own_cache / NAME).write_bytes(packed[: len(packed) // 2])
    assert len(load_cifar10(serve(packed).url, md5(packed)).train) == 50


@pytest.mark.parametrize("announced", [None, 10**6])
def test_damage_that_stays_is_told_in_one_line(serve, own_cache: Path, announced: int | None) -> None:
    packed = archive()
    server = serve(packed[:-100], announced=announced)
    with pytest.raises(MlaError, match=r"^CIFAR-10 cannot be downloaded \(.*doodles, which are drawn here\.$"):
        load_cifar10(server.url, md5(packed))
    assert server.asked == 2
    assert list(own_cache.iterdir()) == []


def test_without_a_network_the_default_is_named(own_cache: Path) -> None:
    pytest.importorskip("pooch")
    with pytest.raises(MlaError, match=r"no answer from 127.0.0.1:9, ConnectionError.*doodles"):
        load_cifar10("http://127.0.0.1:9/none.tar.gz", "md5:0")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"not an archive", "no archive of CIFAR-10"),
        (archive("test_batch.bin"), "test_batch.bin is missing or broken"),
        (archive(label=3), "a label 12; there are 0 to 9"),
        (archive()[:-200], "no archive of CIFAR-10"),
    ],
)
def test_what_is_no_such_archive_is_told(content: bytes, told: str, tmp_path: Path) -> None:
    path = tmp_path / "some.tar.gz"
    path.write_bytes(content)
    with pytest.raises(MlaError, match=told):
        read_cifar10(path)


def test_classes_are_chosen_and_numbered_anew() -> None:
    images = Images(PICTURES, LABELS, CLASSES, "CIFAR-10")
    some = images.of(("truck", "frog"))
    assert some.names == ("truck", "frog")
    assert np.array_equal(some.pictures[some.labels == 0], PICTURES[LABELS == 9])
    assert np.array_equal(some.pictures[some.labels == 1], PICTURES[LABELS == 6])
    with pytest.raises(MlaError, match="Did you mean 'frog'"):
        images.of(("frogg",))
    assert len(images.first(7)) == 7
    assert RECORD == 3073


@pytest.mark.slow
def test_digits_are_real_and_dealt_by_seed() -> None:
    pytest.importorskip("sklearn")
    split = load_images("digits", train=5000, test=5000)
    assert len(split.train) == 1347
    assert len(split.test) == 450
    assert split.train.pictures.shape[1:] == (8, 8, 1)
    assert split.train.pictures.max() == 255
    every = {picture.tobytes() for picture in (*split.train.pictures, *split.test.pictures)}
    assert len(every) == 1797
    assert not np.array_equal(load_images("digits", seed=1).test.labels, split.test.labels)
