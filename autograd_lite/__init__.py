"""Scalar reverse-mode automatic differentiation that you can see, trust and never outgrow."""

from autograd_lite.support.build import choose

choose()  # before any other import

from importlib import import_module as _import_module
from types import ModuleType as _ModuleType
from typing import TYPE_CHECKING

from autograd_lite.core.columns.entering import primitive
from autograd_lite.core.contexts.modes import enable_grad, no_grad
from autograd_lite.core.primitives import PRIMITIVES, Primitive
from autograd_lite.core.table import (
    arithmetic,
    bessel,
    choices,
    comparisons,
    compositions,
    exponentials,
    gamma_functions,
    half_turns,
    logarithms,
    networks,
    normal_distribution,
    normal_logarithm,
    norms,
    sequences,
    special,
    trigonometry,
)
from autograd_lite.core.table.arithmetic import *
from autograd_lite.core.table.bessel import *
from autograd_lite.core.table.choices import *
from autograd_lite.core.table.choices import abs as abs
from autograd_lite.core.table.choices import cond as cond
from autograd_lite.core.table.choices import round as round
from autograd_lite.core.table.comparisons import *
from autograd_lite.core.table.compositions import *
from autograd_lite.core.table.exponentials import *
from autograd_lite.core.table.exponentials import pow as pow
from autograd_lite.core.table.gamma_functions import *
from autograd_lite.core.table.half_turns import *
from autograd_lite.core.table.logarithms import *
from autograd_lite.core.table.networks import *
from autograd_lite.core.table.normal_distribution import *
from autograd_lite.core.table.normal_logarithm import *
from autograd_lite.core.table.norms import *
from autograd_lite.core.table.sequences import *
from autograd_lite.core.table.sequences import max as max
from autograd_lite.core.table.sequences import min as min
from autograd_lite.core.table.sequences import sum as sum
from autograd_lite.core.table.special import *
from autograd_lite.core.table.trigonometry import *
from autograd_lite.core.value import Value
from autograd_lite.support.build import is_native as _is_native
from autograd_lite.support.forking import IMPORTS as _IMPORTS
from autograd_lite.support.version import __version__
from autograd_lite.transforms.batching import vmap
from autograd_lite.transforms.custom_rules import custom_derivative
from autograd_lite.transforms.differentiation import grad, gradients, value_and_grad
from autograd_lite.transforms.jacobians import hessian, hvp, jacobian, jvp, vjp
from autograd_lite.transforms.jvp_rules import custom_jvp
from autograd_lite.transforms.power_series import taylor
from autograd_lite.transforms.vjp_rules import custom_vjp
from autograd_lite.trees import register_pytree_node

if TYPE_CHECKING:
    from autograd_lite.backends import compile as compile
    from autograd_lite.control.differential_equations import odeint
    from autograd_lite.control.gathering import take
    from autograd_lite.control.implicit import fixed_point, minimize, root
    from autograd_lite.control.loops import fori_loop, scan, while_loop
    from autograd_lite.control.loops import map as map
    from autograd_lite.control.recomputation import checkpoint
    from autograd_lite.control.solvers import SolutionError
    from autograd_lite.control.switching import switch
    from autograd_lite.drawing import Animation, Drawing, Movie, animate, draw, draw_activations, draw_sparsity
    from autograd_lite.explaining import Explanation, Explorer, explain, explore
    from autograd_lite.explaining.anomaly import detect_anomaly
    from autograd_lite.explaining.anomaly_report import AnomalyError
    from autograd_lite.explaining.diagnosis import diagnose
    from autograd_lite.live.playground_page import Playground, playground
    from autograd_lite.nn.activations import log_softmax, softmax
    from autograd_lite.program.program import Program
    from autograd_lite.sparse import (
        SparsityPattern,
        hessian_sparsity,
        jacobian_sparsity,
        sparse_hessian,
        sparse_jacobian,
    )
    from autograd_lite.testing.certificates import certify

del choose

if not _is_native():
    # Interpreted classes are freed without recursion by the interpreter itself.
    del Value.__del__


class _Documentation:
    """What `__doc__` is: of a row its columns in the table, of the class of rows its own text."""

    def __init__(self, text: str | None) -> None:
        self.text = text

    def __get__(self, row: Primitive | None, kind: type) -> str | None:
        if row is None:
            return self.text
        described: str = _import_module(f"{__name__}.explaining.documentation").documentation_of(row)
        return described


