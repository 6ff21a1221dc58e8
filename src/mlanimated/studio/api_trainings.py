"""REST, /api/v1/trainings: films of registered recipes are trained again from here."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from mlanimated.studio.api import Served, answer

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["trainings"])

Text = Annotated[str, Field(max_length=400)]


class Wanted(BaseModel):
    """A film whose trainings are wanted."""

    model_config = ConfigDict(extra="forbid")
    recipe: str = Field(description="Its name, as mla list shows it.", max_length=100)
    arguments: dict[Text, bool | int | float | Text] = Field(
        default_factory=dict, description="Its arguments by name; missing ones take their defaults.", max_length=100
    )


@router.post("/trainings", status_code=201, summary="Train a film again")
def train(studio: Served, wanted: Wanted) -> Response:
    """Begin the trainings of a registered recipe, in a process of their own. The answer has the new runs, and the address of the first.

    Where there are several they follow one another; the page of the first has a menu to compare it with the others.
    """
    runs = studio.train(wanted.recipe, wanted.arguments)
    return answer({"runs": runs, "address": f"/watch?{urlencode({'run': runs[0]})}"}, 201)
