"""Arguments of a learner: one frozen struct gives defaults, ranges, checks and help.

class Args(Struct, frozen=True, kw_only=True):
    learning_rate: Annotated[float, Meta(gt=0, le=2, description="Part of the gradient taken as a step.")] = 0.1

make(Args, {"learning_rate": "0.3"})     # Args(learning_rate=0.3)
describe(Args)                           # what a command line or a form needs to offer them
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from mlanimated.errors import MlaError, did_you_mean

__all__ = ["Argument", "Arguments", "describe", "make"]

_KINDS = {float: "a number", int: "a whole number", bool: "true or false", str: "text"}
_TRUE, _FALSE = {"true", "yes", "on", "1"}, {"false", "no", "off", "0"}


class Arguments(msgspec.Struct, frozen=True, kw_only=True):
    """What a learner or a recipe is told before it starts; each field has a type, a range, a sentence and a default."""


class Argument(msgspec.Struct, frozen=True, kw_only=True):
    """One argument, as an option of the command line or a field of a form shows it.

    Attributes:
        name: The field's name, with underscores.
        type: float, int, bool or str.
        default: The value that is used when none is given.
        low: Smallest value, or None.
        high: Largest value, or None.
        open_low: True when `low` itself is not allowed.
        open_high: True when `high` itself is not allowed.
        choices: The values that are allowed; empty when a range tells.
        description: One sentence.
    """

    name: str
    type: type
    default: Any
    low: float | None = None
    high: float | None = None
    open_low: bool = False
    open_high: bool = False
    choices: tuple[Any, ...] = ()
    description: str = ""

    @property
    def allowed(self) -> str:
        """What is allowed, as the end of a sentence: "above 0 and at most 2", "one of adam, sgd"; "" for anything."""
        if self.choices:
            return f"one of {', '.join(map(str, self.choices))}"
        bounds: list[str] = []
        if self.low is not None:
            bounds.append(f"{'above' if self.open_low else 'at least'} {_shown(self.low)}")
        if self.high is not None:
            bounds.append(f"{'below' if self.open_high else 'at most'} {_shown(self.high)}")
        return " and ".join(bounds)

    def parse(self, value: Any) -> Any:
        """Return `value`, which may be text, as this argument's type.

        Raises:
            MlaError: It is of another type or out of range; the line says what is allowed.
        """
        parsed = _converted(value, self.type)
        if parsed is None or (isinstance(parsed, float) and math.isnan(parsed)):
            kind = "" if self.choices else _KINDS.get(self.type, self.type.__name__)
            must = " ".join(word for word in (kind, self.allowed) if word)
            raise MlaError(f"{self.name} is {value!r}; it must be {must}.")
        if self.choices:
            if parsed not in self.choices:
                raise MlaError(f"{self.name} is {value!r}; it must be {self.allowed}.{_closest(parsed, self.choices)}")
            return parsed
        low = self.low is not None and (parsed < self.low or (self.open_low and parsed == self.low))
        high = self.high is not None and (parsed > self.high or (self.open_high and parsed == self.high))
        if low or high or (isinstance(parsed, float) and math.isinf(parsed)):
            raise MlaError(f"{self.name} is {_shown(parsed)}; it must be {self.allowed or 'finite'}.")
        return parsed


Kind = TypeVar("Kind", bound=msgspec.Struct)


def describe(kind: type[msgspec.Struct]) -> tuple[Argument, ...]:
    """Return every argument of a learner, in the order of its file."""
    hints = get_type_hints(kind, include_extras=True)
    return tuple(_argument(field, hints[field.name]) for field in msgspec.structs.fields(kind))


def make(kind: type[Kind], values: Mapping[str, Any]) -> Kind:
    """Return a learner's arguments with `values` in place of the defaults.

    Args:
        kind: The learner's `Args`.
        values: By name; text is read as a command line would read it.

    Raises:
        MlaError: A name is unknown, or a value is not allowed.
    """
    known = {argument.name: argument for argument in describe(kind)}
    for name in values:
        if name not in known:
            raise MlaError(f"There is no argument {name!r} here.{did_you_mean(name, known)}")
    return kind(**{name: known[name].parse(value) for name, value in values.items()})


def _argument(field: msgspec.structs.FieldInfo, hint: Any) -> Argument:
    """Return one field's argument from its type and its msgspec.Meta."""
    metas = [meta for meta in getattr(hint, "__metadata__", ()) if isinstance(meta, msgspec.Meta)]
    meta = metas[0] if metas else msgspec.Meta()
    bare = hint.__origin__ if hasattr(hint, "__metadata__") else hint
    choices = get_args(bare) if get_origin(bare) is Literal else ()
    return Argument(
        name=field.name,
        type=str if choices else bare,
        default=field.default,
        low=meta.gt if meta.gt is not None else meta.ge,
        high=meta.lt if meta.lt is not None else meta.le,
        open_low=meta.gt is not None,
        open_high=meta.lt is not None,
        choices=choices,
        description=meta.description or "",
    )


def _converted(value: Any, kind: type) -> Any:
    """Return the value as `kind`, or None when it is not one; text may say it, a bool is no number."""
    if kind is bool:
        word = str(value).strip().lower()
        return True if word in _TRUE else False if word in _FALSE else None
    if isinstance(value, bool):
        return None
    try:
        if kind is int:
            number = float(value)
            return int(value if isinstance(value, int) else number) if number == int(number) else None
        return kind(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _shown(number: float) -> str:
    """Return a number as a person writes it: 8000, 0.0005, 2."""
    return str(number) if isinstance(number, int) else f"{number:.12g}"


def _closest(value: Any, choices: tuple[Any, ...]) -> str:
    """Return " Did you mean 'x'?" for a choice that was nearly right, else nothing: they have just been listed."""
    hint = did_you_mean(str(value), map(str, choices))
    return hint if "mean" in hint else ""
