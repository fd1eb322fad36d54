"""Pytrees taken apart and put together again."""

import copy
import enum
import pickle
import time
from collections import OrderedDict, namedtuple
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import Value, compile, grad, hessian, jacobian, nn, value_and_grad, vmap
from autograd_lite.trees.pytree import flatten, leaves_like, tree_map
from autograd_lite.trees.registry import ARRAY
from autograd_lite.trees.treedef import LEAF, TreeNode

Pair = namedtuple("Pair", "first second")


@dataclass(frozen=True)
class Point:
    """A container whose `__post_init__` takes numbers only."""

    x: object
    y: object = field(default=0.0, kw_only=True)
    name: str = "origin"

    def __post_init__(self):
        float(self.x)


numbers = st.one_of(st.floats(allow_nan=False), st.integers(-9, 9), st.booleans(), st.floats().map(Value))
trees = st.recursive(
    st.one_of(numbers, st.none(), st.text(max_size=2)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.builds(Pair, inner, inner),
        st.dictionaries(st.text(max_size=3), inner, max_size=3),
    ),
)


@given(trees)
def test_a_pytree_taken_apart_is_put_together_again(x):
    leaves, treedef = flatten(x)
    again = treedef.unflatten(leaves)
    assert repr(again) == repr(x)
    assert type(again) is type(x)
    assert len(leaves) == treedef.num_leaves
    assert all(a is b for a, b in zip(leaves_like(x, treedef, "tree"), leaves, strict=True))
    assert hash(treedef) == hash(flatten(x)[1])
    assert flatten(again)[1] == treedef
    assert len(treedef.leaf_names("x")) == len(leaves)
    for name, leaf in zip(treedef.leaf_names("x"), leaves, strict=True):
        assert eval(name, {"x": x}) is leaf


@given(trees, trees)
def test_leaves_go_along_exactly_where_the_structure_is_the_same(x, y):
    leaves, treedef = flatten(x)
    other, other_treedef = flatten(y)
    if treedef == other_treedef:
        assert leaves_like(y, treedef, "direction") == other
        return
    try:
        found = leaves_like(y, treedef, "direction")
    except ValueError:
        return
    # a list and a tuple may come for each other, and a dict's entries in another order
    assert len(found) == len(leaves)
    assert {id(a) for a in found} == {id(a) for a in other}


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (2, 1, 2)])
@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int64, np.bool_, object])
def test_arrays(shape, kind):
    a = np.ones(shape, dtype=kind)
    leaves, found = flatten(a)
    assert (found.nodes, len(leaves)) == ((TreeNode(ARRAY, shape, 0, a.size),), a.size)
    again = found.unflatten(leaves)
    assert again.dtype == np.float64
    assert np.array_equal(again, a)
    assert leaves_like(a.tolist(), found, "direction") == leaves


def test_arrays_of_values_stay_arrays_of_objects():
    a = np.array([[Value(1.0)], [Value(2.0)]])
    leaves, treedef = flatten(a)
    again = treedef.unflatten(leaves)
    assert (again.dtype, again.shape) == (object, (2, 1))
    assert again[1, 0] is a[1, 0]


def test_a_module_is_a_pytree_of_its_parameters():
    model = nn.Linear(2, 1, rng=0)
    leaves, treedef = flatten(model)
    assert leaves == [p for _, p in model.named_parameters()]
    slope = treedef.unflatten([1.0, 2.0, 3.0])
    assert slope == dict(zip((name for name, _ in model.named_parameters()), (1.0, 2.0, 3.0), strict=True))
    assert leaves_like(slope, treedef, "direction") == [1.0, 2.0, 3.0]
    moved = treedef.unflatten([Value(1.0), Value(2.0), Value(3.0)], copies=True)
    assert [p.data for p in moved.parameters()] == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("bad", [1j, object(), {1.0, 2.0}, np.array(["a"]), np.array([1j]), b"bytes", Point])
@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: [1.0, (x,)], lambda x: {"a": x}])
def test_what_is_no_number_is_refused(bad, wrap):
    with pytest.raises(TypeError, match=r"the argument (holds|is an array)"):
        flatten(wrap(bad))


