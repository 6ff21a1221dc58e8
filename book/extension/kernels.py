"""Kernels that run the chapters: none of the builder's own IPython settings is read, and only errors are said."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

__all__ = ["setup"]

QUIET = (
    'c.IPKernelApp.log_level = "ERROR"  # else each kernel says that it listens to this machine without encryption\n'
)


def setup(app: Sphinx) -> None:
    """Register what is set before the first kernel starts."""
    app.connect("config-inited", _settings)


def _settings(*_: Any) -> None:
    """Give kernels a folder of settings of their own: a start-up file of the builder's would run in every chapter."""
    folder = Path(os.environ["MLA_BOOK_BUILD"]) / "ipython"
    profile = folder / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "ipython_kernel_config.py").write_text(QUIET, encoding="utf-8")
    os.environ["IPYTHONDIR"] = str(folder)
