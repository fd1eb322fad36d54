"""Random functions with loops, from seeds: steps of a few rows over carry, x and shared numbers, and loops in steps."""

import random

import autograd_lite as ag
from autograd_lite.trees import flatten

UNARY = (ag.sin, ag.tanh, ag.exp, ag.sigmoid, ag.cos, ag.softplus, ag.atan, ag.relu, ag.abs)


def body_of(rng, carries, columns, shared, outputs, depth):
    """A random step: (carry, x, shared numbers) to (carry, y), all of them lists."""
    steps, known = [], carries + columns + shared
    for _ in range(rng.randint(2, 7)):
        kind = rng.choice(["unary"] * 3 + ["+", "-", "*", "*", "+", "scaled", "where", "take"])
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

            (last,), found = ag.scan(once, [v[a]], [v[(b + i) % len(v)] for i in range(n)], reverse=n == 2)
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
    """For value and gradients whether the bits agree, in generated Python and native code; the error of second order.

    None where the function leaves its domain: a program has inf or nan where it raises.
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
    backends = ["python", "llvm"] if native else ["python"]
    same = [repr(numbers_of(ag.compile(both, backend=name)(*args))) == repr(first) for name in backends]
    found = numbers_of(ag.compile(second, backend="python")(*args))
    errors = [abs(x - y) / (1.0 + abs(x)) for x, y in zip(curves, found, strict=True) if x == x]
    return same, max(errors, default=0.0)


def measure(count, every=10):
    """So many random functions; every tenth in native code too."""
    figures = {"functions": 0, "python": 0, "native": 0, "other bits": 0, "second order": 0.0, "first seed": 0}
    for seed in range(count):
        result = compared(seed, seed % every == 0)
        if result is not None:
            same, error = result
            figures["functions"] += 1
            figures["python"] += 1
            figures["native"] += len(same) - 1
            figures["other bits"] += same.count(False)
            figures["second order"] = max(figures["second order"], error)
    return figures


def section(figures):
    shown = {name: f"{x:,}" if isinstance(x, int) else f"{x:.1g}" for name, x in figures.items()}
    return [
        "Random functions of one loop or two, every second with a loop in its step, with gathers and maps: "
        f"{shown['functions']}.",
        f"Value and gradients have the bits of the eager graph in generated Python ({shown['python']} programs) and",
        f"in native code ({shown['native']}), but in {shown['other bits']}. Second derivatives differ from those of",
        f"the unrolled graph by {shown['second order']} (1 + |x|) at most.",
    ]