def test_an_error_names_the_path():
    with pytest.raises(TypeError, match=r"holds 1j of type complex at \['a'\]\[1\]\[0\]\.x; expected numbers, Values"):
        flatten({"b": 1.0, "a": [[1.0, 2.0], (copy_of_point(1j), 3.0)]})


def copy_of_point(x):
    """A Point that was not checked."""
    point = copy.copy(Point(0.0))
    object.__setattr__(point, "x", x)
    return point


def test_structure_in_words():
    examples = [
        (2.0, "one number"), ([1.0, 2.0], "a list of 2"), (Pair(1.0, [2.0]), "a tuple of 2"),
        ({"a": 1.0}, r"a dict with the keys \['a'\]"), (np.ones((2, 3)), r"an array of shape \(2, 3\)"),
        (Point(1.0), "a Point"), ([(1.0,)], "a list of 1"),
    ]  # fmt: skip
    for x, words in examples:
        with pytest.raises(
            ValueError, match=f"the direction is 1j of type complex, but {words} belongs there; give it"
        ):
            leaves_like(1j, flatten(x)[1], "direction")
    with pytest.raises(ValueError, match=r"direction\[1\] is 5.0 of type float, but a list of 2 belongs there"):
        leaves_like([1.0, 5.0], flatten([1.0, [2.0, 3.0]])[1], "direction")
    with pytest.raises(ValueError, match=r"direction\['a'\]\[1\]\[0\] is \[\]|is a list of 0, but one number belongs"):
        leaves_like({"a": [[1.0], [[]]]}, flatten({"a": [[1.0], [2.0]]})[1], "direction")


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (1.0, "*"),
        ({"w": [1.0, 2.0], "b": (3.0, None)}, "{'w': [*, *], 'b': (*, None)}"),
        ([(1.0,), "text", {}], "[(*,), 'text', {}]"),
        ([[1.0, 2.0], [3.0, 4.0]], "[[*, *], [*, *]]"),
        ({"a": np.ones((2, 1)), "p": Point(1.0, y=[2.0])}, "{'a': array(2, 1), 'p': Point(x=*, y=[*], name='origin')}"),
        ({"a": 1.0, "b": 2.0}, "{'a': *, 'b': *}"),
        ([], "[]"),
    ],
)
def test_a_treedef_is_written_like_its_pytree(x, text):
    assert repr(flatten(x)[1]) == f"PyTreeDef({text})"


def test_a_treedef_does_not_change():
    treedef = flatten([1.0])[1]
    with pytest.raises(AttributeError, match="a treedef does not change"):
        treedef.nodes = ()
    assert treedef != flatten((1.0,))[1]
    assert treedef != [1.0]
    assert flatten(np.float64(1.0))[1] == LEAF == flatten(True)[1]
    with pytest.raises(ValueError, match=r"PyTreeDef\(\[\*\]\) takes 1 leaves, but got 2; pass one for each"):
        treedef.unflatten([1.0, 2.0])


@pytest.mark.parametrize(
    "x", [[1.0, (2.0, {"a": None})], {"p": Point(1.0)}, Pair(1.0, "text"), OrderedDict(a=1.0)], ids=repr
)
def test_a_treedef_pickles(x):
    treedef = flatten(x)[1]
    assert pickle.loads(pickle.dumps(treedef)) == treedef == copy.deepcopy(treedef)


# -- depth


DEEP = 100_000


@pytest.mark.thorough
def test_depth_costs_linear_time_and_no_recursion():
    x = 1.0
    for i in range(DEEP):
        x = [x] if i % 3 else (x, None) if i % 2 else {"a": x}
    leaves, treedef = flatten(x)
    assert (leaves, treedef.num_leaves) == ([1.0], 1)
    assert leaves_like(treedef.unflatten([5.0]), treedef, "direction") == [5.0]
    assert treedef == flatten(treedef.unflatten([2.0]))[1]
    assert repr(treedef) == f"PyTreeDef(1 leaves in {len(treedef.nodes)} nodes)"
    assert grad(lambda x: 3.0 * flatten(x)[0][0])(x) is not None


@pytest.mark.parametrize("hold", [lambda x: x, lambda x: {"a": x}, lambda x: [1.0, [x]]])
def test_a_pytree_that_holds_itself_is_refused(hold):
    x = [1.0]
    x.append(hold(x))
    with pytest.raises(ValueError, match=r"the argument holds a list that holds itself at \[1\].*; pass one that ends"):
        flatten(x)
    y = {}
    y["y"] = y
    for f in (grad(lambda x: 1.0), compile(lambda x: 1.0, backend="python"), jacobian(lambda x: 1.0)):
        with pytest.raises(ValueError, match=r"a dict that holds itself at \['y'\]"):
            f(y)


