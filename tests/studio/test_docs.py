"""What the docs say of the studio, done."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import mlanimated as mla

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "studio.md").read_text(encoding="utf-8")
STATIC = ROOT / "src" / "mlanimated" / "studio" / "static"


def test_pages_ask_nothing_of_any_network(asker, write) -> None:
    """Pages, their scripts and styles, and the description of the interface name no other host."""
    write()
    pages = [asker.get(path).text for path in ("/", "/board", "/docs", "/watch?run=mine", "/nowhere", "/openapi.json")]
    for text in [*pages, *(path.read_text(encoding="utf-8") for path in STATIC.iterdir())]:
        found = re.findall(
            r"""(?:src|href|url|import|fetch)\W{1,3}(?:https?:)?//(?!127\.0\.0\.1|localhost)[\w.]+""", text
        )
        assert not found


def test_the_interface_is_described(asker) -> None:
    api = asker.get("/openapi.json").json()
    for path in (
        "/api/v1/runs",
        "/api/v1/runs/{run}/append",
        "/api/v1/cells/{cell}",
        "/values/{cell}",
        "/api/v1/runs/{run}/film.{form}",
    ):
        assert path in api["paths"]
        assert path in asker.get("/docs").text


def test_the_client_is_short() -> None:
    code = [
        line
        for line in (STATIC / "client.js").read_text(encoding="utf-8").splitlines()
        if line.strip(" }") and not line.startswith("//")
    ]
    assert len(code) <= 20


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("curl"), reason="no curl")
def test_the_curl_examples_do_what_they_say(served: int, folder: Path) -> None:
    for block in re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL):
        for line in block.strip().splitlines():
            done = subprocess.run(
                ["bash", "-c", line.replace(":8017", f":{served}")],
                check=False,
                capture_output=True,
                text=True,
                timeout=60,
            )
            assert done.returncode == 0, line + done.stderr
    trace = mla.Trace.open(folder / "from-curl.mla")
    assert trace.series("loss").values.tolist() == [0.9, 0.5]
    assert trace.value("weights", 1).tolist() == [[1, 2], [3, 4]]
    assert trace.events[0].text == "It wins."
    assert trace.finished


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("node"), reason="no Node.js")
def test_the_client_in_javascript_does_what_it_says(served: int, folder: Path, tmp_path: Path) -> None:
    (script,) = re.findall(r"```js\n(.*?)```", GUIDE, re.DOTALL)
    shutil.copy(STATIC / "client.js", tmp_path / "client.mjs")
    (tmp_path / "main.mjs").write_text(script.replace("client.js", "client.mjs").replace(":8017", f":{served}"))
    subprocess.run(["node", "main.mjs"], cwd=tmp_path, check=True, timeout=120)
    trace = mla.Trace.open(folder / "from-js.mla")
    assert trace.series("loss").values.tolist() == [1 / (step + 1) for step in range(100)]
    assert trace.finished
