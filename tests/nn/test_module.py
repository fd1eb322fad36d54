"""Modules: which Values are parameters, what they are called, and copies that compute with others."""

import copy
import pickle
import re
from collections import deque
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import Value, compile, grad, nn, value_and_grad
from autograd_lite import sum as total
from autograd_lite.nn import MLP, Layer, Module, Neuron, load, save, to_torch_state_dict
from autograd_lite.nn.module import FUNCTIONS


class Holder(Module):
    """Parameters in every kind of place."""

    buffers = ("means", "count")

    def __init__(self):
        self.alone = Value(1.0)
        self.table = [[Value(2.0), Value(3.0)], [Value(4.0)]]
        self.named = {"a": Value(5.0)}
        self.parts = [Neuron(1, rng=0), Neuron(1, rng=1)]
        self.shared = self.alone
        self.means, self.count = [0.5, 0.25], 3.0
        self._private = Value(6.0)
        self.kept = self.alone * 2.0  # a result, no parameter

    def forward(self, x):
        return self.alone * x + self.table[0][1]


NAMES = [
    "alone", "table[0][0]", "table[0][1]", "table[1][0]", "named.a",
    "parts.0.w[0]", "parts.0.b", "parts.1.w[0]", "parts.1.b",
]  # fmt: skip


def test_parameters_are_named_by_their_paths():
    assert [name for name, _ in Holder().named_parameters()] == NAMES


def test_names_in_an_mlp():
    names = [name for name, _ in MLP(2, [3, 1]).named_parameters()]
    assert names[:4] == ["layers.0.neurons.0.w[0]", "layers.0.neurons.0.w[1]", "layers.0.neurons.0.b",
                         "layers.0.neurons.1.w[0]"]  # fmt: skip
    assert len(names) == len(set(names)) == 13


def test_a_shared_parameter_counts_once():
    holder = Holder()
    assert sum(p is holder.alone for p in holder.parameters()) == 1
    tied = Module()
    tied.a = tied.b = Layer(1, 2)
    assert len(tied.parameters()) == 4
    assert len(list(tied.named_modules())) == 1 + 1 + 2


def test_zero_grad_clears_every_parameter():
    holder = Holder()
    holder(3.0).backward()
    assert [p.has_grad for p in holder.parameters()] == [name in ("alone", "table[0][1]") for name in NAMES]
    holder.zero_grad()
    assert not any(p.has_grad or p.grad for p in holder.parameters())


def test_train_and_eval_reach_every_module():
    model = MLP(2, [2, 1])
    assert all(not module.training for _, module in model.eval().named_modules())
    assert all(module.training for _, module in model.train().named_modules())


