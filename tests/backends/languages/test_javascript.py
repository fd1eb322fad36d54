"""Programs as JavaScript: the bits of the plainest reading of a program, in Node."""

import json
import random
import shutil
import subprocess

import dags
import programs
import pytest

from autograd_lite import compile, tanh, value_and_grad, vmap
from autograd_lite.backends.languages.javascript import javascript_source

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="there is no node on the path")


def in_node(calls):
    """What functions, each given as an expression, return for their arguments: lists of texts of numbers."""
    lines = ["const shown = (x) => (Object.is(x, -0) ? '-0.0' : String(x));"]
    lines += [f"console.log(JSON.stringify(({f.strip()})({x}).map((r) => Array.from(r, shown))));" for f, x in calls]
    done = subprocess.run([NODE, "-"], input="\n".join(lines), capture_output=True, text=True, check=True)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return [[[float(x.replace("Infinity", "inf")) for x in result] for result in results] for results in found]


def literal(x):
    if isinstance(x, list):
        return f"[{', '.join(map(literal, x))}]"
    return "NaN" if x != x else repr(x).replace("inf", "Infinity")


def drawn(seed, rows):
    """A program, arguments for so many samples, and their number."""
    program = programs.program(dags.Chooser(seed), rows)
    rng = random.Random(seed)
    samples = rng.choice([0, 1, 2, 9, 1025])

    def row(size):
        return [rng.choice(dags.POINTS) if rng.random() < 0.3 else rng.uniform(-3.0, 3.0) for _ in range(size)]

    return (
        program,
        [[row(a.size) for _ in range(samples)] if a.batched else row(a.size) for a in program.arguments],
        samples,
    )


def flat(result):
    return [x for part in result for x in (part if isinstance(part, list) else [part])]


@needs_node
def test_exact_rows_have_the_bits_of_the_plainest_reading():
    drawings = [drawn(seed, programs.EXACT) for seed in range(60)]
    calls = [
        (javascript_source(program, module=False), ", ".join([*map(literal, numbers), str(samples)]))
        for program, numbers, samples in drawings
    ]
    for (program, numbers, samples), found in zip(drawings, in_node(calls), strict=True):
        expected = [flat(result) for result in programs.interpreted(program, numbers, samples)]
        assert dags.same_bits(expected, found), f"{program}\n{numbers}\n{expected}\n{found}"


@needs_node
def test_an_expression_is_called_with_numbers_or_nests_of_them():
    f = value_and_grad(vmap(lambda w, x: tanh(w[0] * x[0] + w[1]), (None, 0), "mean"))
    step = compile(f, backend="python")
    w, X = [0.5, -0.25], [[1.0], [2.0], [-3.0]]
    source = step.trace(w, X).source("javascript", module=False)
    value, gradient = step(w, X)
    (found,) = in_node([(source, f"{w}, {X}")])
    assert flat(found) == pytest.approx([value, *gradient], rel=1e-14)
