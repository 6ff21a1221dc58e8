"""Docstrings whose examples stand between fences, as code to Sphinx, which knows indented blocks alone."""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx

__all__ = ["opened", "setup"]


def setup(app: Sphinx) -> None:
    """Register it, before the sections of a docstring are read."""
    app.connect("autodoc-process-docstring", _open, priority=400)


def opened(lines: list[str]) -> list[str]:
    """Return a docstring's lines with each fenced block as an indented one."""
    found: list[str] = []
    inside = False
    for line in lines:
        if line.strip().startswith("```"):
            margin = line[: len(line) - len(line.lstrip())]
            found += [""] if inside else [f"{margin}.. code-block:: python", ""]
            inside = not inside
        else:
            found.append(f"    {line}" if inside and line.strip() else line)
    return found


def _open(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    del app, what, name, obj, options
    lines[:] = opened(lines)
