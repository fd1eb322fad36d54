"""Functions with rules of their own in either mode: what `custom_vjp` and `custom_jvp` share.

Above `rule_calls`, which knows lists of numbers: here are the arguments, settings and structures of a call.
"""

import sys
from collections.abc import Sequence
from types import MethodType
from typing import Any

from autograd_lite.core.abstract.tracers import RuleError
from autograd_lite.support.wording import computed_from_rest
from autograd_lite.transforms.call_arguments import Arguments
from autograd_lite.transforms.opaque_functions import called_on_numbers
from autograd_lite.transforms.rule_calls import FlatRule, called
from autograd_lite.transforms.rule_cycles import OWNERS, unreachable
from autograd_lite.transforms.signatures import Function, Wrapper, checked_function, name_of
from autograd_lite.trees import PyTreeDef, flatten
from autograd_lite.trees.pytree import leaves_like
from autograd_lite.trees.registry import DICT, one_level

TRIED = (0.5, 1.0, 0.0, 2.0, -0.5)
"""Numbers on which an opaque function is called to learn the structure of its result."""


class CustomFunction(Wrapper):
    """A function whose rule is given afterwards; called like the function."""

    how = ""  # the rule is given
    call: "type[CustomCall]"

    def __init__(self, f: Function, nondiff_argnums: int | Sequence[int] = ()) -> None:
        name = type(self).__name__
        checked_function(name, f)
        self.wrap(f)
        self.f = f
        self.nondiff_argnums = (nondiff_argnums,) if isinstance(nondiff_argnums, int) else tuple(nondiff_argnums)
        self.rules: tuple[Any, ...] = ()
        OWNERS.add(self)
        if not all(isinstance(i, int) for i in self.nondiff_argnums):
            raise TypeError(f"nondiff_argnums holds numbers of arguments, but got {nondiff_argnums!r}; give ints")

    def forget(self) -> None:
        self.f, self.rules = unreachable, ()
        self.__dict__.pop("__wrapped__", None)

    @computed_from_rest("name the function that it wraps")
    def name(self) -> str:
        return name_of(self.f) if name_of(self.f) != "<lambda>" else "custom"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not self.rules:
            raise RuleError(f"{self.name} was called, but it has no rule; {self.how}")
        call = self.call(self, positional(self.f, args, kwargs))
        return call.structured(called(call, call.taken.take_operands()))

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """A method, where the function was defined in a class."""
        return self if instance is None else MethodType(self, instance)

    def __reduce__(self) -> Any:
        # As pickle keeps functions: by name where that leads to this object.
        name: str = getattr(self, "__qualname__", "")
        found: Any = sys.modules.get(getattr(self, "__module__", ""))
        for part in name.split("."):
            found = getattr(found, part, None)
        return name if found is self else (rebuilt, (type(self), self.f, self.nondiff_argnums, self.rules))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"


def rebuilt(kind: type[CustomFunction], f: Function, settings: tuple[int, ...], rules: tuple[Any, ...]) -> Any:
    result = kind(f, settings)
    result.rules = rules
    return result


def positional(f: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """The arguments of a call by position, with the defaults."""
    from inspect import signature

    try:
        bound = signature(f).bind(*args, **kwargs)
    except ValueError:  # it does not tell
        if kwargs:
            raise TypeError(f"{name_of(f)} does not tell its parameters; pass all arguments by position") from None
        return args
    bound.apply_defaults()
    if bound.kwargs:
        raise TypeError(
            f"{name_of(f)} takes {', '.join(bound.kwargs)} by name only, but rules take arguments by position"
        )
    return bound.args


class CustomCall(FlatRule):
    """One call: its settings, and the structure of its other arguments."""

    def __init__(self, function: CustomFunction, args: tuple[Any, ...]) -> None:
        self.function, self.size, self.name = function, len(args), function.name
        try:
            nondiff = [range(len(args))[i] for i in function.nondiff_argnums]
        except IndexError:
            raise TypeError(
                f"nondiff_argnums of {self.name} is {function.nondiff_argnums}, but it was called with {len(args)} "
                f"arguments; name arguments that it has"
            ) from None
        self.settings = {i: args[i] for i in nondiff}
        self.chosen = [i for i in range(len(args)) if i not in self.settings]
        names = [f"argument {i} of {self.name}" for i in self.chosen]
        self.taken = Arguments([args[i] for i in self.chosen], names)
        self.count = len(self.taken.places)
        self.treedef: PyTreeDef | None = None  # of the result

    def arguments(self, numbers: Sequence[Any]) -> list[Any]:
        """All arguments."""
        args = self.settings | dict(zip(self.chosen, self.taken.with_operands(numbers), strict=True))
        return [args[i] for i in range(self.size)]

    def taken_apart(self, result: Any) -> list[Any]:
        """The numbers of a result; all results of a call have one structure."""
        leaves, treedef = flatten(result, f"result of {self.name}")
        if self.treedef is None:
            self.treedef = treedef
        elif treedef != self.treedef:
            raise RuleError(
                f"the result of {self.name} has the structure {treedef}, and before {self.treedef}; let the function "
                f"and its rule return the same structure for all numbers"
            )
        return leaves

    def structured(self, outputs: list[Any]) -> Any:
        assert self.treedef is not None
        return self.treedef.unflatten(outputs)

    def compute(self, operands: list[Any]) -> list[Any]:
        return self.taken_apart(self.function.f(*self.arguments(operands)))

    def outputs_of_opaque(self) -> int:
        for x in TRIED:
            if self.treedef is None:
                try:
                    called_on_numbers(self.name, self.compute, [x] * self.count)
                except RuleError:
                    raise
                except Exception:  # outside of its domain, which may have any kind of end
                    continue
        if self.treedef is None:
            raise RuleError(
                f"{self.name} needs plain numbers, and failed on {', '.join(map(str, TRIED))}, so the structure of its "
                f"result is not known; write it in functions of this library, or let it return a result for these"
            )
        return self.treedef.num_leaves

    def functions(self) -> Sequence[Any]:
        return (self.function.f, *self.function.rules)


def leaves_or_none(x: Any, treedef: PyTreeDef, what: str) -> list[Any]:
    """The leaves of a cotangent or a tangent of that structure, in which None replaces any part that is nothing."""
    count = treedef.num_leaves
    if x is None:
        return [None] * count
    try:
        return leaves_like(x, treedef, what)
    except ValueError as error:
        known, given = one_level(treedef.unflatten([0.0] * count)), one_level(x)
        if known is None or given is None or len(known.children) != len(given.children):
            raise RuleError(str(error)) from None
        if known.kind is DICT and (given.kind is not DICT or set(known.aux) != set(given.aux)):
            raise RuleError(str(error)) from None
        parts = [x[key] for key in known.aux] if known.kind is DICT else given.children
        names = [what + known.kind.key(known.aux, i) for i in range(len(parts))]
        pairs = zip(parts, known.children, names, strict=True)
        return [leaf for part, like, name in pairs for leaf in leaves_or_none(part, flatten(like, name)[1], name)]
