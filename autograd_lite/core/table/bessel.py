"""Rows of Bessel functions of orders 0 and 1: J, and I scaled by e^-|x|.

Each is one formula in rows (see `definitions`).  The coefficients are of interpolations at Chebyshev's nodes, computed
in 60 digits by `benchmarks/coefficients.py`; the error of each is below 2e-16, relative or of the largest value.
"""

from collections.abc import Sequence
from typing import Any, Final

from autograd_lite.core.columns.entering import primitive
from autograd_lite.core.operands import Scalar
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table import ball_functions
from autograd_lite.core.table import taylor_coefficients as series
from autograd_lite.core.table.choices import abs, decide, less, minimum, sign
from autograd_lite.core.table.comparisons import isinf
from autograd_lite.core.table.definitions import on_floats, polynomial
from autograd_lite.core.table.exponentials import exp, sqrt
from autograd_lite.core.table.trigonometry import cos, sin

__all__ = ["j0", "j1", "i0e", "i1e"]

ONE_OVER_SQRT_PI: Final = 0.5641895835477563

# e^x i0e(x) for 0 <= x <= 8, in powers of x^2
_I0: Final = (
    1.0, 0.25, 0.015625, 0.0004340277777777778, 6.781684027777758e-06, 6.781684027778203e-08, 4.7095027970619e-10,
    2.402807549583671e-12, 9.385966986098854e-15, 2.896903414473123e-17, 7.242257588753194e-20,
    1.4963370838452556e-22, 2.5977414368153943e-25, 3.8439551522008304e-28, 4.888364886932104e-31,
    5.566132785039442e-34, 4.596006867582227e-37, 7.1563841038704715e-40,
)  # fmt: skip
# i0e(x) x^0.5 for x >= 8, in powers of 16 / x - 1
_I0E_FAR: Final = (
    0.4021765094450081, 0.003360551983667854, 0.00013621607439232746, 1.1143033791556743e-05, 1.4838475473607394e-06,
    2.9735984324791545e-07, 8.872253511285516e-08, 3.932602459704915e-08, 2.154517765086162e-08,
    7.553516470228928e-09, -6.729724112038965e-09, -1.3404241991437008e-08, -5.468597449274884e-09,
    7.540601377398423e-09, 7.58022133865171e-09, -3.48578874432501e-09, -6.188265090070726e-09,
    1.4978808270592087e-09, 3.881151253923399e-09, -5.562201967187371e-10, -1.7789375044857675e-09,
    1.4672236563867866e-10, 5.181936972932989e-10, -1.9216763552544973e-11, -7.068938516044612e-11,
)  # fmt: skip
# i0e(x) - i1e(x) for 0 <= x <= 8: numerator and denominator in powers of x; beyond, times x^1.5, in those of 16 / x - 1
_DIFFERENCE: Final = (
    1.0, -0.35679489009124654, 0.16869011587591456, -0.024483266183579915, 0.005552400152448616,
    -0.0003877018196682223, 5.9509299596537665e-05, -1.6932613874222063e-06, 2.3883738027116316e-07,
    -9.605129662299802e-10, 3.160345983156217e-10, -5.474846916708516e-13, 1.1939350128787642e-14,
)  # fmt: skip
_DIFFERENCE_BELOW: Final = (
    1.0, 1.143205109908752, 0.633497780739083, 0.2259236842053253, 0.0580277598477322, 0.011373121118491442,
    0.0017563330751769657, 0.00021721242419871724, 2.159458064141646e-05, 1.7091177101830904e-06,
    1.0455707080734864e-07, 4.601025350157732e-09, 1.2115818669816044e-10,
)  # fmt: skip
_DIFFERENCE_FAR: Final = (
    0.20444880670617194, 0.0053132601242866905, 0.0003739692873427523, 4.493600840462494e-05, 8.164113822336564e-06,
    2.1678169769041124e-06, 8.519661623286284e-07, 4.6725475645799733e-07, 2.512383160917202e-07,
    5.00432485721906e-09, -2.187993274749601e-07, -2.232018124110956e-07, 3.20267506727204e-08, 2.21967315015457e-07,
    5.275644240479195e-08, -1.9201618582599823e-07, -7.117496939884225e-08, 1.7119253282768665e-07,
    6.003782813167358e-08, -1.4807011882092872e-07, -3.8775763622368056e-08, 1.1088118581780608e-07,
    1.905097340192213e-08, -6.496668392099937e-08, -6.680273551280927e-09, 2.7050911122911485e-08,
    1.4791670635356527e-09, -7.012498615081833e-09, -1.545149780467825e-10, 8.440170286482074e-10,
)  # fmt: skip
# i1e(x) / x for 0 <= x <= 8: numerator and denominator in powers of x; beyond, times x^1.5, in those of 16 / x - 1
_RATIO: Final = (
    0.5, 0.06380002639381326, 0.05513465966797946, 0.006586584878698901, 0.0017209607600151128,
    0.00017466652302715435, 2.0752575239588636e-05, 1.556813836183824e-06, 9.101469018522963e-08,
    3.8732133596962495e-09, 5.191667333958148e-11,
)  # fmt: skip
_RATIO_BELOW: Final = (
    1.0, 1.1276000527876342, 0.6128693721234173, 0.2129591755568612, 0.052866088220998524, 0.009913247667320173,
    0.0014453088934018794, 0.00016569623542434043, 1.4866312889065432e-05, 1.017216084057897e-06,
    4.9658663236554144e-08, 1.4493222207871795e-09, 5.12515072587856e-12,
)  # fmt: skip
_RATIO_FAR: Final = (
    0.38939845902587233, -0.009749577193235728, -0.00021923576383430274, -1.5038547201176271e-05,
    -1.8349101134666435e-06, -3.483855609009921e-07, -1.0001323461066148e-07, -4.3129353699733314e-08,
    -2.3370596271140264e-08, -8.426622829459335e-09, 6.7157951281760344e-09, 1.4029693589258316e-08,
    6.040877341944658e-09, -7.630751968435002e-09, -8.044231275909273e-09, 3.4066361272711217e-09,
    6.487019571968268e-09, -1.417169798450698e-09, -4.04778540409958e-09, 5.146498801092072e-10, 1.85137167506919e-09,
    -1.3422663096738935e-10, -5.388285998872895e-10, 1.7502497590545214e-11, 7.347992448252096e-11,
)  # fmt: skip
# j0(x) for 0 <= x <= 4, in powers of (x^2 - 8) / 8
_J0_NEAR: Final = (
    -0.1965480952704682, -0.565959973761085, 0.4795280821510107, -0.13103206351364546, 0.01835270061006565,
    -0.001578954136687973, 9.228173990226533e-05, -3.9103419787067474e-06, 1.2577280629362692e-07,
    -3.177439513701625e-09, 6.474430237323753e-11, -1.086837351960608e-12, 1.5299831954926877e-14,
    -1.8307481747428706e-16,
)  # fmt: skip
# j0(x) for 4 <= x <= 8, in powers of (x^2 - 40) / 24
_J0_MIDDLE: Final = (
    0.22884381861489356, 0.38275938851646063, -0.5267466900617466, -0.01895695708517774, 0.16655463770685366,
    -0.07653397382395791, 0.01828043038715881, -0.0028413092999127042, 0.0003165168575563646, -2.674352570577755e-05,
    1.7808295981195608e-06, -9.611892928115489e-08, 4.297308399060203e-09, -1.6193087672253331e-10,
    5.230931898749812e-12, -1.457164099451955e-13,
)  # fmt: skip
# j1(x) / x for 0 <= x <= 4, in powers of (x^2 - 8) / 8
_J1_NEAR: Final = (
    0.14148999344027124, -0.23976404107550536, 0.0982740476352341, -0.01835270061006565, 0.001973692670859966,
    -0.00013842260985340126, 6.843098462736768e-06, -2.5154561257487614e-07, 7.14923890591187e-09,
    -1.6186077862568024e-10, 2.9888026365273805e-12, -4.5879691356948933e-14, 5.950227438433868e-16,
    -6.6015220158612294e-18,
)  # fmt: skip
# j1(x) / x for 4 <= x <= 8, in powers of (x^2 - 40) / 24
_J1_MIDDLE: Final = (
    -0.031896615709705055, 0.0877911150102911, 0.004739239271294435, -0.05551821256895132, 0.031889155759982454,
    -0.00914021519357824, 0.0016574304249491192, -0.00021101123837700985, 2.0057644279202134e-05,
    -1.4840246488322676e-06, 8.810901871737486e-08, -4.297331469598251e-09, 1.7542495126977203e-10,
    -6.086190138818505e-12, 1.8219633725443033e-13, -4.732567311160238e-15,
)  # fmt: skip
# Hankel's P, and x Q, for x >= 8, in powers of 128 / x^2 - 1
_P0: Final = (
    0.9994572757882519, -0.0005363673192129684, 6.137416080147722e-06, -2.0527448258799449e-07, 1.280376099076141e-08,
    -1.2121099519057572e-09, 1.5500758851076507e-10, -2.4911156904880062e-11, 4.783246447958404e-12,
    -1.0160586422891886e-12, 2.4866519037392967e-13, -1.0240462473077325e-13, 3.227465832411234e-14,
)  # fmt: skip
_Q0: Final = (
    -0.12444091103610816, 0.0005466519279475136, -1.1817110660731776e-05, 5.684971885449539e-07,
    -4.534973594868827e-08, 5.146228618917574e-09, -7.575872758488804e-10, 1.3624528037534764e-10,
    -2.883874657707526e-11, 6.934511856959157e-12, -1.679806856167945e-12, 4.743918666440332e-13,
    -2.7290588708543115e-13, 9.756113163052482e-14,
)  # fmt: skip
_P1: Final = (
    1.0009070262780821, 0.0008988049416705195, -7.959694698478657e-06, 2.4536766331169296e-07,
    -1.4708512516145587e-08, 1.3602970665374068e-09, -1.713127898097472e-10, 2.7234187810004423e-11,
    -5.187199812323414e-12, 1.0958092941572509e-12, -2.668914342038186e-13, 1.0911783410089881e-13,
    -3.4273424546134215e-14,
)  # fmt: skip
_Q1: Final = (
    0.3742149922195918, -0.0007697167057643569, 1.456961480935691e-05, -6.633568564937368e-07, 5.1361067953962794e-08,
    -5.720887751114463e-09, 8.315594957044774e-10, -1.48176724695111e-10, 3.114226480433678e-11,
    -7.446940073176027e-12, 1.7984641737105977e-12, -5.061753362953681e-13, 2.8910711501932256e-13,
    -1.030813830951874e-13,
)  # fmt: skip
# (1 - j0(x)) / x^2 in powers of x^2
_J0_START: Final = (
    0.25, -0.015625, 0.00043402777777777775, -6.781684027777777e-06,
    6.781684027777778e-08, -4.709502797067901e-10, 2.4028075495244395e-12, -9.385966990329842e-15,
    2.896903392077112e-17, -7.242258480192779e-20,
)  # fmt: skip
# The derivative of j1 in powers of x^2
_J1_SLOPE: Final = (
    0.5, -0.1875, 0.013020833333333334, -0.00037977430555555556,
    6.103515625e-06, -6.216543692129629e-08, 4.3731097401344796e-10, -2.252632077679162e-12,
    8.864524379755962e-15, -2.752058222473256e-17,
)  # fmt: skip


