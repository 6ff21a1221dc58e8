"""Whatever is asked, the answer is no fault of ours: every request of the interface, with values that nobody means."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

WORDS = [
    "", "mine", "x", "../..", "~1~0~2", "\x00", "\ud7ff\U0001f600", "9" * 400, "-1", "0", "1e308", "nan", "inf", "null", "{}", "[]", "%",
    "'; --", "a/b", "<b>", "html", "img", "set", "pause", "binary",
]  # fmt: skip
ODD: list[Any] = [
    *WORDS, 0, -1, 1, 2**63, -(2**63), 1e308, 0.5, True, None, [], {}, [[]], {"a": 1}, [1, "a"], {"values": {"x": 1}},
    {"kind": "lines", "series": ["train/loss"]}, [{"values": {"x": [1, [2]]}, "step": 3}],
]  # fmt: skip
Write = Callable[..., Path]


def paths(asker: TestClient) -> list[tuple[str, str, dict[str, Any]]]:
    """Every path and method, with what is told of it."""
    return [
        (path, method, told)
        for path, ways in asker.get("/openapi.json").json()["paths"].items()
        for method, told in ways.items()
    ]


def fields(told: dict[str, Any], api: dict[str, Any]) -> list[str]:
    schema = told.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    if "$ref" in schema:
        schema = api["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return list(schema.get("properties", {}))


SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 6))]


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_that_is_asked_is_a_fault(
    asker: TestClient, write: Write, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_film(*_: object) -> Path:
        from mlanimated.studio.refusal import Refusal

        raise Refusal(503, "No films here: they have tests of their own.")

    monkeypatch.setattr("mlanimated.studio.exports.Exporter.film", no_film)
    write()
    draw = random.Random(seed)
    api = asker.get("/openapi.json").json()
    for path, method, told in paths(asker):
        for _ in range(6):
            address = path
            query: list[tuple[str, str]] = []
            for parameter in told.get("parameters", []):
                value = str(draw.choice(ODD)) if draw.random() < 0.7 else "mine"
                if parameter["in"] == "path":
                    address = address.replace("{" + parameter["name"] + "}", quote(value, safe="") or "x")
                elif draw.random() < 0.6:
                    query.append((parameter["name"], value))
            if "{" in address:
                address = address.replace("{cell}", "mine").replace("{run}", "mine")
            body: Any = {name: draw.choice(ODD) for name in fields(told, api) if draw.random() < 0.8}
            if draw.random() < 0.15:
                body = draw.choice(ODD)
            content = json.dumps(body).encode() if draw.random() < 0.9 else draw.randbytes(40)
            sent = (
                {"content": content, "headers": {"content-type": "application/json"}}
                if method in {"post", "put", "patch"}
                else {}
            )
            answer = asker.request(method.upper(), address, params=query, **sent)
            assert answer.status_code < 500 or answer.status_code == 503, (method, address, query, body, answer.text)
