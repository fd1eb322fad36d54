"""Random functions with sparse derivatives, from seeds, and whether those have the bits of the dense ones."""

import functools
import random
import time

import numpy as np
from recording import record, recorded

import autograd_lite as ag

UNARY = (ag.sin, ag.tanh, ag.exp, ag.sigmoid, ag.square, ag.cos, ag.neg, ag.relu, ag.floor)


def random_function(rng, n, scalar):
    """A random function of n numbers: terms of one or a few kinds at shifted places, with shared parts and choices."""
    kinds = []
    for _ in range(rng.randint(1, 3)):
        width = rng.randint(1, 3)
        steps = []
        for known in range(width, width + rng.randint(1, 6)):
            steps.append((rng.choice("u+-*wck"), [rng.randrange(known) for _ in range(3)], rng.randrange(len(UNARY))))
        kinds.append((width, steps, rng.random() < 0.5))
    placed = []
    for width, steps, varying in kinds:
        for start in range(0, n, rng.randint(1, 3)):
            places = [(start + rng.choice([1, 1, 2]) * k) % n for k in range(width)]
            placed.append((places, steps, rng.choice([0.5, 2.0, -1.0]) if varying else 1.5))
    if rng.random() < 0.3:
        rng.shuffle(placed)
    scale, chain, shared = rng.choice([None, 0.5, 3.0]), rng.random() < 0.5, rng.random() < 0.3

    def f(x):
        terms = []
        for places, steps, constant in placed:
            v = [x[k] for k in places]
            for kind, (a, b, c), u in steps:
                if kind == "u":
                    v.append(UNARY[u](v[a]))
                elif kind == "w":
                    v.append(ag.where(ag.less(v[a], 0.3), v[b], v[c] * v[a]))
                elif kind == "k":
                    chosen = ag.where(ag.less(v[a], 0.1), lambda: v[b] * v[b], lambda: ag.sin(v[c]))  # noqa: B023
                    v.append(chosen)
                elif kind == "c":
                    v.append(constant * v[a])
                else:
                    v.append(v[a] + v[b] if kind == "+" else v[a] - v[b] if kind == "-" else v[a] * v[b])
            if shared and terms:
                v.append(v[-1] * terms[-1])
            terms.append(v[-1])
        if not scalar:
            return terms
        total = functools.reduce(lambda a, b: a + b, terms) if chain else ag.sum(terms)
        return total if scale is None else scale * total

    return f


def bits(x):
    """The bytes of an array, with all zeros alike and all nans alike."""
    x = np.array(x, dtype=float) + 0.0
    return np.where(np.isnan(x), np.nan, x).tobytes()


def agree(sparse, dense):
    return bits(sparse) == bits(dense)


WANTED, CHUNK, EVERY, LARGEST = 20_000, 100, 10, 12


def compared(seed, native):
    """For Hessian and Jacobian whether the sparse one has the bits of the dense one, and the number of entries."""
    rng = random.Random(seed)
    n = rng.randint(1, LARGEST)
    x, same, entries = np.array([rng.uniform(-1.5, 1.5) for _ in range(n)]), [], 0
    backends = ["python", "llvm"] if native else ["python"]
    for scalar, sparse, dense in ((True, ag.sparse_hessian, ag.hessian), (False, ag.sparse_jacobian, ag.jacobian)):
        f = random_function(rng, n, scalar)
        right = dense(f)(x)
        entries += np.asarray(right).size
        same += [agree(sparse(f, format="array", backend=backend)(x), right) for backend in backends]
    return same, entries


def measure():
    """Seeds by the hundred, until there are enough; a run that was interrupted goes on where it stopped."""
    document = recorded("scattered")
    begun = document["figures"] if document is not None and document["figures"]["functions"] < WANTED else {}
    figures = {"functions": 0, "matrices": 0, "entries": 0, "other bits": [], "failures": [], **begun}
    kept = time.monotonic()
    while figures["functions"] < WANTED:
        for seed in range(figures["functions"], figures["functions"] + CHUNK):
            try:
                same, entries = compared(seed, seed % EVERY == 0)
            except Exception as error:
                figures["failures"].append(f"seed {seed}: {type(error).__name__}: {error}")
                continue
            figures["matrices"] += len(same)
            figures["entries"] += entries
            figures["other bits"] += [] if all(same) else [seed]
        figures["functions"] += CHUNK
        if time.monotonic() - kept > 20.0 or figures["functions"] >= WANTED:
            kept = time.monotonic()
            record("scattered", figures)


def section(figures):
    other = figures["other bits"]
    named = f": {', '.join(map(str, other[:20]))}" if other else ""
    return [
        f"{figures['functions']:,} seeds, each with a random function of up to {LARGEST} numbers for `sparse_hessian`",
        "and one for `sparse_jacobian`, with shared parts, choices and terms that repeat:",
        f"{figures['matrices']:,} matrices in generated Python, and for every tenth seed in native code, of",
        f"{figures['entries']:,} different entries. They have the bits of `hessian` and `jacobian`, zeros included but",
        f"for their signs, but for {len(other)} seeds{named}.",
        "",
        f"Failures: {len(figures['failures'])}.",
        *[f"- {text}" for text in figures["failures"][:5]],
    ]
