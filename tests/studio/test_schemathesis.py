"""Schemathesis asks what the description of the interface allows, and what it forbids: no answer is a fault of ours."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from mlanimated.studio.refusal import Refusal

schemathesis = pytest.importorskip("schemathesis")
hypothesis = pytest.importorskip("hypothesis")

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
EXAMPLES = 5


def test_no_answer_is_a_fault_of_ours(
    asker: TestClient, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_film(*_: object) -> Path:
        raise Refusal(503, "No films here: they have tests of their own.")

    monkeypatch.setattr("mlanimated.studio.exports.Exporter.film", no_film)
    write()
    asker.post("/api/v1/runs", json={"name": "sent"})
    cell = asker.post("/api/v1/cells", json={"name": "one", "type": "html", "value": "<p>1</p>"}).json()["id"]
    known = {"run": ["mine", "sent"], "cell": [cell]}
    schema = schemathesis.openapi.from_dict(asker.get("/openapi.json").json())
    # What takes away comes last, so that there is something to ask for until then.
    operations = sorted((found.ok() for found in schema.get_all_operations()), key=lambda each: each.method == "delete")
    assert len(operations) > 30
    asked: dict[int, int] = {}
    for operation in operations:
        for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):

            @hypothesis.settings(
                max_examples=EXAMPLES,
                deadline=None,
                database=None,
                derandomize=True,
                phases=[hypothesis.Phase.generate],
                suppress_health_check=list(hypothesis.HealthCheck),
            )
            @hypothesis.given(case=operation.as_strategy(generation_mode=mode), data=hypothesis.strategies.data())
            def ask(case: Any, data: Any) -> None:
                for name in set(case.path_parameters or {}) & set(known):
                    case.path_parameters[name] = data.draw(hypothesis.strategies.sampled_from(known[name]))
                told = case.as_transport_kwargs(base_url="http://127.0.0.1:8017")
                told.pop("cookies", None)
                answer = asker.request(**told)
                asked[answer.status_code] = asked.get(answer.status_code, 0) + 1
                assert answer.status_code < 500 or answer.status_code == 503, (told, answer.text)

            with contextlib.suppress(hypothesis.errors.Unsatisfiable):  # nothing can be wrong with it
                ask()
    assert asked[200] > 30, asked
