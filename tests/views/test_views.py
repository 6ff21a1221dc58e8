from __future__ import annotations

import subprocess
import sys
from dataclasses import is_dataclass
from types import ModuleType

import pytest

from mlanimated import draw, views
from mlanimated.views.scene import View


def test_names_are_sorted_and_each_has_a_home() -> None:
    assert views.__all__ == sorted(views.__all__)
    assert sorted(views._MODULES) == views.__all__ == dir(views)


@pytest.mark.parametrize("name", views.__all__)
def test_every_name_is_found_and_documented(name: str) -> None:
    found = getattr(views, name)
    assert found.__name__ == name
    assert found.__doc__
    if isinstance(found, type) and issubclass(found, View) and found is not View:
        assert is_dataclass(found)
        assert found.__dataclass_params__.frozen  # type: ignore[attr-defined]
        assert "Attributes:" in found.__doc__, "a view says what each of its fields means"
        missing = [
            field
            for field in found.__dataclass_fields__
            if field not in View.__dataclass_fields__ and f"{field}:" not in found.__doc__
        ]
        assert not missing


@pytest.mark.parametrize(("module", "name", "close"), [(views, "HeatMapp", "HeatMap"), (draw, "Circel", "Circle")])
def test_unknown_names_say_which_was_meant(module: ModuleType, name: str, close: str) -> None:
    with pytest.raises(AttributeError, match=f"{module.__name__} has no '{name}'. Did you mean '{close}'?"):
        getattr(module, name)
    assert not hasattr(module, "__nothing__")


def test_importing_views_loads_no_library() -> None:
    code = "import sys, mlanimated.views; print([name for name in ('numpy', 'skia', 'matplotlib', 'PIL', 'av') if name in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )
