"""Activations: every activation function that the lectures list, by its usual name.

Functions of one number or Value, composed of primitives; each docstring gives f(x), f'(x), the source and the kinks
with what f' is there.  Where the textbook form would lose digits another form is computed, and where its derivative
would, the function is a primitive.  Those without a source are folklore.  The activations that have parameters or
random slopes are Modules, in `activation_modules`.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from autograd_lite.core import table
from autograd_lite.core.operands import Scalar
from autograd_lite.core.table.special import bell

from autograd_lite.core.table import (  # isort: skip
    abs, asinh, atan, cardinal_sine, clip, dot, exp, expm1, less, less_equal, log1p, relu, sigmoid, sin, softplus,
    softsign, square, surprisal, tanh, where,
)  # fmt: skip

ActivationFunction: TypeAlias = Callable[[Any], Any]

arctan, arsinh, sinusoid = atan, asinh, sin


def identity(x: Scalar) -> Any:
    """f = x, f' = 1."""
    return x


def binary_step(x: Scalar) -> Any:
    """f = 1 for x >= 0, else 0; f' = 0.  McCulloch and Pitts 1943.  Kink: 0, where f' is taken as 0."""
    return less_equal(0.0, x)


def sqnl(x: Scalar) -> Any:
    """f = x - x |x| / 4 on [-2, 2], -1 and 1 outside; f' = 1 - |x| / 2, 0 outside.  Wuraola and Patel 2018.

    >>> sqnl(1.0), sqnl(-5.0)
    (0.75, -1.0)
    """
    c = clip(x, -2.0, 2.0)
    return c * (1.0 - 0.25 * abs(c))


def isru(x: Scalar, a: Scalar = 1.0) -> Any:
    """f = x / (1 + a x^2)^(1/2), f' = (1 + a x^2)^(-3/2), by a row, for a >= 0.  Carlile et al. 2017."""
    return table.isru(x, a)


def isrlu(x: Scalar, a: Scalar = 1.0) -> Any:
    """f = ISRU(a) for x < 0, x otherwise; f' = (1 + a x^2)^(-3/2) or 1.  Carlile et al. 2017."""
    return where(less(x, 0.0), lambda: isru(x, a), lambda: x)


def leaky_relu(x: Scalar, slope: Scalar = 0.01) -> Any:
    """f = slope x for x < 0, x otherwise; f' = slope or 1.  Maas et al. 2013.  Kink: 0, where f' is 1."""
    return where(less(x, 0.0), lambda: slope * x, lambda: x)


def prelu(x: Scalar, a: Scalar) -> Any:
    """f = a x for x < 0, x otherwise, a trained; f' = a or 1, in a x or 0.  He et al. 2015.  Kink: 0, f' 1."""
    return leaky_relu(x, a)


def elu(x: Scalar, a: Scalar = 1.0) -> Any:
    """f = a (e^x - 1) for x <= 0, x otherwise; f' = a e^x or 1.  Clevert et al. 2015.  Kink: 0 if a is not 1,
    where f' is a."""
    return where(less(0.0, x), lambda: x, lambda: a * expm1(x))


SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


def selu(x: Scalar) -> Any:
    """f = l ELU(a), f' = l a e^x or l, with l = 1.0507..., a = 1.6732...  Klambauer et al. 2017.  Kink: 0,
    where f' is l a."""
    return SELU_SCALE * elu(x, SELU_ALPHA)


def srelu(x: Scalar, tl: Scalar, al: Scalar, tr: Scalar, ar: Scalar) -> Any:
    """f = tl + al (x - tl) for x <= tl, x between, tr + ar (x - tr) for x >= tr; f' = al, 1, ar.  Jin et al. 2016.
    Kinks: tl and tr, where f' is al and ar."""
    return where(
        less_equal(x, tl), lambda: tl + al * (x - tl), lambda: where(less(x, tr), lambda: x, lambda: tr + ar * (x - tr))
    )


def apl(x: Scalar, a: Sequence[Scalar], b: Sequence[Scalar]) -> Any:
    """f = max(0, x) + sum a_i max(0, b_i - x), f' = H(x) - sum a_i H(b_i - x).  Agostinelli et al. 2014.
    Kinks: 0 and every b_i, where H is 0."""
    return relu(x) + dot(a, [relu(shift - x) for shift in b])


def bent_identity(x: Scalar) -> Any:
    """f = ((x^2 + 1)^(1/2) - 1) / 2 + x, f' = x / (2 (x^2 + 1)^(1/2)) + 1, by a row."""
    return table.bent_identity(x)


def gelu(x: Scalar) -> Any:
    """f = x Phi(x) = x (1 + erf(x / 2^(1/2))) / 2, f' = Phi(x) + x phi(x), by a row.  Hendrycks and Gimpel 2016.

    Phi by erfc, which keeps its digits where it is small.

    >>> f"{gelu(-10.0):.12g}"
    '-7.61985302416e-23'
    """
    return table.gelu(x)


def silu(x: Scalar) -> Any:
    """f = x sigmoid(x), f' = sigmoid(x) + x sigmoid(x) sigmoid(-x), by a row.  Elfwing et al. 2017; also Swish-1."""
    return table.silu(x)


