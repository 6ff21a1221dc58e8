"""Studio: the traces of a folder in a browser, live, over one clock, and in hand."""

from __future__ import annotations
