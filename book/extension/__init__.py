"""What the book adds to Sphinx: formulas without scripts, films beside the pages, pages made of what was built, notebooks to download."""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx

from extension import docstrings, downloads, fresh, generated, kernels, mathml, places

__all__ = ["setup"]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register all of it."""
    for part in (kernels, mathml, docstrings, generated, places, downloads, fresh):
        part.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
