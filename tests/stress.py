"""Stress: attacks on the library for as long as one likes; each in a process of its own, every round from a seed.

    python tests/stress.py                            two minutes of all attacks
    python tests/stress.py --minutes 60 --seed 7      an hour, with other rounds
    python tests/stress.py interrupts forks           the attacks that are named
    python tests/stress.py forks --seed 7 --round 12  one round again, in this process
    python tests/stress.py --record                   keep the figures, for the page of the regime

Prints what was tried and survived; ends with 1 where something was not, and with the command that repeats it.
"""

import argparse
import faulthandler
import json
import subprocess
import sys
import time
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from attacking import find_attacks, one_round  # noqa: E402
from project import python  # noqa: E402
from recording import record  # noqa: E402

PATIENCE = 120
"""Seconds after which an attack that should have ended hangs."""


def rounds(name, seed, seconds):
    """In the process of an attack: rounds until the time is over, each told on standard output."""
    faulthandler.enable()
    faulthandler.dump_traceback_later(seconds + PATIENCE - 10, exit=True)
    end, number, tried = time.monotonic() + seconds, 0, 0
    while number == 0 or time.monotonic() < end:
        print(json.dumps({"rounds": number, "tried": tried}), flush=True)
        tried += one_round(name, seed, number)
        number += 1
    print(json.dumps({"rounds": number, "tried": tried}), flush=True)


def apart(name, seed, seconds):
    """Run an attack in a process of its own: its rounds, how much it tried, and what went wrong, or ""."""
    command = python(str(ROOT / "tests" / "stress.py"), name, "--seed", str(seed), "--seconds", str(seconds))
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False, timeout=seconds + PATIENCE
        )
        out, code, errors = done.stdout, done.returncode, done.stderr
    except subprocess.TimeoutExpired as late:
        out, code, errors = (late.stdout or b"").decode(errors="replace"), None, "it hangs"
    told = [json.loads(line) for line in out.splitlines() if line.startswith('{"rounds"')]
    found = told[-1] if told else {"rounds": 0, "tried": 0}
    return {**found, "fault": "" if code == 0 else f"it ended with {code}: {errors[-3000:].strip()}"}


def stress(names, seed, seconds):
    """The figures of all attacks that are named, told as they come in."""
    figures = {}
    for name in names:
        found = figures[name] = apart(name, seed, seconds / len(names))
        outcome = "survived" if not found["fault"] else "NOT SURVIVED"
        print(f"{name:<24}{found['rounds']:>8,} rounds{found['tried']:>12,} tried   {outcome}", flush=True)
        if found["fault"]:
            print(found["fault"])
            print(f"again: python tests/stress.py {name} --seed {seed} --round {found['rounds']}", flush=True)
    return figures


def section(figures):
    """The lines of the page."""
    lines = ["| attack | what it tries | rounds | tried | survived |", "| --- | --- | ---: | ---: | --- |"]
    for name, found in figures["attacks"].items():
        outcome = "no" if found["fault"] else "all"
        lines.append(f"| {name} | {found['words']} | {found['rounds']:,} | {found['tried']:,} | {outcome} |")
    together = sum(found["tried"] for found in figures["attacks"].values())
    return [f"{together:,} attempts from seed {figures['seed']}, in {figures['minutes']:g} minutes.", "", *lines]


def main(arguments):
    parser = argparse.ArgumentParser(description="Attack the library, and tell what it survived.")
    parser.add_argument("names", nargs="*", metavar="ATTACK", help=f"one of {', '.join(find_attacks())}; else all")
    parser.add_argument("--minutes", type=float, default=2.0, help="how long, all attacks together")
    parser.add_argument("--seed", type=int, default=0, help="other seeds, other rounds")
    parser.add_argument("--round", type=int, help="this round alone, in this process")
    parser.add_argument("--seconds", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--record", action="store_true", help="keep the figures, for the page of the regime")
    asked = parser.parse_args(arguments)
    names = asked.names or list(find_attacks())
    if unknown := {*names} - find_attacks().keys():
        parser.error(f"there is no attack {', '.join(sorted(unknown))}")
    if asked.seconds is not None:
        return rounds(names[0], asked.seed, asked.seconds)
    if asked.round is not None:
        try:
            print(f"{one_round(names[0], asked.seed, asked.round):,} tried, survived")
            return 0
        except Exception:
            traceback.print_exc()
            return 1
    found = stress(names, asked.seed, 60.0 * asked.minutes)
    if asked.record:
        words = {name: {**figures, "words": find_attacks()[name].words} for name, figures in found.items()}
        record("stress", {"seed": asked.seed, "minutes": asked.minutes, "attacks": words})
    return int(any(figures["fault"] for figures in found.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
