"""Random functions with loops, from seeds: steps of a few rows over carry, x and shared numbers, with loops, calls,
gathers and choices of functions in them."""

import random
import time
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple
from unittest.mock import patch

from recording import record, recorded

import autograd_lite as ag
from autograd_lite.trees import flatten

KINDS = ["unary"] * 3 + ["+", "-", "*", "*", "+", "scaled", "where", "take", "cond", "switch", "call"]
UNARY = (ag.sin, ag.tanh, ag.exp, ag.sigmoid, ag.cos, ag.softplus, ag.atan, ag.relu, ag.abs)


def several_of(rng):
    """A random function of two numbers, of many rows."""
    rows = [UNARY[rng.randrange(len(UNARY))] for _ in range(8)]

    def several(a, b):
        for row in rows:
            a, b = row(a) + 0.3 * b, a * b
        return a

    return several


def called_of(rng):
    """The same compiled, large enough to stay a call."""
    return ag.compile(several_of(rng))


def chosen(row):
    return lambda x, y: row(x) * y


class Sizes(NamedTuple):
    """The ends between which the sizes of a random function are drawn, and how often it has each further part."""

    carries: tuple[int, int] = (1, 3)
    columns: tuple[int, int] = (0, 2)
    shared: tuple[int, int] = (0, 3)
    outputs: tuple[int, int] = (0, 2)
    steps: tuple[int, int] = (1, 5)
    rows: tuple[int, int] = (2, 7)
    often: float = 1.0


LARGE = Sizes()
SMALL = Sizes((1, 2), (0, 1), (0, 2), (0, 1), (1, 4), (1, 3), 0.4)


