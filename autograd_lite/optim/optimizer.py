"""`Optimizer`, the base of all optimisers: parameters, learning rate, optimiser state, and a step.

Above `core`.  An optimiser is one `rule`: how a parameter moves, given its gradient and the optimiser state.  The rule
is arithmetic, so it moves one float or a whole NumPy array, with the same bits; `step` takes arrays where NumPy is
installed and there are more than a few parameters.
"""

import functools
import importlib
import math
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from autograd_lite.core.fast.layers import are_floats, assign, data_of_values
from autograd_lite.core.operands import number
from autograd_lite.core.value import Value
from autograd_lite.optim.schedules import Schedule
from autograd_lite.support.files import shortened
from autograd_lite.support.wording import computed_from_rest

if TYPE_CHECKING:
    from numpy.typing import NDArray

Floats: TypeAlias = "float | NDArray[Any]"
"""A number of each parameter: of one, or of all in an array."""

ListOrArray = TypeVar("ListOrArray", "list[float]", "NDArray[Any]")

ANY = (-math.inf, math.inf)
MOST_STEPS = 2**53

FEW = 64
"""Up to this number of parameters a loop over floats is as fast as arrays."""


class Optimizer:
    """The base of SGD, Adam, ...; `lr` is a number, or a schedule: a function of the steps done so far.

    Raises ValueError on no parameters, a shared one given twice, one that was computed from others or a negative
    rate, TypeError on what are no Values.
    """

    memory: tuple[str, ...] = ()
    """The names of the optimiser state: the numbers that the rule keeps for each parameter."""

    settings: tuple[str, ...] = ()
    """The names of the hyperparameters of the rule."""

    ranges: Mapping[str, tuple[float, float]] = {}
    """The range of hyperparameters and optimiser state, by name: at least the first number, and below the second."""

    switches: tuple[str, ...] = ()
    """The hyperparameters that decide, by being zero or not, what the rule keeps; no state turns them on or off."""

    def __init__(self, parameters: Iterable[Value], lr: float | Schedule) -> None:
        kind = type(self).__name__
        if not isinstance(parameters, Iterable):
            raise TypeError(f"{kind} moves a list of Values, but got {parameters!r}; pass model.parameters()")
        self.parameters = list(parameters)
        for p in self.parameters:
            if not isinstance(p, Value):
                raise TypeError(f"{kind} moves Values, but got {p!r}; pass model.parameters()")
            if p.parents:
                raise ValueError(f"{kind} moves leaves, but got {p!r}, which was computed from others; pass those")
        if not self.parameters:
            raise ValueError(f"{kind} got no parameters; pass model.parameters()")
        if len({id(p) for p in self.parameters}) != len(self.parameters):
            raise ValueError(f"{kind} got the same parameter twice; pass each of them once")
        self.lr = lr if callable(lr) else check_hyperparameter("lr", lr)
        self.steps = 0
        self._memory: list[Any] | None = None

    def checked(self, name: str, x: float) -> float:
        """A hyperparameter or a number of the state; raises TypeError or ValueError where it is out of its range."""
        return check_hyperparameter(name, x, *self.ranges.get(name, ANY))

    def rule(self, p: Floats, g: Floats, lr: float, *memory: Floats) -> tuple[Any, ...]:
        """The new parameter, then the new state, from the old ones and the gradient g."""
        raise NotImplementedError(f"{type(self).__name__} has no rule; write rule(self, p, g, lr, *memory)")

    @computed_from_rest("assign lr, a number or a schedule")
    def rate(self) -> float:
        """The learning rate of the next step."""
        return self.lr(self.steps) if callable(self.lr) else self.lr

    def step(self, gradients: Sequence[float] | None = None) -> None:
        """Move every parameter once, by its `.grad`, or by the gradients given in the order of parameters."""
        slopes, data = self.slopes(gradients), data_of_values(self.parameters)
        numpy = numpy_if_installed() if len(data) > FEW else None
        if numpy is None:
            return assign(self.parameters, self.move(data, slopes))
        packed = struct.Struct(f"{len(data)}d").pack  # four times as fast as numpy.array
        columns = [numpy.frombuffer(bytearray(packed(*column))) for column in (data, slopes)]
        assign(self.parameters, self.move(*columns).tolist())

    def slopes(self, gradients: Sequence[float] | None) -> list[float]:
        if gradients is None:
            return [p.grad for p in self.parameters]
        if isinstance(gradients, Mapping):  # as grad gives for a Module; which of its names are ours is unknown here
            got = f"a dict with the keys {', '.join(map(repr, [*gradients][:3]))}, ..."
            takes = f"{type(self).__name__} takes the gradients in the order of its parameters"
            raise TypeError(f"{takes}, but got {got}; pass list(gradients.values()) of all of them")
        if isinstance(gradients, list) and are_floats(gradients):
            return gradients
        return list(map(float, as_list(gradients)))  # which refuses Values

    def move(
        self, data: ListOrArray, gradients: ListOrArray, rule: Callable[..., tuple[Any, ...]] | None = None
    ) -> ListOrArray:
        """The numbers after a step from `data`, both lists or both arrays; `rule` is another text of the rule."""
        size = len(data)
        self.check_sizes(size, len(gradients))
        lr, old = self.rate, self._memory or [[0.0] * size for _ in self.memory]
        moved: Any
        if isinstance(data, list):
            rows = zip(data, gradients, *map(as_list, old), strict=True)
            moved, *memory = map(list, zip(*[self.rule(p, g, lr, *row) for p, g, *row in rows], strict=True))
        else:
            moved, *memory = (rule or self.rule)(data, gradients, lr, *map(numpy_if_installed().asarray, old))
        self._memory = memory
        self.steps += 1
        return moved  # type: ignore[no-any-return]

    def check_sizes(self, size: int, gradients: int) -> None:
        if not gradients == size == len(self.parameters):
            got = f"{size} numbers and {gradients} gradients; pass one of each for every parameter"
            raise ValueError(f"{type(self).__name__} moves {len(self.parameters)} parameters, but got {got}")

    def zero_grad(self) -> None:
        """Clear the gradients of the parameters."""
        for p in self.parameters:
            p.zero_grad()

    def state_dict(self) -> dict[str, Any]:
        """The hyperparameters, the number of steps, and the optimiser state, in numbers and lists."""
        lr = {} if callable(self.lr) else {"lr": self.lr}
        settings = {name: getattr(self, name) for name in self.settings}
        memory = {name: as_list(m) for name, m in zip(self.memory, self._memory or (), strict=False)}
        return {"kind": type(self).__name__, **lr, **settings, "steps": self.steps, "memory": memory}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a `state_dict`; where it does not fit, raise ValueError and change nothing."""
        kind, count = type(self).__name__, len(self.parameters)
        if not isinstance(state, Mapping):
            raise TypeError(f"{kind} takes the state that state_dict gave, but got {state!r}; pass one")
        if (found := state.get("kind")) != kind:
            raise ValueError(f"the state is of {found!r}, not of {kind}; load it into an optimiser of its own kind")
        for name in ("memory", "steps", *self.settings):
            if name not in state:
                raise ValueError(f"the state has no {name!r}, which {kind} needs; load one that state_dict gave")
        memory, steps = state["memory"], state["steps"]
        if not isinstance(memory, Mapping) or not all(isinstance(column, (list, tuple)) for column in memory.values()):
            raise TypeError(
                f"the memory is {shortened(memory, 60)} in the state, no dict of lists; load one that state_dict gave"
            )
        if not isinstance(steps, int) or not 0 <= steps < MOST_STEPS:
            raise ValueError(
                f"steps is {shortened(steps, 60)} in the state, which is no count; load one that state_dict gave"
            )
        if (memory or (steps and self.memory)) and tuple(memory) != self.memory:
            mine = f"{kind} with its settings {', '.join(self.memory) or 'nothing'}"
            more = "give it the settings that it was saved with"
            raise ValueError(f"the state remembers {', '.join(memory) or 'nothing'}, but {mine}; {more}")
        for name, column in memory.items():
            if len(column) != count:
                found = f"{len(column)} numbers for {name}, but there are {count} parameters"
                raise ValueError(f"the state holds {found}; load it into an optimiser of the same model")
        columns = [[self.checked(name, x) for x in column] for name, column in memory.items()]
        settings = {name: state[name] for name in self.settings}
        for name, x in settings.items():
            now = getattr(self, name)
            if isinstance(x, bool) != isinstance(now, bool) or not is_number(x):
                raise TypeError(f"{name} is {shortened(x, 60)} in the state; load one that state_dict gave")
            if name in self.ranges or isinstance(x, int):
                self.checked(name, x)
            if name in self.switches and bool(x) != bool(now):
                raise ValueError(f"{name} is {x!r} in the state, here {now!r}; give it the settings of the other")
        if "lr" in state and not callable(self.lr):
            self.lr = check_hyperparameter("lr", state["lr"])
        vars(self).update(settings, steps=steps, _memory=columns or None)

    def __repr__(self) -> str:
        settings = "".join(f", {name}={getattr(self, name)!r}" for name in self.settings)
        return f"{type(self).__name__}({len(self.parameters)} parameters, lr={self.lr!r}{settings})"


@functools.cache
def numpy_if_installed() -> Any:
    try:
        return importlib.import_module("numpy")
    except ImportError:
        return None


def as_list(column: "Sequence[float] | NDArray[Any]") -> list[float]:
    return column.tolist() if hasattr(column, "tolist") else list(column)


def check_hyperparameter(name: str, given: float, low: float = 0.0, below: float = math.inf) -> float:
    """A hyperparameter as a float; raises TypeError or ValueError outside low <= x < below."""
    try:
        x = number(given)
    except OverflowError:
        raise ValueError(f"{name} is a number beyond the range of floats; choose one below 1.8e308") from None
    if x is None:
        raise TypeError(f"{name} is a number, but got {given!r}; pass a float")
    if not low <= x < below:
        bound = "" if below == math.inf else f" and below {below}"
        raise ValueError(f"{name} must be at least {low}{bound}, but got {given!r}; choose another")
    return x


def is_number(x: object) -> bool:
    try:
        return number(x) is not None
    except OverflowError:
        return True  # which `check_hyperparameter` refuses
