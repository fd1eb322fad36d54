"""Functions that equations define: roots, fixed points and minima, differentiated by the implicit function theorem.

Where F(x, a) = 0 holds, dx = -(dF/dx)^-1 (dF/da) da, however x was found.  So the solver is never differentiated: it
may be anybody's, and the rule is written in functions of this library, which gives all orders.
"""

from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.control.linear_systems import SingularMatrix, solved
from autograd_lite.control.solvers import Matrix, Numbers, SolutionError, descent, is_small, iteration, newton
from autograd_lite.core.abstract.tracers import RuleError, check_traced
from autograd_lite.core.graph import Node
from autograd_lite.core.operands import Operand
from autograd_lite.transforms.call_arguments import Arguments
from autograd_lite.transforms.differentiation import grad
from autograd_lite.transforms.jacobians import jacobian, jvp, vjp
from autograd_lite.transforms.opaque_functions import called_on_numbers, on_nodes
from autograd_lite.transforms.rule_calls import FlatRule, called
from autograd_lite.transforms.signatures import Function, name_of
from autograd_lite.trees import flatten_numbers
from autograd_lite.trees.pytree import leaves_like

TRUSTED = 1e-3
"""How far from a solution, relative to it, what a user's solver returns may be, by the next step of Newton's method."""

Solver = Callable[[Function, Any], Any]


