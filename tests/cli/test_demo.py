"""The demonstration: its files, its words, and its errors before any training."""

import json
import os

import pytest

from autograd_lite import nn
from autograd_lite.cli import demo

pytest.importorskip("sklearn")
pytest.importorskip("matplotlib")


@pytest.fixture
def short(tmp_path, monkeypatch):
    """The demo in an empty folder, with two epochs on a tenth of the images."""
    everything = demo.digits()
    monkeypatch.setattr(demo, "digits", lambda: tuple(part[::10] for part in everything))
    monkeypatch.setattr(demo, "EPOCHS", 2)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "autograd_lite_demo"


def test_the_digits_are_real_and_split():
    X, held_X, y, held_y = demo.digits()
    assert (len(X), len(held_X), len(y), len(held_y)) == (1437, 360, 1437, 360)
    assert all(len(image) == 64 and min(image) >= 0.0 and max(image) <= 1.0 for image in X)
    assert set(y) == set(held_y) == set(range(10))
    assert demo.digits() == (X, held_X, y, held_y)


@pytest.mark.thorough
def test_it_writes_everything_and_runs_twice(short, capsys):
    for _ in range(2):
        assert demo.main() == 0
        printed = capsys.readouterr()
        for words in ("held-out accuracy", "training time", "nodes per second", "MLP(64 -> 30 -> 10): 2260"):
            assert words in printed.out
        assert "loss=" in printed.err
        assert "accuracy=" in printed.err
    for name in ("loss.png", "digits.png"):
        assert (short / name).read_bytes().startswith(b"\x89PNG")
    model = nn.load(nn.MLP(64, [30, 10], activation="tanh"), short / "model.json")
    assert json.loads((short / "model.json").read_text())["state"] == model.state_dict()


@pytest.mark.thorough
def test_it_draws_a_neuron(short):
    demo.main()
    svg = (short / "neuron.svg").read_text(encoding="utf-8")
    assert "<svg" in svg
    assert "tanh" in svg
    assert (short / "neuron.png").read_bytes().startswith(b"\x89PNG")


def test_a_folder_that_cannot_be_written_is_found_before_training(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(demo, "train_and_report", lambda: pytest.fail("it trained"))
    (tmp_path / "autograd_lite_demo").write_text("a file, not a folder")
    assert demo.main() == 1
    assert f"cannot write into {tmp_path}" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_of_someone_else(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(demo, "train_and_report", lambda: pytest.fail("it trained"))
    (tmp_path / "autograd_lite_demo").mkdir(mode=0o500)
    assert demo.main() == 1
    assert "cannot write into" in capsys.readouterr().err


def test_missing_libraries_are_named(monkeypatch, capsys):
    monkeypatch.setattr(demo, "NEEDED", {"no_such_module": "no-such-library"})
    assert demo.main() == 1
    assert 'needs no-such-library; run: pip install ".[demo]"' in capsys.readouterr().err