setattr(Primitive, "__doc__", _Documentation(Primitive.__doc__))  # noqa: B010
for _class in (Value, Primitive):
    _class.__module__ = __name__  # the name under which they are pickled

# What is imported at its first use, and where from: who compiles or draws nothing waits for none of it.
_LATER = {
    "Animation": "drawing",
    "AnomalyError": "explaining.anomaly_report",
    "Drawing": "drawing",
    "Explanation": "explaining",
    "Explorer": "explaining",
    "Movie": "drawing",
    "Playground": "live.playground_page",
    "Program": "program.program",
    "SolutionError": "control.solvers",
    "SparsityPattern": "sparse",
    "animate": "drawing",
    "certify": "testing.certificates",
    "compile": "backends",
    "detect_anomaly": "explaining.anomaly",
    "diagnose": "explaining.diagnosis",
    "draw": "drawing",
    "draw_activations": "drawing",
    "draw_sparsity": "drawing",
    "hessian_sparsity": "sparse",
    "jacobian_sparsity": "sparse",
    "sparse_hessian": "sparse",
    "sparse_jacobian": "sparse",
    "explain": "explaining",
    "explore": "explaining",
    "log_softmax": "nn.activations",
    "softmax": "nn.activations",
    "fixed_point": "control.implicit",
    "fori_loop": "control.loops",
    "checkpoint": "control.recomputation",
    "map": "control.loops",
    "minimize": "control.implicit",
    "odeint": "control.differential_equations",
    "playground": "live.playground_page",
    "root": "control.implicit",
    "scan": "control.loops",
    "switch": "control.switching",
    "take": "control.gathering",
    "while_loop": "control.loops",
}


_ELSEWHERE = {"jit": "compile", "tensor": "Value", "variable": "Value", "parameter": "Value", "backward": "gradients"}
"""What PyTorch, JAX and others call the same things, as `plain` spells it."""


def _hint(name: str) -> str:
    """What to write in place of a name that is not here."""
    suggestions = _import_module(f"{__name__}.support.suggestions")
    if name.startswith("__"):  # the interpreter and tools ask for such names
        return ""
    found = suggestions.meant(name, [*__all__, *_LATER], _ELSEWHERE)
    if found == "Value":
        return "; numbers are Values: write Value(2.0)"
    return f"; did you mean {found!r}?" if found else ""


def __getattr__(name: str) -> object:
    if name == "linalg":  # as `numpy.linalg` is there without an import of its own
        with _IMPORTS:
            return _import_module(f"{__name__}.linalg")
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{_hint(name)}")
    with _IMPORTS:
        value = getattr(_import_module(f"{__name__}.{_LATER[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})


# Names that would shadow built-ins are here, but not in `import *`, except for `compile`, since Python's own is hardly
# ever meant; nor are modules, which become attributes of the package when they are imported.
__all__ = [
    "PRIMITIVES",
    "Animation",
    "AnomalyError",
    "Drawing",
    "Explanation",
    "Explorer",
    "Movie",
    "Playground",
    "Primitive",
    "Program",
    "SolutionError",
    "SparsityPattern",
    "Value",
    "__version__",
    "animate",
    "certify",
    "checkpoint",
    "compile",
    "cond",
    "custom_derivative",
    "custom_jvp",
    "custom_vjp",
    "detect_anomaly",
    "diagnose",
    "draw",
    "draw_activations",
    "draw_sparsity",
    "enable_grad",
    "explain",
    "explore",
    "fixed_point",
    "fori_loop",
    "grad",
    "gradients",
    "hessian",
    "hessian_sparsity",
    "hvp",
    "jacobian",
    "jacobian_sparsity",
    "jvp",
    "log_softmax",
    "minimize",
    "no_grad",
    "odeint",
    "playground",
    "primitive",
    "register_pytree_node",
    "root",
    "scan",
    "softmax",
    "sparse_hessian",
    "sparse_jacobian",
    "switch",
    "take",
    "taylor",
    "value_and_grad",
    "vjp",
    "vmap",
    "while_loop",
]  # fmt: skip
__all__ += arithmetic.__all__
__all__ += bessel.__all__
__all__ += choices.__all__
__all__ += comparisons.__all__
__all__ += compositions.__all__
__all__ += exponentials.__all__
__all__ += gamma_functions.__all__
__all__ += half_turns.__all__
__all__ += logarithms.__all__
__all__ += networks.__all__
__all__ += normal_distribution.__all__
__all__ += normal_logarithm.__all__
__all__ += norms.__all__
__all__ += sequences.__all__
__all__ += special.__all__
__all__ += trigonometry.__all__