class Implicit(FlatRule):
    """A solution, as a function of the start and of the arguments of an equation; only these have derivatives."""

    of = "the solution"

    def __init__(
        self, f: Function, x0: Any, args: tuple[Any, ...], solver: Solver | None, tol: float, maxiter: int
    ) -> None:
        if not callable(f):
            raise TypeError(f"{self.of} is that of a function, but got {f!r}; pass the function, then where to start")
        if solver is not None and not callable(solver):
            raise TypeError(f"a solver is a function of (f, x0), but got {solver!r}; pass lambda f, x0: ...")
        self.f, self.solver, self.tol, self.maxiter = f, solver, tol, maxiter
        self.name = f"{self.of.split()[-1]}_of_{name_of(f) if name_of(f).isidentifier() else 'f'}"
        start, self.treedef = flatten_numbers(x0, f"start of {self.of} of {name_of(f)}")
        self.size = len(start)
        if not self.size:
            raise TypeError(f"{self.of} of {name_of(f)} starts from numbers, but got {x0!r}; pass at least one")
        self.args = Arguments(args, [f"argument {i} of {name_of(f)}" for i in range(1, len(args) + 1)])
        self.start = [float(x) if not isinstance(x, Operand) else x for x in start]
        self.count = self.size + len(self.args.places)

    def solution(self) -> Any:
        """The solution, in the structure of the start."""
        operands = [*self.start, *self.args.take_operands()]
        self.start = []  # they are not kept
        return self.treedef.unflatten(called(self, operands))

    # -- the equation, on lists of numbers

    def value(self, x: Sequence[Any], numbers: Sequence[Any]) -> list[Any]:
        """f of a solution and numbers of the arguments, in the structure of the solution."""
        found = self.f(self.treedef.unflatten(list(x)), *self.args.with_operands(numbers))
        try:
            return leaves_like(found, self.treedef, f"result of {name_of(self.f)}")
        except ValueError as error:
            raise RuleError(f"{self.of} is sought of a function from x to the same structure, but {error}") from None

    def residual(self, x: Sequence[Any], numbers: Sequence[Any]) -> list[Any]:
        """What is 0 at the solution."""
        return self.value(x, numbers)

    def slopes(self, x: Sequence[Any], numbers: Sequence[Any]) -> list[list[Any]]:
        """The Jacobian of the residual in x."""
        return jacobian(lambda x: self.residual(x, numbers))(list(x))  # type: ignore[no-any-return]

    # -- the solution

    def compute(self, operands: list[Any]) -> list[Any]:
        numbers = [known_float(x) for x in operands]
        start, given = numbers[: self.size], numbers[self.size :]
        if self.solver is None:
            return self.solve(start, given)
        found = self.taken_apart(self.solver(self.plain_function(given), self.treedef.unflatten(list(start))))
        self.check(found, given)
        return list(found)

    def outputs_of_opaque(self) -> int:
        return self.size

    def functions(self) -> Sequence[Any]:
        return (self.f,)

    def inspect(self, operands: list[Any], outputs: list[Any]) -> None:
        on_nodes(self.name, lambda xs: self.residual(xs, operands[self.size :]), outputs, operands)

    def solve(self, start: Numbers, given: Numbers) -> Numbers:
        """The solution by the solver of this library."""
        return newton(self.at(self.residual, given), self.matrix(given), start, self.tol, self.maxiter)

    def at(self, f: Callable[[Sequence[Any], Sequence[Any]], list[Any]], given: Numbers) -> Callable[[Numbers], Any]:
        """A function of the solution and the arguments as one of floats, for these arguments."""
        n = self.size
        return lambda x: called_on_numbers(self.name, lambda xs: f(xs[:n], xs[n:]), [*x, *given])

    def matrix(self, given: Numbers) -> Callable[[Numbers], Matrix]:
        flat = self.at(lambda x, a: [v for row in self.slopes(x, a) for v in row], given)
        n = self.size

        def rows(x: Numbers) -> Matrix:
            found = flat(x)
            return [found[i : i + n] for i in range(0, n * n, n)]

        return rows

    def plain_function(self, given: Numbers) -> Function:
        """The function that a user's solver gets: of floats, in the structure of the start."""
        f = self.at(self.value, given)
        return lambda x: self.treedef.unflatten(f(self.taken_apart(x)))

    def taken_apart(self, x: Any) -> Numbers:
        """The floats of what a solver returned or asked for."""
        if hasattr(x, "success") and hasattr(x, "x"):  # what SciPy's solvers return
            if not x.success:
                raise SolutionError(f"{self.of} of {name_of(self.f)} was not found by the solver: {x.message}")
            x = x.x
        if self.treedef.num_leaves == 1 and getattr(x, "size", 0) == 1:
            return [float(x.item())]  # SciPy makes an array of a number
        try:
            return [known_float(v) for v in leaves_like(x, self.treedef, "result of the solver")]
        except ValueError as error:
            raise SolutionError(f"{error}, as x0 has it") from None

    def check(self, x: Numbers, given: Numbers) -> None:
        """Raise where what a solver returned is no solution."""
        residual = self.at(self.residual, given)(x)
        try:
            step = solved(self.matrix(given)(x), residual)
        except SingularMatrix:
            return  # the derivative raises
        if not is_small(step, x, TRUSTED):
            raise SolutionError(
                f"the solver returned {self.treedef.unflatten(x)!r}, but that is not {self.of} of {name_of(self.f)}: "
                f"the rest is {residual}; check the solver and its tolerance"
            )

    # -- its derivatives

    def pull(self, operands: list[Any], outputs: list[Any], adjoints: list[Any]) -> list[Any]:
        given = operands[self.size :]
        matrix = self.slopes(outputs, given)
        multipliers = self.solved([list(column) for column in zip(*matrix, strict=True)], adjoints)
        if not given:
            return [None] * self.size
        (found,) = vjp(lambda a: self.residual(outputs, a), given)[1]([-x for x in multipliers])
        return [*[None] * self.size, *found]

    def push(self, operands: list[Any], outputs: list[Any], tangents: list[Any]) -> list[Any]:
        given = operands[self.size :]
        if not given:
            return [None] * self.size
        moved = jvp(lambda a: self.residual(outputs, a), (given,), (tangents[self.size :],))[1]
        return self.solved(self.slopes(outputs, given), [-x for x in moved])

    def solved(self, matrix: list[list[Any]], right: list[Any]) -> list[Any]:
        try:
            return solved(matrix, right)
        except SingularMatrix as error:
            raise SolutionError(
                f"{self.of} of {name_of(self.f)} has no derivative here: {error}; the equation does not determine the "
                f"solution there to first order, so move the arguments away from that point"
            ) from None


class Root(Implicit):
    of = "the root"


class FixedPoint(Implicit):
    of = "the fixed point"

    def residual(self, x: Sequence[Any], numbers: Sequence[Any]) -> list[Any]:
        return [a - b for a, b in zip(self.value(x, numbers), x, strict=True)]

    def solve(self, start: Numbers, given: Numbers) -> Numbers:
        return iteration(self.at(self.value, given), self.matrix(given), start, self.tol, self.maxiter)