def test_state_dict_goes_round_with_buffers():
    holder = Holder()
    state = holder.state_dict()
    assert list(state)[-3:] == ["means[0]", "means[1]", "count"]
    for name in state:
        state[name] += 1.0
    holder.load_state_dict(state)
    assert holder.state_dict() == state
    assert (holder.alone.data, holder.means, holder.count) == (2.0, [1.5, 1.25], 4.0)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda state: state.pop("named.a"), KeyError, "no 'named.a'"),
        (lambda state: state.update(more=1.0), KeyError, "'more'"),
        (lambda state: state.update(alone="one"), TypeError, "'one' for 'alone'"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(change, error, words):
    holder = Holder()
    before = holder.state_dict()
    state = dict.fromkeys(before, 9.0)
    change(state)
    with pytest.raises(error, match=words):
        holder.load_state_dict(state)
    assert holder.state_dict() == before


@given(st.lists(st.floats(-10, 10), min_size=13, max_size=13))
def test_a_copy_computes_with_its_own_parameters(numbers):
    model, other = MLP(2, [3, 1], activation="tanh", rng=0), MLP(2, [3, 1], activation="tanh", rng=1)
    before = model.state_dict()
    for p, x in zip(other.parameters(), numbers, strict=True):
        p.data = x
    values = [Value(x) for x in numbers]
    copy = model.with_parameters(values)
    assert copy([1.0, -2.0]).data == other([1.0, -2.0]).data
    assert all(a is b for a, b in zip(copy.parameters(), values, strict=True))
    assert model.state_dict() == before


def test_a_copy_with_computed_parameters_knows_them():
    model = Neuron(1, rng=0)
    moved = model.with_parameters([p - 0.1 * p for p in model.parameters()])
    assert [p.op for p in moved.parameters()] == ["sub", "sub"]
    assert [name for name, _ in moved.named_parameters()] == ["w[0]", "b"]


def test_a_copy_shares_what_holds_no_parameter():
    holder = Holder()
    copy = holder.with_parameters(holder.parameters())
    copy.means[0] = 7.0
    assert holder.means[0] == 7.0
    assert copy.shared is copy.alone


def test_too_few_parameters_for_a_copy():
    with pytest.raises(ValueError, match="has 3 parameters, but with_parameters got 1"):
        Neuron(2).with_parameters([Value(1.0)])


def test_the_gradient_of_a_module_is_keyed_like_its_state():
    model = MLP(1, [2, 1], activation="tanh", rng=3)
    slopes = grad(lambda m: m([0.5]))(model)
    model([0.5]).backward()
    assert slopes == {name: p.grad for name, p in model.named_parameters()}
    assert list(slopes) == list(model.state_dict())


def test_an_array_of_values_is_refused_with_the_way_out():
    numpy = pytest.importorskip("numpy")
    module = Module()
    module.weights = numpy.array([Value(1.0)], dtype=object)
    with pytest.raises(TypeError, match=r"keep Values in lists, with array\.tolist\(\)"):
        module.parameters()
    with pytest.raises(TypeError, match="the attribute weights is an array of objects"):
        module.state_dict()


def test_a_module_without_forward_tells_so():
    with pytest.raises(NotImplementedError, match="write forward"):
        Module()(1.0)


def test_repr_shows_the_structure():
    class Pair(Module):
        def __init__(self):
            self.size = 2
            self.scale = [Value(1.0), Value(1.0)]
            self.body = MLP(2, [3, 2], activation="tanh")

    assert repr(Pair()).splitlines() == [
        "Pair(size=2, scale[2]): 19 parameters",
        "  body: MLP(2 -> 3 -> 2)",
        "  body.layers.0: Layer(2 -> 3, tanh)",
        "  body.layers.1: Layer(3 -> 2, linear)",
    ]


def test_a_module_pickles():
    model = MLP(2, [3, 1], activation="tanh", rng=0)
    again = pickle.loads(pickle.dumps(model))
    assert again.state_dict() == model.state_dict()
    assert again([1.0, 2.0]).data == model([1.0, 2.0]).data


# -- the structure that is kept


class Keeper(Module):
    def __init__(self):
        np = pytest.importorskip("numpy")
        self.w, self.b, self.scale = [Value(1.0), Value(2.0)], Value(0.5), 3.0
        self.named, self.pair = {"a": Value(4.0)}, ([Value(5.0)], "text")
        self.inner, self.table = Neuron(1, rng=0), np.ones(2)

    def forward(self, x):
        return x


def replaced(items, key):
    items[key] = Value(items[key].data)  # equal data, another Value


CHANGES = {
    "an attribute is assigned": lambda m: setattr(m, "b", Value(0.5)),
    "an attribute is new": lambda m: setattr(m, "more", Value(0.5)),
    "an attribute is deleted": lambda m: delattr(m, "b"),
    "an attribute is set behind the back": lambda m: vars(m).update(b=Value(0.5)),
    "a Value in a list is replaced": lambda m: replaced(m.w, 1),
    "a list grows": lambda m: m.w.append(Value(1.0)),
    "a list shrinks": lambda m: m.w.pop(),
    "a list is reversed": lambda m: m.w.reverse(),
    "a Value in a dict is replaced": lambda m: replaced(m.named, "a"),
    "a dict grows": lambda m: m.named.update(b=Value(1.0)),
    "a list in a tuple grows": lambda m: m.pair[0].append(Value(1.0)),
    "a Module inside changes": lambda m: setattr(m.inner, "b", Value(0.0)),
    "a list in a Module inside changes": lambda m: replaced(m.inner.w, 0),
}
SETTINGS = {
    "a number": lambda m: setattr(m, "scale", 4.0),
    "an array in place": lambda m: m.table.__setitem__(0, 5.0),
    "the mode": lambda m: m.eval(),
    "the mode of a Module inside": lambda m: m.inner.eval(),
    "a Module inside is another": lambda m: setattr(m, "inner", Layer(1, 1)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_of_the_parameters_is_noticed(change):
    model, other = Keeper(), Keeper()
    before = model.parameters()
    assert model.parameters() == before
    change(model)
    change(other)  # which nobody has looked through before
    names = [name for name, _ in model.named_parameters()]
    assert names == [name for name, _ in other.named_parameters()]
    now = model.parameters()
    assert len(now) != len(before) or any(a is not b for a, b in zip(now, before, strict=True))
    assert [p.data for p in now] == [p.data for p in other.parameters()]


@pytest.mark.parametrize("change", SETTINGS.values(), ids=SETTINGS)
def test_a_change_of_the_settings_is_noticed(change):
    model = Keeper()
    before = model.pytree_structure()
    assert before == model.pytree_structure()
    assert hash(before) == hash(model.pytree_structure())
    change(model)
    assert before != model.pytree_structure()


def test_a_compiled_step_follows_a_model_that_changes():
    model = Keeper()
    step = compile(value_and_grad(lambda m: total(m.w) * m.scale), backend="python")
    assert step(model) == (9.0, grad(lambda m: total(m.w) * m.scale)(model))
    model.w[0] = Value(10.0)
    assert step(model)[0] == 36.0
    model.w.append(Value(1.0))
    assert step(model)[0] == 39.0
    model.scale = 1.0
    assert step(model)[0] == 13.0
    model.w[0].data = 0.0
    assert step(model)[0] == 3.0


def test_what_is_kept_is_neither_copied_nor_pickled():
    model = Keeper()
    names = [name for name, _ in model.named_parameters()]
    for again in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model), model.with_parameters(model.parameters())):
        assert "_known" not in vars(again)
        assert [name for name, _ in again.named_parameters()] == names


def test_a_list_that_holds_itself_in_a_module():
    model = Keeper()
    model.w.append(model.w)
    assert [name for name, _ in model.named_parameters()][:2] == ["w[0]", "w[1]"]


class Nest(Module):
    """Parameters in nested dicts and lists, and in attributes of any name."""

    def __init__(self, content, attributes=()):
        self.content = content
        for name, x in attributes:
            setattr(self, name, x)

    def forward(self, x):
        return total([(k + 1.0) * x * p for k, p in enumerate(self.parameters())])


# Attributes, keys of dicts, the number 1 and the text "1": whatever could be written alike.
KEYS = st.one_of(
    st.sampled_from(["a", "b", "a.b", "b.a", ".", "", "0", "1", "[0]", "a[0]", "['a']", "'", "\n", "\x00"]),
    st.integers(0, 2), st.none(), st.text(max_size=3), st.tuples(st.integers(0, 1), st.just("a")),
)  # fmt: skip
NESTS = st.recursive(
    st.builds(Value, st.floats(-4.0, 4.0)),
    lambda inner: st.one_of(
        st.dictionaries(KEYS, inner, max_size=4), st.lists(inner, max_size=3), st.builds(Nest, inner)
    ),
    max_leaves=12,
)
ATTRIBUTES = st.lists(
    st.tuples(st.sampled_from(["content[0]", "content.a", "content['a.b']", "b.c", "1", "é"]), NESTS),
    max_size=3, unique_by=lambda pair: pair[0],
)  # fmt: skip


@pytest.mark.thorough
@given(st.builds(Nest, NESTS, ATTRIBUTES))
def test_no_parameter_is_lost_whatever_the_keys_are(tmp_path_factory, nest):
    parameters = nest.parameters()
    names = [name for name, _ in nest.named_parameters()]
    assert len(set(names)) == len(names) == len(nest.state_dict())
    paths = [path for path, _ in nest.named_modules()]
    assert len(set(paths)) == len(paths)
    if not parameters:
        return
    wanted = [(k + 1.0) * 0.5 for k in range(len(parameters))]
    for step in (grad(lambda model, x: model(x)), compile(grad(lambda model, x: model(x)), backend="python")):
        assert list(step(nest, 0.5).values()) == wanted
    before = nest.state_dict()
    path = tmp_path_factory.getbasetemp() / "nest.json"
    save(nest, path)
    for p in parameters:
        p.data = 99.0
    assert load(nest, path).state_dict() == before


class Alike:
    """A key that prints like another."""

    def __repr__(self):
        return "'a'"


@pytest.mark.parametrize(
    "use",
    [
        lambda m: m.state_dict(), lambda m: list(m.named_parameters()), lambda m: m.parameters(),
        lambda m: grad(lambda model: model(1.0))(m), lambda m: compile(grad(lambda model: model(1.0)))(m),
    ],
)  # fmt: skip
def test_keys_that_print_alike_are_refused_with_both_parameters(use):
    with pytest.raises(ValueError, match=r"two things under one name, .*: Value\(data=1\.0\) and Value\(data=2\.0\)"):
        use(Nest({Alike(): Value(1.0), Alike(): Value(2.0)}))


def test_names_of_pytorch_that_would_be_the_same_are_refused():
    with pytest.raises(ValueError, match=r"two things under one name, 'content\.a\.b'"):
        to_torch_state_dict(Nest({"a.b": Value(1.0), "a": {"b": Value(2.0)}}))


def test_buffers_and_parameters_do_not_share_a_name():
    holder = Nest({"b": Value(1.0)})
    holder.buffers = ("content.b",)
    setattr(holder, "content.b", 2.0)
    assert holder.state_dict() == {"content.b": 1.0, "['content.b']": 2.0}


def test_files_from_before_keys_were_in_brackets_load(tmp_path):
    nest, path = Nest({1: Value(1.0), "a.b": Value(2.0)}), tmp_path / "m.json"
    save(nest, path)
    path.write_text(path.read_text().replace("content[1]", "content.1").replace("content['a.b']", "content.a.b"))
    other = Nest({1: Value(0.0), "a.b": Value(0.0)})
    assert list(load(other, path).state_dict().values()) == [1.0, 2.0]


# -- settings: whatever shapes a program, wherever it is kept


class Plain:
    def __init__(self, k):
        self.k = k


class Slotted:
    __slots__ = ("k",)

    def __init__(self, k):
        self.k = k


class Scaled(Module):
    """w x s, where s comes from an attribute in any way."""

    def __init__(self, name, holder, read):
        self.w = Value(3.0)
        setattr(self, name, holder)
        self.name, self.read = name, read

    def forward(self, x):
        return self.w * x * self.read(getattr(self, self.name))


def put(x, name, new):
    """x.name = new, or x[name] = new."""
    if isinstance(name, int):
        x[name] = new
    else:
        setattr(x, name, new)


HOLDERS = {  # what holds the setting, how it is read, and how it is changed
    "a number": lambda x: (x, lambda h: h, None),
    "a list": lambda x: ([1.0, [x]], lambda h: h[1][0], lambda h, new: put(h[1], 0, new)),
    "a dict": lambda x: ({"a": x}, lambda h: h["a"], lambda h, new: h.update(a=new)),
    "a plain object": lambda x: (Plain(x), lambda h: h.k, lambda h, new: put(h, "k", new)),
    "an object with slots": lambda x: (Slotted(x), lambda h: h.k, lambda h, new: put(h, "k", new)),
    "a namespace": lambda x: (SimpleNamespace(k=x), lambda h: h.k, lambda h, new: put(h, "k", new)),
    "an object in an object": lambda x: (Plain([Plain(x)]), lambda h: h.k[0].k, lambda h, new: put(h.k[0], "k", new)),
    "a queue": lambda x: (deque([x]), lambda h: h[0], lambda h, new: put(h, 0, new)),
}


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["k", "_k"])
@pytest.mark.parametrize("holder", HOLDERS)
@given(old=st.floats(-9, 9) | st.integers(-2, 2), new=st.floats(-9, 9) | st.integers(-2, 2) | st.just(-0.0))
def test_no_program_is_stale_when_a_setting_changes(name, holder, old, new):
    held, read, change = HOLDERS[holder](old)
    model = Scaled(name, held, read)
    f = compile(lambda model, x: model(x), backend="python")
    assert f(model, 2.0).hex() == model(2.0).data.hex()
    if change is None:
        setattr(model, name, new)
    else:
        change(held, new)
    assert f(model, 2.0).hex() == model(2.0).data.hex()