def scaled(x: Scalar, near: Sequence[float], below: Sequence[float], far: Sequence[float]) -> Any:
    """A function of x >= 0: a quotient of polynomials up to 8, then a polynomial in 16 / x - 1 over x^(3/2)."""
    bounded = minimum(x, 8.0)
    return decide(
        less(x, 8.0),
        lambda: polynomial(near, bounded) / polynomial(below, bounded),
        lambda: polynomial(far, 16.0 / x - 1.0) / sqrt(x) / x,
    )


def difference(x: Scalar) -> Any:
    """i0e(x) - i1e(x), x >= 0."""
    return scaled(x, _DIFFERENCE, _DIFFERENCE_BELOW, _DIFFERENCE_FAR)


def ratio(x: Scalar) -> Any:
    """i1e(x) / x, x >= 0."""
    return scaled(x, _RATIO, _RATIO_BELOW, _RATIO_FAR)


def i0e_formula(x: Scalar) -> Any:
    u = abs(x)
    bounded = minimum(u, 8.0)
    return decide(
        less(u, 8.0),
        lambda: exp(-bounded) * polynomial(_I0, bounded * bounded),
        lambda: polynomial(_I0E_FAR, 16.0 / u - 1.0) / sqrt(u),
    )


def i1e_formula(x: Scalar) -> Any:
    u = abs(x)
    return decide(
        less(u, 8.0), lambda: x * ratio(u), lambda: sign(x) * (polynomial(_RATIO_FAR, 16.0 / u - 1.0) / sqrt(u))
    )


