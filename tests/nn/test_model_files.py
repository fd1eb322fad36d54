"""Model files: exact, whole, and refused where they don't fit, with the model as it was."""

import json
import math
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite.nn import (
    MLP,
    Neuron,
    evaluate,
    fit,
    load,
    load_torch_state_dict,
    predict,
    save,
    to_torch_state_dict,
)


@pytest.fixture
def model():
    return MLP(2, [3, 1], activation="tanh", rng=0)


@given(st.lists(st.floats(allow_nan=False), min_size=3, max_size=3))
def test_floats_go_round_exactly(tmp_path_factory, numbers):
    path = tmp_path_factory.getbasetemp() / "exact.json"
    neuron, other = Neuron(2), Neuron(2)
    for p, x in zip(neuron.parameters(), numbers, strict=True):
        p.data = x
    save(neuron, path)
    load(other, path)
    before, after = neuron.state_dict(), other.state_dict()
    assert [math.copysign(1.0, x) for x in after.values()] == [math.copysign(1.0, x) for x in before.values()]
    assert after == before


def test_nan_goes_round_in_a_file_that_every_reader_takes(tmp_path):
    neuron = Neuron(1)
    neuron.b.data = math.nan
    save(neuron, tmp_path / "m.json")
    assert math.isnan(load(Neuron(1), tmp_path / "m.json").b.data)

    def refuse(text):
        raise AssertionError(f"{text} is no JSON")

    json.loads((tmp_path / "m.json").read_text(), parse_constant=refuse)


@pytest.mark.parametrize(
    ("other", "difference"),
    [
        (MLP(2, [4, 1], activation="tanh"), r"'MLP\(2 -> 3 -> 1\)', here 'MLP\(2 -> 4 -> 1\)'"),
        (MLP(2, [3, 1], activation="relu"), r"'layers.0: Layer\(2 -> 3, tanh\)', here 'layers.0: .* relu\)'"),
        (Neuron(2), r"'MLP\(2 -> 3 -> 1\)', here 'Neuron\(2, relu\)'"),
    ],
)
def test_another_structure_is_refused_with_the_first_difference(tmp_path, model, other, difference):
    save(model, tmp_path / "m.json")
    before = other.state_dict()
    with pytest.raises(ValueError, match=difference):
        load(other, tmp_path / "m.json")
    assert other.state_dict() == before


def edited(change):
    def apply(text):
        document = json.loads(text)
        change(document)
        return json.dumps(document)

    return apply


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda text: text[: len(text) // 2], "is no JSON file or is cut short"),
        (lambda text: "", "is no JSON file or is cut short"),
        (lambda text: "\x80\x81", "is no JSON file or is cut short"),
        (lambda text: "[" * 100_000, "is no JSON file or is cut short"),
        (lambda text: "[1, 2]", "not 'autograd_lite.model'"),
        (lambda text: '{"format": "something else"}', "holds 'something else'"),
        (edited(lambda d: d.update(version=2)), "update autograd_lite"),
        (edited(lambda d: d.update(version="1")), "of version '1'"),
        (edited(lambda d: d.pop("state")), "lacks the structure or the state"),
        (edited(lambda d: d["state"].popitem()), "the state has no 'layers.1.neurons.0.b'"),
        (edited(lambda d: d["state"].update(x=1.0)), "the state has 'x'"),
        (edited(lambda d: d["state"].update({"layers.0.neurons.0.b": None})), "neurons.0.b is None, which is no"),
        (edited(lambda d: d["state"].update({"layers.0.neurons.0.b": True})), "neurons.0.b is True, which is no"),
        (edited(lambda d: d["state"].update({"layers.0.neurons.0.b": []})), r"is \[\], which is no number"),
        (edited(lambda d: d["state"].update({"layers.0.neurons.0.b": 10**400})), "b is beyond the range of floats"),
        (edited(lambda d: d["state"].update({"layers.0.neurons.0.b": -(10**400)})), "b is beyond the range of floats"),
        (edited(lambda d: d["state"].update({"layers.0.neurons.0.b": math.inf})), "b is beyond the range of floats"),
        (lambda text: text.replace('.b": 0.0', '.b": 1e999'), "b is beyond the range of floats"),
    ],
)
def test_a_damaged_file_leaves_the_model_as_it_was(tmp_path, model, damage, words):
    path = tmp_path / "m.json"
    save(model, path)
    path.write_bytes(damage(path.read_text()).encode("latin-1"))
    other = MLP(2, [3, 1], activation="tanh", rng=1)
    before = other.state_dict()
    with pytest.raises(ValueError, match=words):
        load(other, path)
    assert other.state_dict() == before


def test_a_failed_save_leaves_the_old_file(tmp_path, model, monkeypatch):
    path = tmp_path / "m.json"
    save(model, path)
    before = path.read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save(MLP(2, [3, 1], rng=5), path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["m.json"]


def test_missing_folders_and_files_are_named(tmp_path, model):
    with pytest.raises(OSError, match="nowhere"):
        save(model, tmp_path / "nowhere" / "m.json")
    with pytest.raises(OSError, match="nowhere"):
        load(model, tmp_path / "nowhere.json")


@pytest.mark.parametrize("wrong", [5, None, "m.json", MLP, [1.0]])
def test_what_is_no_module_is_refused_in_three_beats(tmp_path, wrong):
    for use, words in (
        (lambda: save(wrong, tmp_path / "m.json"), "save"), (lambda: load(wrong, tmp_path / "m.json"), "load"),
        (lambda: predict(wrong, [[1.0, 2.0]]), "predict"), (lambda: evaluate(wrong, [[1.0]], [1.0]), "evaluate"),
        (lambda: fit(wrong, [[1.0]], [1.0], progress=False), "fit"),
        (lambda: to_torch_state_dict(wrong), "a state of PyTorch"),
        (lambda: load_torch_state_dict(wrong, {}), "a state of PyTorch"),
    ):  # fmt: skip
        with pytest.raises(TypeError, match=f"^{words} takes a Module, but got .*; pass (a model|an instance)"):
            use()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("wrong", "error"), [(10**400, ValueError), (-(10**400), ValueError), ("1.0", TypeError), (None, TypeError)]
)
def test_a_state_with_a_number_that_does_not_fit_changes_nothing(model, wrong, error):
    before = model.state_dict()
    changed = {**dict.fromkeys(before, 7.0), list(before)[-1]: wrong}
    with pytest.raises(error, match=f"for {list(before)[-1]!r}"):
        model.load_state_dict(changed)
    assert model.state_dict() == before
    for use in (model.load_state_dict, lambda state: load_torch_state_dict(model, state)):
        with pytest.raises(TypeError, match=r"^a state is a dict of .*; pass a state_dict\(\)"):
            use(5)
