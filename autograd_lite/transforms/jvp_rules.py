"""`custom_jvp`: a function with a rule of the user's in forward mode.

Reverse mode transposes that rule.
"""

import functools
import operator
from collections.abc import Sequence
from typing import Any

from autograd_lite.core.abstract.tracers import RuleError
from autograd_lite.transforms.custom_functions import CustomCall, CustomFunction, leaves_or_none
from autograd_lite.transforms.rule_calls import transposed
from autograd_lite.transforms.signatures import Function
from autograd_lite.trees import flatten


class JVPCall(CustomCall):
    """A call of a `custom_jvp`."""

    def push(self, operands: list[Any], outputs: list[Any], tangents: list[Any]) -> list[Any]:
        primals, directions = self.taken.with_operands(operands), self.taken.tangents(tangents)
        found = self.function.rules[0](*self.settings.values(), primals, directions)
        if not isinstance(found, (tuple, list)) or len(found) != 2:
            raise RuleError(
                f"the rule of {self.name} must return a pair (result, its tangent), but it returned {found!r}; return "
                f"both"
            )
        self.taken_apart(found[0])
        assert self.treedef is not None
        return leaves_or_none(found[1], self.treedef, f"tangent of the result of {self.name}")

    def pull(self, operands: list[Any], outputs: list[Any], adjoints: list[Any]) -> list[Any]:
        return transposed(lambda xs: self.push(operands, outputs, xs), len(operands), adjoints)


class custom_jvp(CustomFunction):
    """A function whose rule in forward mode is yours, as JAX has it; a decorator.

    `f.defjvp(rule)` gives the rule: rule(primals, tangents), two tuples with an entry for each argument, returns
    (result, tangent of the result).  The tangent is linear in the tangents; reverse mode transposes it.  Settings
    (`nondiff_argnums`), pytrees, plain numbers and errors are as in `custom_vjp`; settings come before the primals.

    >>> from autograd_lite import grad, hessian, log1p, exp, sigmoid
    >>> @custom_jvp
    ... def softplus(x):
    ...     return log1p(exp(x))
    >>> @softplus.defjvp
    ... def rule(primals, tangents):
    ...     return softplus(*primals), sigmoid(*primals) * tangents[0]
    >>> grad(softplus)(0.0), hessian(softplus)(0.0)
    (0.5, 0.25)
    """

    how = "give it one: f.defjvp(rule)"
    call = JVPCall

    def defjvp(self, rule: Function) -> Function:
        """Give the rule: `rule(*settings, primals, tangents)` returns (result, its tangent).  Also a decorator."""
        if not callable(rule):
            raise TypeError(f"defjvp takes a function, but got {rule!r}; pass the rule itself")
        self.rules = (rule,)
        return rule

    def defjvps(self, *rules: Function | None) -> None:
        """Give a rule for each argument that is no setting: `rule(tangent, result, *args)`, or None: nothing flows."""
        for rule in rules:
            if rule is not None and not callable(rule):
                raise TypeError(f"defjvps takes a function for each argument, but got {rule!r}; pass None for no rule")
        self.rules = (SumOfRules(self, rules),)


class SumOfRules:
    """The rule of a function from one for each argument."""

    def __init__(self, function: CustomFunction, rules: Sequence[Function | None]) -> None:
        self.function, self.rules = function, rules

    def __call__(self, *args: Any) -> tuple[Any, Any]:
        *settings, primals, tangents = args
        if len(primals) != len(self.rules):
            raise RuleError(
                f"{self.function.name} has {len(primals)} arguments and {len(self.rules)} rules; give one for each"
            )
        every = list(primals)
        indices = sorted(i % (len(settings) + len(primals)) for i in self.function.nondiff_argnums)
        for i, x in zip(indices, settings, strict=True):
            every.insert(i, x)
        result = self.function(*every)
        terms = [
            flatten(rule(t, result, *every), f"tangent of {self.function.name}")[0]
            for rule, t in zip(self.rules, tangents, strict=True)
            if rule is not None
        ]
        leaves, treedef = flatten(result, f"result of {self.function.name}")
        sums = [functools.reduce(operator.add, column) for column in zip(*terms, strict=True)]
        return result, treedef.unflatten(sums or [0.0] * len(leaves))
