"""Attacks: what `python tests/stress.py` does to the library, in rounds that a seed repeats.

An attack is a function in a module of tests/attacks.  It takes a `random.Random`, does one round of harm, raises where
the library did not survive it, and returns how much it tried: calls, interrupts, files.  A round takes a second or
less; what it starts (threads, processes, timers) it ends.

    @attack("interrupts", "a Ctrl-C at any time of a pass")
    def interrupted_passes(draw): ...
        return tried
"""

import importlib.util
import random
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).resolve().parent / "attacks"


class Attack(NamedTuple):
    """An attack: its name on the command line, what it tries, in words, and one round of it."""

    name: str
    words: str
    run: Callable[[random.Random], int]


ATTACKS: dict[str, Attack] = {}


def attack(name, words):
    """Enter a function as an attack."""

    def enter(run):
        if name in ATTACKS:
            raise ValueError(f"there is an attack {name} already; choose another name")
        ATTACKS[name] = Attack(name, words, run)
        return run

    return enter


def find_attacks():
    """All attacks, from every module of the folder."""
    if not ATTACKS:
        for path in sorted(FOLDER.glob("*.py")):
            spec = importlib.util.spec_from_file_location(f"attacks_{path.stem}", path)
            spec.loader.exec_module(importlib.util.module_from_spec(spec))
    return ATTACKS


def one_round(name, seed, number):
    """Run one round of an attack; how much it tried."""
    return find_attacks()[name].run(random.Random(f"{name} {seed} {number}"))
