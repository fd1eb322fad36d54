"""Attacks by files: documents of programs and models that are damaged, and writers that are killed."""

import json
import math
import os
import signal
import stat
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import programs
from attacking import attack
from dags import Chooser

from autograd_lite import Value, nn
from autograd_lite.core.primitives import PRIMITIVES
from autograd_lite.program.program import Program
from autograd_lite.program.serialisation import from_document, to_document
from autograd_lite.support import files

BACKENDS = ["python", "numpy", *(["llvm"] if find_spec("llvmlite") else [])]
NUMBERS = [0.0, -0.0, 1.0, -1.0, 0.5, -3.0, 1e-310, 1e300, math.inf, -math.inf, math.nan]


def refusal(load):
    """Why a file was refused, in a message that is not as long as the file; "" where it was loaded."""
    why = ""
    try:
        load()
    except ValueError as error:
        why = str(error)
    assert len(why) < 1000, why
    return why


@attack("programs", "files of programs with any change: what loads runs alike in every back end")
def damaged_programs(draw):
    choose, tried = Chooser(draw.getrandbits(32)), 0
    exact = {*programs.EXACT, "constant", "batch_sum", "batch_size"}
    for _ in range(8):
        made = programs.program(choose, programs.EXACT if draw.random() < 0.8 else [*PRIMITIVES], 6)
        changed = programs.damaged(to_document(made.arguments, made.instructions, made.results), choose)
        tried += 1
        if refusal(lambda document=changed: from_document(document, "it")):
            continue
        program = Program(*from_document(changed, "it"))
        if program.size > 100:
            continue
        samples = draw.randint(0, 4)
        arguments = [
            [[draw.choice(NUMBERS) for _ in range(a.size)] for _ in range(samples)]
            if a.batched
            else [draw.choice(NUMBERS) for _ in range(a.size)]
            for a in program.arguments
        ]
        if {row.name for row, _, _ in program.instructions} <= exact:
            programs.run_everywhere(program, arguments, BACKENDS)
        else:  # whose bits depend on the library
            for backend in BACKENDS:
                program(*arguments, backend=backend)
        assert str(Program.from_json(program.to_json())) == str(program)
    return tried


def weird(draw):
    return draw.choice([None, True, "nan", "1", [], {}, 10**400, -1, 1.5, "x" * 10_000, float("nan")])


@attack(
    "models", "files of models with any change: a ValueError, and the model as it was, or a model that has its numbers"
)
def damaged_models(draw):
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.BatchNorm(3), nn.Linear(3, 1, rng=1))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.json"
        for _ in range(20):
            nn.save(model, path)
            document = json.loads(path.read_text())
            *outer, key = draw.choice(list(programs.places(document)))
            part = document
            for step in outer:
                part = part[step]
            if draw.random() < 0.3:
                del part[key]
            else:
                part[key] = weird(draw)
            path.write_text(json.dumps(document))
            before = repr(model.state_dict())
            if refusal(lambda: nn.load(model, path)):
                assert repr(model.state_dict()) == before
        nn.save(model, path)
        assert repr(nn.load(model, path).state_dict()) == repr(model.state_dict())
    return 20


KILLED = """
import os, signal, sys
from autograd_lite.support.files import write_atomically
count = int(sys.argv[2])
def counting(name):
    known = getattr(os, name)
    def call(*arguments, **options):
        global count
        count -= 1
        if count < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return known(*arguments, **options)
    setattr(os, name, call)
for name in ("stat", "lstat", "access", "fsync", "fchown", "fchmod", "replace", "listdir", "unlink"):
    counting(name)
write_atomically(sys.argv[1], b"new" * 10_000)
"""


@attack(
    "writers", "writers that are killed at any step: the file is the old or the new one, with its mode and its link"
)
def killed_writers(draw):
    tried = 0
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(4):
            target, link = Path(folder) / "target", Path(folder) / ("n" * draw.choice([1, 100, 250]))
            target.write_bytes(b"old" * 10_000)
            target.chmod(0o600)
            if not link.is_symlink():
                link.symlink_to(target)
            done = subprocess.run([sys.executable, "-c", KILLED, str(link), str(draw.randint(0, 12))], check=False)
            assert done.returncode in (0, -signal.SIGKILL), done
            assert target.read_bytes() in (b"old" * 10_000, b"new" * 10_000)
            assert link.is_symlink()
            assert stat.S_IMODE(target.stat().st_mode) == 0o600
            for left in Path(folder).glob(".*.part"):
                assert stat.S_IMODE(left.stat().st_mode) == 0o600
                os.utime(left, (0.0, 0.0))
            files.write_atomically(link, b"last")
            assert not [*Path(folder).glob(".*.part")]
            tried += 1
    return tried


class Nest(nn.Module):
    def __init__(self, content):
        self.content = content


def nested(draw, depth=0):
    if depth == 3 or draw.random() < 0.3:
        return Value(draw.random())
    keys = ["a", "b", "a.b", "", ".", "1", 1, 0, "0", None, "[0]", "['a']", "\n", "\x00", (0, "a"), "é"]
    kind = draw.randrange(3)
    if kind == 0:
        return {key: nested(draw, depth + 1) for key in draw.sample(keys, draw.randint(0, 5))}
    if kind == 1:
        return [nested(draw, depth + 1) for _ in range(draw.randint(0, 3))]
    return Nest(nested(draw, depth + 1))


@attack("names", "keys with dots, brackets, numbers and nothing in them: no parameter is lost")
def colliding_names(draw):
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(20):
            model = Nest(nested(draw))
            state = model.state_dict()
            assert len(state) == len(model.parameters())
            path = Path(folder) / "m.json"
            nn.save(model, path)
            for p in model.parameters():
                p.data = -1.0
            assert nn.load(model, path).state_dict() == state
    return 20
