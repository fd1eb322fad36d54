"""The state of a model as PyTorch's `state_dict`: with PyTorch's names and shapes, out and in.

Above `module`, whose `exchanged` gives PyTorch's names for the parts of each layer.  PyTorch itself is never imported:
it takes anything with `tolist`, and gives NumPy arrays, or nested lists without NumPy.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from autograd_lite.core.operands import number
from autograd_lite.core.value import Value
from autograd_lite.nn.module import Module, checked_module
from autograd_lite.nn.shapes import NestedNumbers, all_numbers, as_lists, data_in, has_shape, shape_of
from autograd_lite.optim.optimizer import numpy_if_installed
from autograd_lite.trees import summary
from autograd_lite.trees.paths import check_distinct, joined


class Tensor(NamedTuple):
    """What PyTorch keeps in one tensor: nested lists of parameters, or the numbers of a buffer."""

    name: str
    entries: Any
    holder: Module | None = None
    buffer: str = ""


def to_torch_state_dict(model: Module) -> dict[str, Any]:
    """The state of the model as PyTorch's `state_dict` has it, for the model that has the same layers there.

    A layer of n inputs and m outputs gives `weight` of shape (m, n) and `bias` of shape (m,), whether it is a Linear
    or a Layer of an MLP (`layers.0.weight`); convolutions (out, in, size) and (out, in, rows, columns); BatchNorm its
    running statistics too.  Shared layers are listed under each of their names, as in PyTorch.  There,

        theirs.load_state_dict({name: torch.as_tensor(x) for name, x in to_torch_state_dict(ours).items()})

    loads it, and `double()` beforehand keeps all digits.

    >>> from autograd_lite.nn import Linear, Sequential
    >>> state = to_torch_state_dict(Sequential(Linear(3, 2), "tanh", Linear(2, 1)))
    >>> {name: x.shape for name, x in state.items()}
    {'0.weight': (2, 3), '0.bias': (2,), '2.weight': (1, 2), '2.bias': (1,)}
    """
    numpy, state = numpy_if_installed(), {}
    for tensor in all_tensors(model):
        entries = int(tensor.entries) if tensor.buffer == "num_batches_tracked" else data_in(tensor.entries)
        state[tensor.name] = entries if numpy is None else numpy.array(entries)
    return state


def load_torch_state_dict(model: Module, state: Mapping[str, NestedNumbers]) -> None:
    """Take all numbers from a `state_dict` of PyTorch (tensors, arrays or nested lists); see `to_torch_state_dict`.

    Raises KeyError with the missing and the unknown names, ValueError where a shape differs, TypeError on what is no
    number; the model then stays as it was.

    >>> from autograd_lite.nn import Linear
    >>> line = Linear(2, 1)
    >>> load_torch_state_dict(line, {"weight": [[2.0, -1.0]], "bias": [0.5]})
    >>> line([1.0, 1.0])[0].data
    1.5
    """
    mine = all_tensors(model)
    if not isinstance(state, Mapping):
        raise TypeError(f"a state is a dict of tensors by name, but got {summary(state)}; pass a state_dict()")
    expected = {tensor.name: shape_of(tensor.entries) for tensor in mine}
    kind = type(model).__name__
    missing, unknown = [x for x in expected if x not in state], [x for x in state if x not in expected]
    if missing or unknown:
        parts = [("lacks", missing), ("has the unknown", unknown)]
        found = " and ".join(f"{word} {_listed(names)}" for word, names in parts if names)
        takes = f"{kind} takes {_listed(list(expected))}"
        raise KeyError(f"the state {found}; {takes}, so load it into a model of the same layers")
    given = {name: as_lists(x) for name, x in state.items()}
    for name, shape in expected.items():
        if not has_shape(given[name], shape):
            found = f"{shape_of(given[name])}{', but ragged' if shape_of(given[name]) == shape else ''}"
            more = "build the model with the sizes of the other, and mind that a weight is (outputs, inputs)"
            raise ValueError(f"the state holds {name!r} in the shape {found}, where {kind} has {shape}; {more}")
        for x in all_numbers(given[name]):
            if number(x) is None:
                raise TypeError(f"the state holds {x!r} in {name!r}; it must hold numbers")
    for tensor in mine:
        x = given[tensor.name]
        if tensor.holder is not None:
            setattr(tensor.holder, tensor.buffer, data_in(x))
        else:
            for p, value in zip(all_numbers(tensor.entries), all_numbers(x), strict=True):
                p.data = value


def all_tensors(model: Module) -> list[Tensor]:
    """Every tensor of a model; raises ValueError where PyTorch's names, which have dots alone, are the same for two."""
    checked_module(model, "a state of PyTorch")
    found = list(tensors_of("", model))
    check_distinct([tensor.name for tensor in found], [tensor.entries for tensor in found], type(model).__name__)
    return found


def tensors_of(path: str, x: Any) -> Iterator[Tensor]:
    """Every tensor of a Module, in order; lists that no tensor can hold fall apart, as in a ParameterList."""
    if isinstance(x, Module):
        for name, y in x.exchanged().items():
            inner = joined(path, name)
            yield from [Tensor(inner, y, x, name)] if name in x.buffers else tensors_of(inner, y)
    elif (
        has_shape(x, shape_of(x))
        and (found := [*all_numbers(x)])
        and all(isinstance(p, Value) and not p.op for p in found)
    ):
        yield Tensor(path, x)
    elif isinstance(x, (list, tuple, dict)):
        for key, y in x.items() if isinstance(x, dict) else enumerate(x):
            yield from tensors_of(f"{path}.{key}", y)


def _listed(names: list[str]) -> str:
    """'a', 'b' and so on: at most eight of them."""
    shown = ", ".join(map(repr, names[:8]))
    return shown + (f" and {len(names) - 8} more" if len(names) > 8 else "")