def waves(x: Scalar, p: Sequence[float], q: Sequence[float], order: int) -> Any:
    """The Bessel function J of order 0 or 1 at x >= 8 by Hankel's P and Q, 0 at infinity."""
    u = 128.0 / x / x - 1.0
    along, across = polynomial(p, u), polynomial(q, u) / x
    c, s = cos(x), sin(x)
    total = along * (c + s) - across * (s - c) if order == 0 else along * (s - c) + across * (s + c)
    return ONE_OVER_SQRT_PI * total / sqrt(x)


def j0_formula(x: Scalar) -> Any:
    u = abs(x)
    square = minimum(u, 8.0) * minimum(u, 8.0)
    return decide(
        less(u, 4.0),
        lambda: decide(
            less(u, 1.0),
            lambda: 1.0 - square * polynomial(_J0_START, square),
            lambda: polynomial(_J0_NEAR, square * 0.125 - 1.0),
        ),
        lambda: decide(
            less(u, 8.0),
            lambda: polynomial(_J0_MIDDLE, (square - 40.0) / 24.0),
            lambda: decide(isinf(u), lambda: 0.0, lambda: waves(u, _P0, _Q0, 0)),
        ),
    )


def j1_formula(x: Scalar) -> Any:
    u = abs(x)
    square = minimum(u, 8.0) * minimum(u, 8.0)
    return decide(
        less(u, 4.0),
        lambda: x * polynomial(_J1_NEAR, square * 0.125 - 1.0),
        lambda: decide(
            less(u, 8.0),
            lambda: x * polynomial(_J1_MIDDLE, (square - 40.0) / 24.0),
            lambda: decide(isinf(u), lambda: 0.0, lambda: sign(x) * waves(u, _P1, _Q1, 1)),
        ),
    )