def soft_exponential(x: Scalar, a: Scalar = 0.0) -> Any:
    """f = -ln(1 - a (x + a)) / a for a < 0, x for a = 0, (e^(a x) - 1) / a + a for a > 0;
    f' = 1 / (1 - a (a + x)) for a < 0, e^(a x) otherwise.  Godfrey and Gashler 2015.

    For a < 0 it exists where x > 1/a - a.
    """
    return where(
        less(a, 0.0),
        lambda: log1p(-a * (x + a)) / -a,
        lambda: where(less(0.0, a), lambda: expm1(a * x) / a + a, lambda: x),
    )


def soft_clipping(x: Scalar, a: Scalar = 1.0) -> Any:
    """f = ln((1 + e^(a x)) / (1 + e^(a (x - 1)))) / a, f' = sinh(a/2) sech(a x/2) sech(a (1 - x)/2) / 2, a > 0.
    Klimek and Perelstein 2018.

    Computed with one logarithm, for x up to 1/2; beyond, f(x) = 1 - f(1 - x).

    >>> soft_clipping(0.5, 10.0)
    0.5
    """

    def left(x: Scalar) -> Any:
        return log1p(-expm1(-a) * exp(a * x) * sigmoid(a * (1.0 - x))) / a

    return where(less_equal(x, 0.5), lambda: left(x), lambda: 1.0 - left(1.0 - x))


def sinc(x: Scalar) -> Any:
    """f = sin(x) / x, 1 at 0; f' = cos(x) / x - sin(x) / x^2, 0 at 0: the row `cardinal_sine`.

    The activation of the lectures; `autograd_lite.sinc` is NumPy's, sin(pi x) / (pi x).

    >>> sinc(0.0)
    1.0
    """

    return cardinal_sine(x)


def gaussian(x: Scalar) -> Any:
    """f = e^(-x^2), f' = -2 x e^(-x^2)."""
    return bell(x)


def sq_rbf(x: Scalar) -> Any:
    """f = 1 - x^2/2 for |x| <= 1, (2 - |x|)^2/2 up to 2, 0 beyond; f' = -x, x - 2 sgn x, 0.
    Wuraola and Patel 2018, with a middle piece that joins its neighbours: see the errata in the tests."""
    u = abs(x)
    return where(less_equal(u, 1.0), lambda: 1.0 - 0.5 * square(x), lambda: 0.5 * square(relu(2.0 - u)))


def hard_tanh(x: Scalar) -> Any:
    """f = x on [-1, 1], -1 and 1 outside; f' = 1 or 0.  Collobert 2004.  Kinks: -1 and 1, where f' is 1."""
    return clip(x, -1.0, 1.0)


def brelu(xs: Sequence[Scalar]) -> list[Any]:
    """Of a layer: f_i = relu(x_i) for even i, -relu(-x_i) for odd i.  Eidnes and Nokland 2017.  Kink: 0, f' 0."""
    return [-relu(-x) if i % 2 else relu(x) for i, x in enumerate(xs)]


def surprisal_of(xs: Sequence[Scalar], k: int) -> Any:
    """-ln p_k with p = softmax(xs), by a row: dp_k is -(the sum of the other p), and not p_k - 1, which cancels.

    >>> surprisal_of([0.0, 100.0], 1)
    3.720075976020836e-44
    """
    return surprisal([xs[k], *xs[:k], *xs[k + 1 :]])


def softmax(xs: Sequence[Scalar]) -> list[Any]:
    """Of a layer: f_i = e^(x_i) / sum e^(x_j), df_i/dx_j = f_i ([i = j] - f_j).  Bridle 1990.

    >>> softmax([0.0, 0.0])
    [0.5, 0.5]
    """
    return [exp(x) for x in log_softmax(layer_numbers(xs, "softmax"))]


def log_softmax(xs: Sequence[Scalar]) -> list[Any]:
    """Of a layer: f_i = x_i - ln sum e^(x_j), df_i/dx_j = [i = j] - softmax_j, each as a `surprisal`."""
    values = layer_numbers(xs, "log_softmax")
    return [-surprisal_of(values, k) for k in range(len(values))]


def layer_numbers(xs: Sequence[Scalar], name: str) -> list[Scalar]:
    """The numbers of a layer; raises TypeError on a single one."""
    try:
        return list(xs)
    except TypeError:
        raise TypeError(f"{name} takes the numbers of a whole layer, but got {xs!r}; pass a list of them") from None


WHOLE_LAYER: set[Any] = {brelu, softmax, log_softmax}
"""The activations that take the sums of a whole layer."""

ACTIVATIONS: dict[str, ActivationFunction] = {
    "identity": identity, "linear": identity, "binary_step": binary_step, "sigmoid": sigmoid, "logistic": sigmoid,
    "tanh": tanh, "sqnl": sqnl, "arctan": arctan, "arsinh": arsinh, "softsign": softsign, "elliott": softsign,
    "isru": isru, "isrlu": isrlu, "relu": relu, "brelu": brelu, "leaky_relu": leaky_relu, "elu": elu, "selu": selu,
    "softplus": softplus, "bent_identity": bent_identity, "gelu": gelu, "silu": silu, "swish": silu,
    "soft_exponential": soft_exponential, "soft_clipping": soft_clipping, "sinusoid": sinusoid, "sinc": sinc,
    "gaussian": gaussian, "sq_rbf": sq_rbf, "hard_tanh": hard_tanh, "softmax": softmax, "log_softmax": log_softmax,
}  # fmt: skip
