"""The rules of the optimisers as compiled code, which moves all parameters in one pass over their arrays."""

import copy
from collections.abc import Callable
from typing import Any

from autograd_lite.backends import compile
from autograd_lite.backends.fixed_calls import FixedCalls
from autograd_lite.optim.optimizer import Optimizer
from autograd_lite.optim.rules import OPTIMIZERS
from autograd_lite.support.extras import required
from autograd_lite.transforms.batching import vmap

Rule = Callable[..., tuple[Any, ...]]


def compiled_rule(optimizer: Optimizer, **options: Any) -> Rule:
    """The rule of an optimiser on arrays, compiled with these options; with the bits of the rule itself if strict.

    The parameters take the place of the gradient, so that fewer arrays are in the cache; the state that it returns is
    overwritten by the next call but one. That of a class of one's own is not compiled: what it reads besides its
    settings, or draws, would be what it was at first.
    """
    if type(optimizer) not in OPTIMIZERS.values():
        return optimizer.rule
    numpy = required("numpy", "the rule of an optimiser as compiled code", "jit")
    programs: dict[tuple[Any, ...], Rule] = {}

    numbers = numpy.zeros(2, options.get("dtype", "float64"))

    def move(p: Any, g: Any, lr: float, *memory: Any) -> tuple[Any, ...]:
        numbers[0], numbers[1] = lr, optimizer.steps
        arguments = p, g, numbers, *[numpy.asarray(x, p.dtype) for x in memory]
        settings = tuple([getattr(optimizer, name) for name in optimizer.settings])
        program = programs.get(settings)
        if program is None:
            programs.clear()
            axes = (0, 0, None, *[0 for _ in memory])
            compiled = compile(vmap(at_a_step(optimizer), in_axes=axes), **options)
            program = programs[settings] = FixedCalls(compiled, arguments, 2)
        return program(*arguments, first=g)

    return move


def at_a_step(optimizer: Optimizer) -> Rule:
    """The rule with the rate and the number of steps so far as one argument, and the settings that there are now."""
    own = copy.copy(optimizer)

    def rule(p: Any, g: Any, numbers: Any, *memory: Any) -> tuple[Any, ...]:
        lr, own.steps = numbers
        return own.rule(p, g, lr, *memory)

    return rule
