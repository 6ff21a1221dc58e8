"""Lessons: what a page that teaches is made of. The book's chapters are notebooks that call these, and so may yours be.

    from mlanimated import lessons

    lessons.play("gradient-descent")                                     a film, its command, its words
    lessons.show(film)                                                   a film of your own
    lessons.choose("gradient-descent", "learning_rate", [0.01, 0.1, 1])  a film that answers: one slider, five runs at most
    lessons.predict("gradient-descent", "Which way?", …)                 stop, think, then watch
    lessons.exercise("Find the largest …", answer=1.0, …)                a number to find, and whether it is right
    lessons.code("gradient_descent", "train")                            the learner's own lines
    lessons.numbers(…)                                                   what was measured, on how many, how sure

In a notebook each shows itself. When the book is built the same calls write their films beside the pages.
"""

from __future__ import annotations

from mlanimated.lessons.choice import Choice, choose
from mlanimated.lessons.code import Code, code
from mlanimated.lessons.exercise import Exercise, exercise
from mlanimated.lessons.numbers import Measured, Numbers, mean, numbers, over_seeds, say, scores, share, told
from mlanimated.lessons.playing import Playing, play
from mlanimated.lessons.question import Question, predict
from mlanimated.lessons.shelf import Shelf, shelf
from mlanimated.lessons.showing import Showing, show

__all__ = [
    "Choice",
    "Code",
    "Exercise",
    "Measured",
    "Numbers",
    "Playing",
    "Question",
    "Shelf",
    "Showing",
    "choose",
    "code",
    "exercise",
    "mean",
    "numbers",
    "over_seeds",
    "play",
    "predict",
    "say",
    "scores",
    "share",
    "shelf",
    "show",
    "told",
]