@pytest.mark.parametrize("name", ["k", "_k"])
def test_no_program_is_stale_when_a_set_changes(name):
    model = Scaled(name, {2.0}, lambda held: max(held))
    f = compile(lambda model, x: model(x), backend="python")
    assert f(model, 1.0) == 6.0
    getattr(model, name).add(5.0)
    assert f(model, 1.0) == 15.0


@pytest.mark.parametrize("holder", ["a number", "a list", "a dict", "a plain object", "an object with slots"])
def test_a_private_value_is_no_parameter_but_read_at_each_call(holder):
    value = Value(2.0)
    held, read, change = HOLDERS[holder](value)
    model = Scaled("_k", held, read)
    f = compile(lambda model, x: model(x), backend="python")
    assert f(model, 1.0) == 6.0
    value.data = 5.0
    assert f(model, 1.0) == 15.0
    if change is not None:
        change(held, Value(7.0))
        assert f(model, 1.0) == 21.0
    assert list(model.state_dict()) == ["w"]


def test_a_model_that_does_not_change_keeps_its_program():
    model = MLP(2, [3, 1], rng=0)
    f = compile(lambda model, x: model(x), backend="python")
    for _ in range(3):
        f(model, [1.0, 2.0])
        model([1.0, 2.0])  # whose layers keep rows of weights
    assert len(f.entries) == 1


