"""What a gradient costs, counted in operations of programs, never in time: the cheap gradient principle.

The cost of a value and its gradient over the cost of the value alone. Sums, products and comparisons weigh 1; other
rows are elementary functions, which weigh 10 where that is said.
Source: Griewank and Walther, Evaluating Derivatives (2008), 3.4.
"""

import dags

from autograd_lite import PRIMITIVES, compile, nn, value_and_grad
from autograd_lite.program.instructions import operations

LIGHT = {
    "add", "sub", "mul", "neg", "square", "sum", "prod", "dot", "mean", "less", "less_equal", "equal", "logical_and",
    "logical_or", "logical_not", "where", "cond", "sign", "identity", "constant", "greater", "greater_equal",
    "not_equal", "isnan", "isinf", "isfinite",
}  # fmt: skip
"""Sums, products and comparisons weigh 1; all other rows are elementary functions."""
POLYNOMIAL = ["({}) + {}", "({}) - {}", "({}) * {}", "ag.square({})", "-{}", "ag.sum([{}, {}, {}])",
              "ag.dot([{}, {}], [{}, {}])"]  # fmt: skip


def cost(program, weight=1):
    """The operations of a program; elementary functions count `weight` times."""
    return sum(operations(x) * (1 if x.row.name in LIGHT else weight) for x in program.instructions)


def costs(f, x, weight=1):
    """The cost of f alone, and with its gradient."""
    return tuple(cost(compile(g, backend="python").trace(x), weight) for g in (f, value_and_grad(f)))


def row_costs(weight=1):
    """Of each row: the cost of its value alone, and with its partials in all operands; three, if of any number."""
    found = {}
    for name, row in PRIMITIVES.items():
        if name in ("cond", "identity"):
            continue
        count = row.arity or (4 if name == "dot" else 3)
        points = [0.25, 0.5, 0.75, 0.125][:count]

        def f(x, row=row, name=name):
            if name == "polygamma":
                return row(1.0, x[1])
            return row(x[:2], x[2:]) if name == "dot" else row(x) if row.arity is None else row(*x)

        found[name] = costs(f, points, weight)
    return found


def polynomial(choose, steps=12):
    """A function of sums, differences and products, as text."""
    names = ["v0", "v1", "v2"]
    lines = ["def f(x):", "    v0, v1, v2, = x"]
    for i in range(3, 3 + choose.integer(1, steps)):
        shape = choose.one_of(POLYNOMIAL)
        lines.append(f"    v{i} = {shape.format(*[choose.one_of(names) for _ in range(shape.count('{}'))])}")
        names.append(f"v{i}")
    return "\n".join([*lines, f"    return {names[-1]}"]) + "\n"


def ratios(count, text_of, weight):
    """The ratios of random functions, those that compute anything, in order."""
    found = []
    for seed in range(count):
        alone, both = costs(dags.function(text_of(dags.Chooser(f"cost {seed}"))), [0.5, 0.25, 0.75], weight)
        if alone:
            found.append(both / alone)
    return sorted(found)


def network_ratios():
    """The ratio of the squared error of a network, for each of some activations."""
    found = {}
    for activation in ("relu", "tanh", "sigmoid", "gelu"):
        model = nn.MLP(3, [8, 8, 1], activation=activation, rng=0)

        def loss(model, x):
            return (model(x) - 1.0) ** 2

        programs = [compile(g, backend="python").trace(model, [0.5, 0.25, 0.75]) for g in (loss, value_and_grad(loss))]
        alone, both = (cost(program, 10) for program in programs)
        found[activation] = both / alone
    return found


def whole(choose):
    """A function of any rows, of some length, as text."""
    return dags.source(choose, steps=20)


def measure(count=2000):
    polynomials, programs = ratios(count, polynomial, 1), ratios(count, whole, 10)
    return {
        "rows": row_costs(), "polynomials": [len(polynomials), polynomials[-1]], "networks": network_ratios(),
        "programs": [len(programs), programs[-1], sum(x <= 5.0 for x in programs)],
    }  # fmt: skip


def section(figures):
    """The lines of the page."""
    rows = [f"| {name} | {alone} | {both} |" for name, (alone, both) in figures["rows"].items()]
    count, worst = figures["polynomials"]
    every, most, within = figures["programs"]
    networks = ", ".join(f"{ratio:.3g} with {name}" for name, ratio in figures["networks"].items())
    return [
        "The operations of value and gradient over those of the value alone, counted exactly from programs.",
        "",
        f"- Functions of sums and products: at most {worst:.3g} in {count:,} random ones (the bound is 5).",
        f"- Networks of 3-8-8-1, elementary functions weighing 10: {networks}.",
        f"- Random functions of all rows, weighed so: at most 5 in {within:,} of {every:,}; the others are of a few",
        f"  operations, mostly choices and divisions, and reach {most:.3g}.",
        "",
        "Each row alone, all functions weighing 1 (three operands where it takes any number, two pairs for dot):",
        "",
        "| row | operations of the value | of value and gradient |",
        "| --- | ---: | ---: |",
        *rows,
    ]