def j1_slope(out: Scalar, x: Scalar) -> Any:
    """j0(x) - j1(x) / x, near 0 by the series, which is what it is there."""
    return decide(less(x * x, 0.95), lambda: polynomial(_J1_SLOPE, x * x), lambda: j0(x) - out / x)


j0: Primitive = primitive(
    "j0", on_floats(j0_formula), (lambda out, x: -j1(x),), "Bessel's J of order 0", sign="J0", lowering=j0_formula,
    intervals=((-1e9, 1e9),), bend=2.0,
    ball_value=lambda x: x.bessel_j(0), infinity="-inf and inf: 0",
    taylor=lambda out, x, order: series.j0_coefficients(x, lambda: (j0(x), j1(x)), order),
)  # fmt: skip
j1: Primitive = primitive(
    "j1", on_floats(j1_formula), (lambda out, x: j1_slope(out, x),), "Bessel's J of order 1", sign="J1",
    lowering=j1_formula, intervals=((-1e9, 1e9),), bend=2.0, lecture=(lambda out, x: j0(x) - out / x,),
    ball_value=lambda x: x.bessel_j(1), infinity="-inf and inf: 0",
    taylor=lambda out, x, order: series.j1_coefficients(x, lambda: (j0(x), j1(x)), order),
)  # fmt: skip
i0e: Primitive = primitive(
    "i0e", on_floats(i0e_formula), (lambda out, x: -sign(x) * difference(abs(x)),),
    "e^-|x| times Bessel's I of order 0", kinks="0: 0", lowering=i0e_formula, distance=lambda x: x if x > 0.0 else -x,
    bend=2.0, never_zero=True, lecture=(lambda out, x: i1e(x) - sign(x) * out,),
    ball_value=lambda x: ball_functions.scaled_bessel_i(0, x), infinity="-inf and inf: 0",
    taylor=lambda out, x, order: series.i0e_coefficients(out, x, sign(x), order),
)  # fmt: skip
i1e: Primitive = primitive(
    "i1e", on_floats(i1e_formula), (lambda out, x: difference(abs(x)) - ratio(abs(x)),),
    "e^-|x| times Bessel's I of order 1", lowering=i1e_formula, distance=lambda x: x if x > 0.0 else -x, bend=2.0,
    lecture=(lambda out, x: i0e(x) - out / x - sign(x) * out,),
    ball_value=lambda x: ball_functions.scaled_bessel_i(1, x), infinity="-inf and inf: 0",
    taylor=lambda out, x, order: series.i1e_coefficients(out, i0e(x), x, sign(x), order),
)  # fmt: skip