def test_methods_of_other_libraries_are_no_attributes_and_their_errors_tell_what_to_write():
    model = MLP(2, [3, 1])
    for name, do in FUNCTIONS.items():
        assert not hasattr(model, name)
        assert name not in dir(model)
        with pytest.raises(AttributeError, match=re.escape(f"'MLP' object has no attribute {name!r}; {do}")) as raised:
            getattr(model, name)
        assert (raised.value.name, raised.value.obj) == (name, model)
    model.step = lambda: 3
    assert model.step() == 3
    assert "step" in dir(model)


def test_attributes_of_modules_are_found_as_python_finds_them():
    """CPython keeps no cache for classes with a __getattr__: their attributes are slower, also those that are there."""
    kinds = [kind for kind in vars(nn).values() if isinstance(kind, type) and issubclass(kind, nn.Module)]
    assert len(kinds) > 10
    for kind in kinds:
        assert not hasattr(kind, "__getattr__")
        assert kind.__getattribute__ is object.__getattribute__


def test_a_module_that_was_switched_and_back_is_not_searched_again(monkeypatch):
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Dropout(0.5))
    settings, found = model.pytree_structure().settings, model.parameters()
    evaluated = model.eval().pytree_structure().settings
    assert evaluated != settings
    assert not model.training
    monkeypatch.setattr("autograd_lite.nn.module.Contents", None)
    assert model.parameters() == found  # of the evaluation, which is known too
    monkeypatch.undo()
    model.train()
    assert model.training
    assert model.pytree_structure().settings == settings
    nn.predict(model, [[1.0, 2.0]])
    monkeypatch.setattr("autograd_lite.nn.module.Contents", None)
    nn.predict(model, [[1.0, 2.0]])
    assert model.train().parameters() == found
