"""Random functions with loops, from seeds: steps of a few rows over carry, x and shared numbers, with loops, calls,
gathers and choices of functions in them."""

import random
import time

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


def body_of(rng, carries, columns, shared, outputs, depth):
    """A random step: (carry, x, shared numbers) to (carry, y), all of them lists."""
    steps, known, called = [], carries + columns + shared, called_of(rng)
    for _ in range(rng.randint(2, 7)):
        kind = rng.choice(KINDS)
        steps.append((kind, *[rng.randrange(known) for _ in range(3)], rng.randrange(len(UNARY))))
        known += 1
    inner = None
    if depth and rng.random() < 0.5:
        inner = (body_of(rng, 1, 1, 2, 1, depth - 1), [rng.randrange(known) for _ in range(3)], rng.randint(1, 3))
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


def loop_function(seed):
    """A random function of three lists of numbers whose value comes out of one loop or two, and arguments for it."""
    rng = random.Random(seed)
    carries, columns, shared, outputs, n = (rng.randint(*ends) for ends in ((1, 3), (0, 2), (0, 3), (0, 2), (1, 5)))
    body, after = body_of(rng, carries, columns, shared, outputs, 1), body_of(rng, 1, 1, 2, 1, 0)
    reverse, changed, twice, mapped = (rng.random() < share for share in (0.4, 0.5, 0.4, 0.3))
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


def compared(seed, native):
    """The first number with other bits in generated Python and native code, and the errors of NumPy and second order.

    None where the function leaves its domain: a program has inf or nan where it raises.  Native code and NumPy only
    where asked.  Errors are those of x in units of 1 + |x|.
    """
    f, args = loop_function(seed)
    both = ag.value_and_grad(f, argnums=(0, 1, 2))

    def slopes(*args):
        found = flatten(ag.grad(f, argnums=(0, 2))(*args))[0]
        return ag.sum([x * (1.0 + 0.1 * k) for k, x in enumerate(found)])

    second = ag.grad(slopes, argnums=(0, 1, 2))
    try:
        first, curves = numbers_of(both(*args)), numbers_of(second(*args))
    except (ArithmeticError, ValueError):
        return None

    def error(g, backend, expected):
        found = numbers_of(ag.compile(g, backend=backend)(*args))
        pairs = [(x, y) for x, y in zip(expected, found, strict=True) if x != y and x == x]
        return max([abs(x - y) / (1.0 + abs(x)) for x, y in pairs], default=0.0)

    strict = ["python", "llvm"] if native else ["python"]
    same = [repr(numbers_of(ag.compile(both, backend=name)(*args))) == repr(first) for name in strict]
    loose = error(both, "numpy", first) if native else 0.0
    return same, loose, max(error(second, name, curves) for name in strict)


WANTED, CHUNK, EVERY = 100_000, 100, 10


def measure():
    """Random functions by the hundred, until there are enough; a run that was interrupted goes on where it stopped."""
    document = recorded("loops")
    begun = document["figures"] if document is not None and document["figures"].get("functions", 0) < WANTED else {}
    names = ("chunks", "functions", "native", "numpy", "second order")
    figures = {**dict.fromkeys(names, 0), "other bits": [], "failures": [], **begun}
    kept = time.monotonic()
    while figures["functions"] < WANTED:
        for seed in range(figures["chunks"] * CHUNK, (figures["chunks"] + 1) * CHUNK):
            try:
                result = compared(seed, seed % EVERY == 0)
            except Exception as error:
                figures["failures"].append(f"seed {seed}: {type(error).__name__}: {error}")
                continue
            if result is not None:
                same, loose, curved = result
                figures["functions"] += 1
                figures["native"] += len(same) - 1
                figures["other bits"] += [] if all(same) else [seed]
                figures["numpy"] = max(figures["numpy"], loose)
                figures["second order"] = max(figures["second order"], curved)
        figures["chunks"] += 1
        if time.monotonic() - kept > 20.0 or figures["functions"] >= WANTED:
            kept = time.monotonic()
            record("loops", figures)


def section(figures):
    other = figures["other bits"]
    named = f": {', '.join(map(str, other[:20]))}" if other else ""
    return [
        "Random functions of one loop or two, with loops, calls, gathers, maps and choices of functions in their",
        f"steps: {figures['functions']:,}, seeds 0 to {figures['chunks'] * CHUNK - 1:,}. Value and gradients have the",
        "bits of the eager graph in generated Python, and for every tenth seed in native code",
        f"({figures['native']:,} programs), but for {len(other)} of them{named}. NumPy, with an exp of its own,",
        f"is off by {figures['numpy']:.1g} (1 + |x|) at most. Second derivatives of Python and native code differ from",
        f"those of the unrolled graph by {figures['second order']:.1g} (1 + |x|) at most.",
        "",
        f"Failures: {len(figures['failures'])}.",
        *[f"- {text}" for text in figures["failures"][:5]],
    ]