def body_of(rng, carries, columns, shared, outputs, depth, sizes=LARGE):
    """A random step: (carry, x, shared numbers) to (carry, y), all of them lists."""
    steps, known, called = [], carries + columns + shared, called_of(rng)
    for _ in range(rng.randint(*sizes.rows)):
        kind = rng.choice(KINDS)
        steps.append((kind, *[rng.randrange(known) for _ in range(3)], rng.randrange(len(UNARY))))
        known += 1
    inner = None
    if depth and rng.random() < 0.5 * sizes.often:
        step = body_of(rng, 1, 1, 2, 1, depth - 1, sizes)
        inner = (step, [rng.randrange(known) for _ in range(3)], rng.randint(1, 3))
        known += 1
    new, ys = ([rng.randrange(known) for _ in range(count)] for count in (carries, outputs))

    def body(carry, x, numbers):
        v = [*carry, *x, *numbers]
        for kind, a, b, c, f in steps:
            if kind == "unary":
                v.append(UNARY[f](v[a]))
            elif kind == "scaled":
                v.append(-1.5 * v[a])
            elif kind == "where":
                v.append(ag.where(ag.less(v[a], 0.3), v[b], v[c]))
            elif kind == "cond":
                v.append(ag.cond(ag.less(v[a], 0.3), chosen(UNARY[f]), lambda x, y: x - ag.sin(y), v[b], v[c]))
            elif kind == "switch":
                index = ag.where(ag.less(v[a], 0.0), 0.0, ag.where(ag.less(v[b], 0.0), 1.0, 2.0))
                v.append(ag.switch(index, [UNARY[f], lambda x: x * x, lambda x: 0.5], v[c]))
            elif kind == "call":
                v.append(called(v[a], v[b]))
            elif kind == "take":  # from what all steps share, or from what there is so far
                table = numbers if f % 2 and numbers else v[: 1 + c]
                second = ag.where(ag.less(v[b], 0.0), -1.0, float(len(table) // 2))
                v.append(ag.take(table, ag.where(ag.less(v[a], 0.2), 0.0, second)))
            else:
                v.append(v[a] + v[b] if kind == "+" else v[a] - v[b] if kind == "-" else v[a] * v[b])
        if inner:
            step, (a, b, c), n = inner

            def once(carry, x):
                out, (y,) = step(carry, [x], [v[b], v[c]])
                return out, y

            # Not what it reads too: the order in which adjoints of both kinds add up is another one (docs/LOOPS.md).
            others = [v[k % len(v)] for k in range(b, b + len(v)) if k % len(v) not in (b, c)] or [0.5]
            (last,), found = ag.scan(once, [v[a]], [others[i % len(others)] for i in range(n)], reverse=n == 2)
            v.append(last + found[0])
        return [ag.tanh(v[i]) for i in new], [v[i] for i in ys]

    return body


def loop_function(seed, sizes=LARGE):
    """A random function of three lists of numbers whose value comes out of one loop or two, and arguments for it."""
    rng = random.Random(seed)
    carries, columns, shared, outputs, n = (rng.randint(*ends) for ends in sizes[:5])
    body = body_of(rng, carries, columns, shared, outputs, 1, sizes)
    after = body_of(rng, 1, 1, 2, 1, 0, sizes)
    shares = (0.4, 0.5, 0.4 * sizes.often, 0.3 * sizes.often)
    reverse, changed, twice, mapped = (rng.random() < share for share in shares)
    row, reduce = UNARY[rng.randrange(len(UNARY))], rng.choice(["sum", "mean", "max", "logsumexp", None])
    weights = [rng.choice([0.0, 1.0, 0.7]) for _ in range(outputs * n)]
    read = [rng.random() < 0.7 for _ in range(carries - 1)] + [True]

    def f(init, xs, numbers):
        numbers = [ag.sin(x) for x in numbers] if changed else list(numbers)
        if changed and len(numbers) > 1:
            numbers[1] = numbers[0] * numbers[1]

        def step(carry, x):
            return body(carry, [] if x is None else [x] if columns == 1 else list(x), numbers)

        data = {"xs": xs} if columns else {"length": n}
        carry, ys = ag.scan(step, list(init), reverse=reverse, **data)
        total = 0.0
        for c, is_read in zip(carry, read, strict=True):
            total = total + (c * c * 0.5 + c if is_read else 0.0)
        for weight, y in zip(weights, [y for outputs in ys for y in outputs], strict=True):
            total = total + weight * y * y if weight else total
        for x in numbers:
            total = total + x * 0.3 * x
        if mapped:  # samples that repeat, of what the loop gave and of what it read
            alone = changed or not numbers
            known = [*carry, *numbers] if alone else carry
            samples = [known[7 * i % len(known)] for i in range(40)]
            found = ag.vmap(lambda x: row(x) * x if alone else row(x * numbers[0]), reduce=reduce)(samples)
            total = total + (found if reduce else ag.sum([0.3 * y for y in found[::3]]))
        if twice:

            def again(carry, x):
                out, (y,) = after(carry, [x], [total, numbers[0] if numbers else total])
                return out, y

            (last,), found = ag.scan(again, [ag.sin(carry[-1])], [*carry, ag.tanh(total)], reverse=not reverse)
            total = total * 0.5 + last + ag.sum([y * 0.2 * y for y in found])
        return total

    def numbers(count):
        return [rng.uniform(-1.0, 1.0) for _ in range(count)]

    xs = [numbers(columns) if columns > 1 else numbers(1)[0] for _ in range(n)] if columns else [0.0]
    return f, (numbers(carries), xs, numbers(shared) or [0.1])


def numbers_of(x):
    return [float(leaf) + 0.0 for leaf in flatten(x)[0]]


class Drawn(NamedTuple):
    """A random function: its value and gradients, second derivatives, arguments, and what both are on Values there."""

    seed: int
    both: Callable[..., Any]
    second: Callable[..., Any]
    args: tuple[Any, ...]
    first: list[float]
    curves: list[float]


def drawn(seed, sizes, ordered):
    """The function of a seed; None where it leaves its domain: a program has inf or nan where it raises."""
    f, args = loop_function(seed, sizes)
    both = ag.value_and_grad(f, argnums=(0, 1, 2))

    def slopes(*args):
        found = flatten(ag.grad(f, argnums=(0, 2))(*args))[0]
        return ag.sum([x * (1.0 + 0.1 * k) for k, x in enumerate(found)])

    second = ag.grad(slopes, argnums=(0, 1, 2)) if ordered else lambda *args: []
    try:
        return Drawn(seed, both, second, args, numbers_of(both(*args)), numbers_of(second(*args)))
    except (ArithmeticError, ValueError):
        return None


@cache
def call_of_pool(k):
    return ag.compile(several_of(random.Random(k)))


def shared_call(rng):
    """One of 64 compiled functions, so that they are compiled once and not anew in each random function."""
    return call_of_pool(rng.randrange(64))


def off(expected, found):
    """The largest error of a number x, in units of 1 + |x|."""
    pairs = [(x, y) for x, y in zip(expected, found, strict=True) if x != y and x == x]
    return max([abs(x - y) / (1.0 + abs(x)) for x, y in pairs], default=0.0)


WANTED, TOGETHER = 100_000, 8


def measure():
    """Random functions, eight to a program, until there are enough; an interrupted run goes on where it stopped.

    Most are small, and long programs are what LLVM's lowest level is for: it compiles them.  Every fourth program has
    second derivatives, and every 128th large functions, which LLVM optimizes.
    """
    document = recorded("loops")
    begun = document["figures"] if document is not None and document["figures"].get("functions", 0) < WANTED else {}
    names = ("programs", "functions", "large", "ordered", "numpy", "second order")
    figures = {**dict.fromkeys(names, 0), "other bits": [], "failures": [], **begun}
    kept = time.monotonic()
    while figures["functions"] < WANTED:
        count(figures, figures["programs"])
        figures["programs"] += 1
        if time.monotonic() - kept > 20.0 or figures["functions"] >= WANTED:
            kept = time.monotonic()
            record("loops", figures)


def count(figures, number):
    """Count what the functions of one program show."""
    from autograd_lite.backends.llvm import engine

    large, ordered = number % 128 == 0, number % 4 == 0
    sizes, lines = (LARGE, engine.OPTIMIZED_LINES) if large else (SMALL, 0)
    seeds = range(number * TOGETHER, (number + 1) * TOGETHER)
    with patch("looping.called_of", shared_call), patch.object(engine, "OPTIMIZED_LINES", lines):
        try:
            functions = [x for x in (drawn(seed, sizes, ordered) for seed in seeds) if x is not None]
            compare(figures, functions)
        except Exception as error:
            figures["failures"].append(f"program {number}: {type(error).__name__}: {error}")
            return
    figures["functions"] += len(functions)
    figures["large"] += len(functions) * large
    figures["ordered"] += len(functions) * ordered


def compare(figures, functions):
    """Hold one program of all these functions to the eager graph, in every back end."""

    def together(*all_args):
        pairs = zip(functions, all_args, strict=True)
        return [(function.both(*args), function.second(*args)) for function, args in pairs]

    all_args = [function.args for function in functions]
    compiled = ag.compile(together, backend="llvm")
    results = {"llvm": compiled(*all_args)}
    program = compiled.trace(*all_args)  # as it was traced for the call
    results |= {backend: program(*all_args, backend=backend) for backend in ("python", "numpy")}
    for backend, result in results.items():
        found = numbers_of(result)
        for seed, _, _, _, first, curves in functions:
            value, found = found[: len(first)], found[len(first) :]
            second, found = found[: len(curves)], found[len(curves) :]
            if backend == "numpy":
                figures["numpy"] = max(figures["numpy"], off(first, value))
                continue
            figures["second order"] = max(figures["second order"], off(curves, second))
            if repr(value) != repr(first):
                figures["other bits"].append([seed, backend])


def section(figures):
    other = figures["other bits"]
    named = "".join(f", {seed} in {backend}" for seed, backend in other[:20])
    return [
        "Random functions of one loop or two, with loops, calls, gathers, maps and choices of functions in their",
        f"steps, {TOGETHER} to a program: {figures['functions']:,}, of them {figures['large']:,} large. Value and",
        "gradients have the bits of the eager graph in generated Python and in native code, but for",
        f"{len(other)}{named}. NumPy, with an exp of its own, is off by {figures['numpy']:.1g} (1 + |x|) at most.",
        f"Second derivatives of {figures['ordered']:,} of them in Python and native code differ from those of the",
        f"unrolled graph by {figures['second order']:.1g} (1 + |x|) at most.",
        "",
        f"Failures: {len(figures['failures'])}.",
        *[f"- {text}" for text in figures["failures"][:5]],
    ]
