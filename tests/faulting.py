"""How many faults the library has survived, as the tests of faults count them."""

import os
import re

from project import ran
from test_faults import EVERY_ALLOCATION

from autograd_lite.support.build import PURE_VARIABLE

FILES = [
    "tests/test_faults.py",
    "tests/support/test_files.py",
    "tests/core/test_freeing.py",
    "tests/nn/test_training_run.py",
]


def measure():
    """Run the tests of faults, and count: tests, allocations that failed, and all tests that there are."""
    done = ran("-m", "pytest", "-q", *FILES, check=False, timeout=None)
    found = re.search(r"(\d+) passed", done.stdout)
    if done.returncode or found is None:
        raise RuntimeError(f"the tests of faults fail: {done.stdout[-500:]}")
    every = ran("-m", "pytest", "-q", "--collect-only")
    collected = re.search(r"(\d+)/?\d* tests collected", every.stdout) or re.search(r"(\d+) tests", every.stdout)
    return {
        "passed": int(found[1]),
        "allocations": int(ran("-c", EVERY_ALLOCATION, env={**os.environ, PURE_VARIABLE: "1"}).stdout),
        "tests": int(collected[1]),
    }


FOUND = [
    "Memory exhausted while a large graph goes: the native build ended the process.",
    "Memory exhausted while a gradient recorded itself: the native build ended the process.",
    "Memory exhausted in the last step of `backward`: some leaves had their gradient, others not.",
    "A damaged checkpoint: the model was loaded before the rest was found wrong; an optimiser took any settings.",
    "A program from a file: an odd number of operands of dot was taken, and arguments of any size.",
    "A saved file could be read by its owner alone, whatever the umask said; version `true` passed for 1.",
    "polygamma and its gradients half-way between the poles: up to 10^12 ulps off; nan just left of 0.",
    "0 to the power -inf raised, where Python gives inf.",
    "lgamma of subnormal numbers on arrays: inf, as SciPy has it.",
    "A map over an array of another library took the samples of axis 0, whatever axis was asked for.",
    "On arrays, optimisers remembered nan where a parameter was infinite; on floats they did not.",
    "Gradients given as an array left NumPy's floats in the parameters of the pure build.",
    "No test looked at the values that compiled programs give at singular points: mutants of them survived.",
    "Memory exhausted in a long function of pure Python: CPython tries for ever to leave its `with`.",
    "Second derivatives of x to the power y at y = 0: 0 where 1 / x is right; and nan for those in y at x = 0.",
    "gradcheck accused functions whose rounding at the point is none, or whose terms cancel in a dot.",
    "A program that is a number gave a float back for Values.",
    "A run interrupted in its validation named the next epoch, and went on with an epoch too many in its history.",
]
"""What the regime has found; each has a test now."""


def section(figures):
    """The lines of the page."""
    return [
        f"{figures['passed']} tests of faults pass: in plain Python, memory that fails at any allocation",
        f"({figures['allocations']:,} of them, one by one and from there on) or is full; Ctrl-C at any line of a pass",
        "and anywhere in training; full disks; and files of programs, models and checkpoints with any damage, read",
        f"under an audit of what is executed. All tests together: {figures['tests']:,}.",
        "",
        "Exhausted memory may end the native process: the C code that mypyc writes does not expect it. What is",
        "promised there too is that files are whole, as before or after, whatever happens to the process.",
        "",
        "The regime has found, and tests now hold:",
        "",
        *[f"- {text}" for text in FOUND],
    ]
