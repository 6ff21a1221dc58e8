"""Sources: what a module's outcome depends on, as one short text that changes when any of it changes."""

from __future__ import annotations

import ast
import hashlib
import platform
from functools import lru_cache
from importlib import metadata
from pathlib import Path

__all__ = ["closure", "digest"]

PACKAGE = "mlanimated"
ROOT = Path(__file__).parent.parent
LIBRARIES = ("numpy", "torch", "ale-py", "gymnasium", "keras", "scikit-learn")
"""What a training's numbers depend on beside our own lines."""


@lru_cache(maxsize=256)
def digest(module: str) -> str:
    """Return a text of 32 letters that stands for all sources that a module imports, and for what they compute with.

    Args:
        module: Its full name, "mlanimated.learn.gradient_descent". One of someone else's stands for itself alone.
    """
    total = hashlib.blake2b(digest_size=16)
    total.update(platform.python_version().encode())
    total.update(_versions().encode())
    names = closure(module)
    for name in names:
        total.update(_stamp(name))
    if any(name.startswith(f"{PACKAGE}.agents") for name in names):
        total.update(_shipped())
    return total.hexdigest()


@lru_cache(maxsize=256)
def closure(module: str) -> tuple[str, ...]:
    """Return the module and all modules of ours that it imports, however far, in order; imports inside functions count."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in found and _path(name) is not None:
            found.add(name)
            waiting += _imports(name)
    return tuple(sorted(found))


@lru_cache(maxsize=1024)
def _imports(module: str) -> tuple[str, ...]:
    """Return the modules of ours that one module names in its imports."""
    path = _path(module)
    if path is None:
        return ()
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    # The package itself names everything, lazily; what is used of it is named where it is used.
    return tuple(sorted(name for name in found if name.startswith(f"{PACKAGE}.")))


def _path(module: str) -> Path | None:
    """Return the file of a module of ours, or None."""
    if not module.startswith(f"{PACKAGE}."):
        return None
    base = ROOT.joinpath(*module.split(".")[1:])
    return next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()), None)


@lru_cache(maxsize=1024)
def _stamp(module: str) -> bytes:
    """Return a module's source as a hash of its syntax: comments and line breaks change nothing."""
    path = _path(module)
    text = "" if path is None else ast.dump(ast.parse(path.read_text(encoding="utf-8")))
    return hashlib.blake2b(f"{module}\n{text}".encode(), digest_size=16).digest()


@lru_cache(maxsize=1)
def _shipped() -> bytes:
    """Return the hash of the agents that ship."""
    total = hashlib.blake2b(digest_size=16)
    for path in sorted((ROOT / "agents" / "shipped").iterdir()):
        total.update(path.name.encode())
        total.update(path.read_bytes())
    return total.digest()


@lru_cache(maxsize=1)
def _versions() -> str:
    """Return the versions of the libraries that are installed."""
    found: list[str] = []
    for name in LIBRARIES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    return ", ".join(found)
