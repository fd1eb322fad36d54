"""Rendering is silent, and leaves alone what other threads write to standard error."""

import pytest
from project import ran

LINES = 200
WRITING = """
import sys, threading
from autograd_lite import Value, draw
from autograd_lite.drawing.rendering import quiet
import os
done = threading.Event()

def log():
    for i in range(200):
        os.write(2, f"line {i} of a log\\n".encode())
        done.wait(0.0005)
    done.set()

thread = threading.Thread(target=log)
thread.start()
while not done.is_set():
    with quiet():
        os.write(2, b"Fontconfig warning: of no interest\\n")
        done.wait(0.001)
thread.join()
"""


def test_other_threads_lose_nothing_while_graphs_are_drawn():
    # Each line once and whole; what was kept comes after what is written as soon as standard error is back.
    lines = ran("-c", WRITING).stderr.splitlines()
    assert sorted(lines) == sorted(f"line {i} of a log" for i in range(LINES))


def test_a_program_without_standard_error_draws():
    pytest.importorskip("pygraphviz")
    code = (
        "import os; os.close(2); import autograd_lite.drawing.rendering as r; print(len(r.render('graph {a}', 'svg')))"
    )
    assert int(ran("-c", code).stdout) > 100