def test_the_same_container_in_two_places_is_no_circle():
    x = [Value(1.0)]
    assert len(flatten([x, (x, x), {"a": x, "b": None}])[0]) == 4


# -- structure that holds no numbers, and other containers


@pytest.mark.parametrize("transform", [lambda f: f, lambda f: compile(f, backend="python")])
def test_none_and_strings_are_structure(transform):
    slope = transform(grad(lambda p: p["w"][0] * p["w"][1] if p["mode"] == "mul" else p["w"][0]))
    assert slope({"w": [2.0, 5.0], "mode": "mul", "b": None}) == {"w": [5.0, 2.0], "mode": "mul", "b": None}
    assert slope({"w": [2.0, 5.0], "mode": "add", "b": None}) == {"w": [1.0, 0.0], "mode": "add", "b": None}


@pytest.mark.parametrize("transform", [lambda f: f, lambda f: compile(f, backend="python")])
def test_a_dataclass_is_a_container(transform):
    value, slope = transform(value_and_grad(lambda p: p.x * p.y))(Point(3.0, y=4.0))
    assert (value, slope) == (12.0, Point(4.0, y=3.0))
    bowl = transform(hessian(lambda p: p.x * p.x * p.y))(Point(3.0, y=4.0))
    assert bowl.x == Point(8.0, y=6.0)
    each = transform(vmap(lambda p: p.x + p.y, in_axes=(0,)))
    assert each(copy_of_lists()).tolist() == [11.0, 22.0]


def copy_of_lists():
    point = copy_of_point(np.array([1.0, 2.0]))
    object.__setattr__(point, "y", np.array([10.0, 20.0]))
    return point


def test_a_class_of_attrs_is_a_container():
    attrs = pytest.importorskip("attrs")
    Line = attrs.make_class("Line", ["slope", "shift"], frozen=True, slots=True)
    assert grad(lambda line: line.slope * 2.0 + line.shift)(Line(1.0, [3.0][0])) == Line(2.0, 1.0)


class Color(enum.StrEnum):
    RED = "red"


def test_subclasses_of_containers():
    assert flatten(OrderedDict(a=1.0)) == flatten({"a": 1.0})
    assert flatten([1.0, Color.RED])[1].unflatten([2.0]) == [2.0, Color.RED]


@pytest.mark.thorough
@pytest.mark.parametrize("wrap", [lambda x: [x], lambda x: (x,), lambda x: {"a": x}, lambda x: [1.0, x]])
def test_the_deepest_nests_take_linear_time(wrap):
    def seconds(depth):
        x = 1.0
        for _ in range(depth):
            x = wrap(x)
        start = time.process_time()
        assert compile(lambda y: 1.0, backend="python")(x) == 1.0
        leaves, treedef = flatten(x)
        assert leaves_like(x, treedef, "nest") == leaves
        assert type(treedef.unflatten(leaves)) is type(x)
        return time.process_time() - start

    seconds(100)
    assert seconds(20_000) < 25.0 * seconds(2_000) + 0.5  # 100 times as long where it is quadratic


@pytest.mark.thorough
def test_a_deep_nest_comes_back_from_a_compiled_function():
    x = 1.0
    for _ in range(5_000):
        x = [x, 2.0]
    found = compile(lambda y: y, backend="python")(x)
    for _ in range(5_000):
        found, two = found
        assert two == 2.0
    assert found == 1.0


def test_the_path_to_what_is_deep_is_shortened():
    x = object()
    for _ in range(5_000):
        x = [1.0, x]
    for taker in (grad(lambda y: 1.0), compile(lambda y: 1.0)):
        with pytest.raises(TypeError, match=r"\[1\]\[1\]\.\.\.\[1\]") as refused:
            taker(x)
        assert len(str(refused.value)) < 1000


def test_a_map_keeps_the_structure():
    assert tree_map(lambda y: 2 * y, ([1, {"a": 2.5}], None, "text")) == ([2, {"a": 5.0}], None, "text")
