"""Every optimiser and schedule against PyTorch, number by number over 100 steps: live where it is installed, and
against the stored figures of PyTorch 2.13 everywhere.

`python tests/optim/test_pytorch.py` writes the figures again.
"""

import json
from pathlib import Path

import pytest

from autograd_lite import Value, cos
from autograd_lite.optim import (
    SGD,
    Adagrad,
    Adam,
    AdamW,
    CosineDecay,
    ExponentialDecay,
    RMSprop,
    StepDecay,
    WarmUp,
    clip_grad_norm,
    clip_grad_value,
)

FIGURES = Path(__file__).with_name("pytorch_figures.json")
START, STEPS = (-1.5, 2.0, 0.7), 100

# name: our class, its settings, PyTorch's settings where they differ
VARIANTS = {
    "SGD": (SGD, {"lr": 0.05}),
    "SGD, weight decay": (SGD, {"lr": 0.05, "weight_decay": 0.1}),
    "SGD, momentum": (SGD, {"lr": 0.02, "momentum": 0.9, "weight_decay": 0.01}),
    "SGD, Nesterov": (SGD, {"lr": 0.02, "momentum": 0.8, "nesterov": True}),
    "Adagrad": (Adagrad, {"lr": 0.5}),
    "Adagrad, weight decay": (Adagrad, {"lr": 0.5, "weight_decay": 0.1, "eps": 1e-6}),
    "RMSprop": (RMSprop, {"lr": 0.05}),
    "RMSprop, momentum": (RMSprop, {"lr": 0.01, "alpha": 0.9, "momentum": 0.7, "weight_decay": 0.1, "eps": 1e-6}),
    "Adam": (Adam, {"lr": 0.1}),
    "Adam, weight decay": (Adam, {"lr": 0.1, "betas": (0.8, 0.95), "weight_decay": 0.1, "eps": 1e-6}),
    "AdamW": (AdamW, {"lr": 0.1}),
    "AdamW, weight decay": (AdamW, {"lr": 0.1, "betas": (0.8, 0.95), "weight_decay": 0.3}),
}
SCHEDULES = {
    "StepDecay": (StepDecay(0.1, every=30, factor=0.5), "StepLR", {"step_size": 30, "gamma": 0.5}),
    "ExponentialDecay": (ExponentialDecay(0.1, 0.97), "ExponentialLR", {"gamma": 0.97}),
    "CosineDecay": (CosineDecay(0.1, steps=STEPS, low=0.01), "CosineAnnealingLR", {"T_max": STEPS, "eta_min": 0.01}),
    "WarmUp": (WarmUp(10, 0.1), "LinearLR", {"start_factor": 0.1, "end_factor": 1.0, "total_iters": 9}),
}
CLIPS = {"norm": (clip_grad_norm, "clip_grad_norm_", 0.5), "value": (clip_grad_value, "clip_grad_value_", 0.3)}


def loss(x, y, z, cos):
    """Bent enough that no two optimisers agree, and tame enough that all get somewhere."""
    return (x - 1) ** 2 + 0.5 * (x - y) ** 2 + 0.1 * (z * y) ** 2 + cos(z)


def ours(optimizer, settings, clip=None):
    parameters = [Value(v) for v in START]
    optimizer = optimizer(parameters, **settings)
    seen = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss(*parameters, cos).backward()
        if clip is not None:
            clip[0](parameters, clip[2])
        optimizer.step()
        seen.append([p.data for p in parameters])
    return seen


def theirs(name, settings, schedule=None, clip=None):
    import torch

    parameters = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in START]
    optimizer = getattr(torch.optim, name)(parameters, **settings)
    scheduler = schedule and getattr(torch.optim.lr_scheduler, schedule[1])(optimizer, **schedule[2])
    seen = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss(*parameters, torch.cos).backward()
        if clip is not None:
            getattr(torch.nn.utils, clip[1])(parameters, clip[2])
        optimizer.step()
        if scheduler:
            scheduler.step()
        seen.append([p.item() for p in parameters])
    return seen


def everything(ours_or_theirs):
    """(name, our trajectory or theirs) for each variant, schedule and clip."""
    mine = ours_or_theirs == "ours"
    for name, (kind, settings) in VARIANTS.items():
        yield name, lambda k=kind, s=settings: ours(k, s) if mine else theirs(k.__name__, s)
    for name, row in SCHEDULES.items():
        yield name, lambda r=row: ours(SGD, {"lr": r[0]}) if mine else theirs("SGD", {"lr": 0.1}, schedule=r)
    for name, row in CLIPS.items():
        yield (
            f"clip by {name}",
            lambda r=row: ours(SGD, {"lr": 0.1}, clip=r) if mine else theirs("SGD", {"lr": 0.1}, clip=r),
        )


OURS, THEIRS = dict(everything("ours")), dict(everything("theirs"))


def assert_same(found, expected):
    for step, (a, b) in enumerate(zip(found, expected, strict=True)):
        assert a == pytest.approx(b, rel=1e-11, abs=1e-12), f"step {step}"


@pytest.mark.parametrize("name", OURS)
def test_every_step_is_pytorchs(name):
    pytest.importorskip("torch")
    assert_same(OURS[name](), THEIRS[name]())


@pytest.mark.parametrize("name", OURS)
def test_the_stored_figures_of_pytorch(name):
    stored = json.loads(FIGURES.read_text())[name]
    trajectory = OURS[name]()
    assert_same([trajectory[int(step)] for step in stored], list(stored.values()))


def test_a_wrong_rule_is_noticed():
    class Wrong(Adam):
        def rule(self, p, g, lr, *memory):
            p, m, v = super().rule(p, g, lr, *memory)
            return p + 1e-9, m, v

    stored = json.loads(FIGURES.read_text())["Adam"]
    trajectory = ours(Wrong, {"lr": 0.1})
    with pytest.raises(AssertionError):
        assert_same([trajectory[int(step)] for step in stored], list(stored.values()))


if __name__ == "__main__":
    kept = (0, 1, 2, 9, 29, 30, 59, 99)
    FIGURES.write_text(
        json.dumps({name: {k: seen[k] for k in kept} for name, seen in ((n, f()) for n, f in THEIRS.items())}, indent=1)
        + "\n"
    )
