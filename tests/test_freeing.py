"""Freeing: graphs of any depth go without recursion, overwrite nothing, and leave nothing behind.

The native build frees acyclic classes, which the collector does not track.  What goes wrong there goes wrong
in the memory of others, so the tests here free graphs between live objects and look at these afterwards; each
runs in a process of its own, because its failure is a crash.
"""

import subprocess

import pytest
from project import ROOT, python

PREAMBLE = """
import gc, sys
import autograd_lite as ag
from autograd_lite import Value
gc.disable()

def bystander(i):
    return (i, float(i), [i], {i: i})

def whole(live):
    return all(x == bystander(i) for i, x in enumerate(live))
"""


def run(code):
    done = subprocess.run(
        python("-X", "faulthandler", "-c", PREAMBLE + code), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize("container", ["(x,)", "[x]", "{0: x}", "Holder(x)"])
def test_values_that_die_deep_inside_containers_overwrite_nothing(container):
    # CPython's trashcan defers what dies inside 50 levels, by writing to a header that Values don't have.
    out = run(f"""
class Holder:
    def __init__(self, x):
        self.x = x

# 50 levels up to Python 3.12, what is left of a C stack of 10,000 levels in 3.13
for depth in [*range(1, 120), 200, 250, 5000, *range(9930, 10010)]:
    live, nests = [], []
    for i in range(40 if depth < 300 else 2):
        live.append(bystander(i))
        nests.append((Value(1.0), Value(2.0) * Value(3.0), Value(5.0, label="five"), ag.sum([Value(1.0), 2.0])))
    for i in range(len(nests)):
        for _ in range(depth):
            x = nests[i]
            nests[i] = {container}
        x = None
    nests = None
    assert whole(live), depth
print("whole")
""")
    assert out == "whole\n"
