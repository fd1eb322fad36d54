"""Copies and pickles of graphs: everything is kept, sharing included, however deep."""

import copy
import pickle
import pickletools

import pytest
from hypothesis import given, settings

import autograd_lite as ag
from autograd_lite import Value, gradients
from autograd_lite.support.build import is_native
from autograd_lite.testing.random_graphs import expressions

DEPTH = 200_000 if is_native() else 50_000

COPIES = {"deepcopy": copy.deepcopy, "pickle": lambda x: pickle.loads(pickle.dumps(x))}


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
@settings(max_examples=40)
@given(expressions())
def test_a_copy_differentiates_like_the_original(copied, f):
    inputs = [Value(x, label=f"x{i}") for i, x in enumerate(f.point)]
    out = f(*inputs)
    twins, twin = copied((inputs, out))
    assert repr([twin, *twins]) == repr([out, *inputs])
    assert repr(gradients(twin, twins)) == repr(gradients(out, inputs))
    assert not {id(x) for x in inputs} & {id(x) for x in twins}


@pytest.mark.thorough
@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_copies_of_deep_graphs(copied):
    x = Value(1.0, label="x")
    y = x
    for _ in range(DEPTH):
        y = y + 1.0
    z = copied(y)
    z.backward()
    node = z
    for _ in range(DEPTH):
        node = node.parents[0]
    assert (node.label, node.grad, node.op) == ("x", 1.0, "")
    assert (z.data, x.grad) == (DEPTH + 1.0, 0.0)


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_what_is_shared_stays_shared(copied):
    x = Value(2.0, label="x")
    y = x * x
    twin = copied({"w": x, "loss": y, "again": (y,)})
    assert twin["loss"] is twin["again"][0]
    assert twin["loss"].parents == (twin["w"], twin["w"])
    assert twin["w"] is not x
    twin["loss"].backward()
    assert (twin["w"].grad, twin["w"].label, x.grad) == (4.0, "x", 0.0)


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_copies_keep_data_gradients_operations_and_partials(copied):
    x = Value(0.5, label="x")
    y = ag.clip(ag.dot([x, 2.0], [x, x]), 0.0, 9.0)
    y.backward()
    x.data = 0.25
    z = copied(y)
    assert (z.data, z.grad, z.op, z.partials) == (y.data, y.grad, y.op, y.partials)
    assert [p.op for p in z.parents] == [p.op for p in y.parents]
    leaf = z.parents[0].parents[0]
    assert (leaf.data, leaf.grad) == (0.25, x.grad)


@pytest.mark.parametrize("x", [2.0, 0.0])
def test_a_shallow_copy_shares_its_operands(x):
    x = Value(x)
    for y in (x * x, -x, ag.sum([x, x, x]), x.clip(0.0, 1.0)):
        twin = copy.copy(y)
        assert twin is not y
        assert list(map(id, twin.parents)) == list(map(id, y.parents))
        assert twin.partials == y.partials


def test_detached_values_stay_detached():
    d = Value(2.0).detach()
    for twin in (copy.deepcopy(d), pickle.loads(pickle.dumps(d)), copy.copy(d)):
        assert twin.op == "detached"
        with pytest.raises(RuntimeError, match="detach"):
            twin.backward()


@pytest.mark.parametrize("copied", [*COPIES.values(), copy.copy], ids=[*COPIES, "copy"])
def test_a_graph_whose_data_was_assigned_stays_one(copied):
    x = Value(0.5)
    y = x * x
    x.data = -0.5
    twin = copied(y)
    leaf = twin.parents[0]
    assert (leaf.data, gradients(twin, [leaf])) == (-0.5, [1.0])  # what was recorded is what is differentiated
    with pytest.raises(RuntimeError, match="assigned"):
        gradients(twin, [leaf], create_graph=True)
    again = leaf * leaf
    assert gradients(again, [leaf], create_graph=True)[0].data == -1.0


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_what_was_assigned_inside_of_a_graph_stays_so(copied):
    x = Value(0.5)
    y = x * x
    y.data = 7.0
    twin = copied(y * 2.0)
    with pytest.raises(RuntimeError, match="assigned"):
        gradients(twin, [twin.parents[0].parents[0]], create_graph=True)


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_a_graph_recorded_after_the_assignment_differentiates_again(copied):
    x = Value(0.5)
    x.data = -0.5
    twin = copied(x * x)
    assert gradients(twin, [twin.parents[0]], create_graph=True)[0].data == -1.0


def test_what_is_no_operation_is_the_same_after_a_pickle():
    x = Value(2.0)
    for v in (x, x.detach(), (x * 2.0).parents[1]):
        assert pickle.loads(pickle.dumps(v)).row is v.row


def test_pickles_name_nothing_but_public_names():
    x = Value(2.0, label="x")
    for thing in (x, ag.tanh(x) * x + ag.sum([x, x.detach(), 1.0]), ag.tanh, ag.max):
        names = [arg for code, arg, _ in pickletools.genops(pickle.dumps(thing, 0)) if code.name == "GLOBAL"]
        assert {name.split()[0] for name in names} <= {"autograd_lite"}
        assert all(hasattr(ag, name.split()[1]) for name in names)