class Minimum(Implicit):
    of = "the minimum"

    def value(self, x: Sequence[Any], numbers: Sequence[Any]) -> list[Any]:
        return [self.f(self.treedef.unflatten(list(x)), *self.args.with_operands(numbers))]

    def residual(self, x: Sequence[Any], numbers: Sequence[Any]) -> list[Any]:
        return grad(lambda x: self.value(x, numbers)[0])(list(x))  # type: ignore[no-any-return]

    def solve(self, start: Numbers, given: Numbers) -> Numbers:
        f, slopes = self.at(self.value, given), self.matrix(given)
        x = descent(lambda x: f(x)[0], self.at(self.residual, given), slopes, start, self.tol, self.maxiter)
        curvature = slopes(x)
        if any(curvature[k][k] < 0.0 for k in range(self.size)):
            raise SolutionError(
                f"no minimum of {name_of(self.f)} was found: its gradient is 0 at {self.treedef.unflatten(x)!r}, but f "
                f"curves down there; start elsewhere"
            )
        return x

    def plain_function(self, given: Numbers) -> Function:
        f = self.at(self.value, given)
        return lambda x: f(self.taken_apart(x))[0]


def known_float(x: Any) -> float:
    if isinstance(x, Node):
        check_traced(x, "a solver needs it")
        return x._data
    return float(x)


def root(f: Function, x0: Any, *args: Any, solver: Solver | None = None, tol: float = 1e-12, maxiter: int = 100) -> Any:
    """The x near x0 with f(x, *args) = 0, as a differentiable function of the args.

    x and f(x, *args) are pytrees of one structure, that of x0.  Derivatives, at every order and in both modes, are
    those of the implicit function theorem, dx = -(df/dx)^-1 (df/da) da; source: Krantz and Parks, The implicit
    function theorem, ch. 3.  Differentiated are the args: x0, `tol` and `maxiter` are constants, and so are whole
    numbers and bools among the args.  A Value that f uses besides raises TypeError: make it one of the args.

    `solver(g, x0)` finds x where you have a better one: g(x) is f(x, *args) on plain numbers, in the structure of x0.
    SciPy's results are understood, so `solver=scipy.optimize.root` does, or `lambda g, x0: brentq(g, 0.0, 2.0)`.
    Without it, Newton's method takes at most `maxiter` steps, until one is below `tol`, relative to x.  Compiled, the
    back ends python and llvm call the solver back.

    Raises SolutionError where no solution is found, where what a solver returned is none, and where df/dx is singular,
    which is when a derivative is asked for; compiled derivatives are inf or nan there.

    >>> from autograd_lite import grad
    >>> def sqrt_of(a):
    ...     return root(lambda x, a: x * x - a, 1.0, a)
    >>> sqrt_of(4.0), grad(sqrt_of)(4.0), grad(grad(sqrt_of))(4.0)
    (2.0, 0.25, -0.03125)
    """
    return Root(f, x0, args, solver, tol, maxiter).solution()


def fixed_point(
    f: Function, x0: Any, *args: Any, solver: Solver | None = None, tol: float = 1e-12, maxiter: int = 10_000
) -> Any:
    """The x with f(x, *args) = x that iteration from x0 leads to, as a differentiable function of the args.

    See `root` for structures, constants, errors and the rule, here dx = (1 - df/dx)^-1 (df/da) da.  Without a
    `solver(g, x0)`, x becomes g(x) until that moves it by less than `tol`, relative to x, at most `maxiter` times; then
    Newton's method polishes it.

    >>> from autograd_lite import cos, grad
    >>> x = fixed_point(lambda x, a: cos(a * x), 1.0, 1.0)
    >>> round(x, 6), round(grad(lambda a: fixed_point(lambda x, a: cos(a * x), 1.0, a))(1.0), 6)
    (0.739085, -0.297474)
    """
    return FixedPoint(f, x0, args, solver, tol, maxiter).solution()


def minimize(
    f: Function, x0: Any, *args: Any, solver: Solver | None = None, tol: float = 1e-12, maxiter: int = 100
) -> Any:
    """The x near x0 at which the number f(x, *args) is smallest, as a differentiable function of the args.

    See `root` for structures, constants and errors; the equation is df/dx = 0, so the rule needs a Hessian that is not
    singular, and f is written in functions of this library.  `solver(g, x0)` gets g(x) = f(x, *args), as
    `lambda g, x0: scipy.optimize.minimize_scalar(g)` takes it.  Without it, Newton's method goes down f.

    >>> from autograd_lite import grad
    >>> def nearest(a):
    ...     return minimize(lambda x, a: (x - a) ** 2 + x**4, 0.0, a)
    >>> round(nearest(3.0), 12), round(grad(nearest)(3.0), 12)
    (1.0, 0.142857142857)
    """
    return Minimum(f, x0, args, solver, tol, maxiter).solution()
