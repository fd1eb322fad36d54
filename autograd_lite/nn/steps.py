"""One step of training on a mini-batch, in two ways: on Values, and compiled.

`run` is the training run (`training_run.Run`).  `begin` learns the order of an epoch, `step` takes the samples of it
from start to stop and moves the parameters, `check` looks at what they are, `sync` sees to it that the model holds it.
"""

import math
from collections.abc import Sequence
from functools import partial
from typing import Any, TypeAlias

from autograd_lite.core.abstract.tracers import TracingError
from autograd_lite.core.fast.layers import all_finite, assign, data_of_values, remember, restore_data
from autograd_lite.core.graph import CHOSEN, CONSTANT
from autograd_lite.core.operands import Operand, number
from autograd_lite.core.reverse import float_adjoints, topological_order
from autograd_lite.core.table import mean
from autograd_lite.core.value import Value
from autograd_lite.nn.evaluation import is_right
from autograd_lite.nn.metrics import correctness
from autograd_lite.nn.regularisation import BatchNorm
from autograd_lite.nn.shapes import as_lists, data_in
from autograd_lite.optim.clipping import limited
from autograd_lite.support.extras import required
from autograd_lite.transforms.differentiation import as_value, element_of_array, value_and_grad


class Diverged(ArithmeticError):
    """Training met a nan or an infinity; the model keeps the last weights with which all was finite."""


def diverged(run: Any, why: str, *columns: tuple[str, Any]) -> Diverged:
    """The error; of the columns, what is a number of each parameter and the numbers, it names the first bad one."""
    names = {id(p): name for name, p in run.model.named_parameters()}
    bad = (
        f", and {what} {names.get(id(p), 'a parameter')} is {float(x)}"
        for what, numbers in columns
        for p, x in zip(run.optimizer.parameters, numbers, strict=True)
        if not math.isfinite(x)
    )
    return Diverged(
        f"training stopped in epoch {run.epoch + 1}, batch {run.position // run.batch_size + 1}: {why}{next(bad, '')}; "
        f"the model keeps the last weights that were good. Take a smaller learning rate, or clip the gradient"
    )


def depends(loss: Any, parameters: Sequence[Any]) -> bool:
    """Whether anything flows back from the loss to any parameter, or may, by a branch that is not taken."""
    if not isinstance(loss, Operand) and number(loss) is None:
        raise TypeError(f"the loss of a sample is one number or Value, but got {loss!r}; return one")
    order = topological_order([loss]) if isinstance(loss, Value) and not loss._flags & CONSTANT else []
    return bool(order and loss._flags & CHOSEN) or not set(map(id, parameters)).isdisjoint(map(id, order))


def no_dependence(loss: Any) -> ValueError:
    known = "" if isinstance(loss, Value) and loss.is_traced else f": it is {loss!r}, whatever they are"
    return ValueError(
        f"the loss does not depend on the parameters{known}; compute it from the outputs of the model as Values, "
        f"without .data, detach or no_grad"
    )


class Eager:
    """Steps on the graph of each mini-batch.  `.grad` is neither read nor written."""

    def __init__(self, run: Any) -> None:
        self.run = run
        self.depends = False  # whether the loss of any batch came from the parameters
        remember(run.optimizer.parameters)  # the newest weights with which the loss was finite

    def begin(self, order: list[int]) -> None:
        self.order = order

    def step(self, start: int, stop: int) -> tuple[float, float]:
        """The loss of the samples, and how many were right."""
        run, rows = self.run, self.order[start:stop]
        samples, targets = [run.samples[i] for i in rows], [run.targets[i] for i in rows]
        try:
            outputs = run.model.batch(samples)
            losses = [element_of_array(run.compute(p, t)) for p, t in zip(outputs, targets, strict=True)]
            total = run.penalised(mean(losses), run.model)
        except ArithmeticError as error:  # eager functions raise where compiled ones have an infinity
            restore_data(run.optimizer.parameters)
            raise diverged(run, str(error)) from error
        if not self.depends:
            self.depends = depends(total, run.optimizer.parameters)
            if not self.depends and stop == len(self.order):  # a loss may leave samples out, but not all of an epoch
                raise no_dependence(total)
        total = as_value(total)
        self.descend(total)
        if run.kind == "numbers":
            return total.data, 0.0
        return total.data, float(
            sum([is_right(data_in(p), t, run.kind) for p, t in zip(outputs, targets, strict=True)])
        )

    def descend(self, loss: Any) -> None:
        """One step down the gradient of the loss; nothing moves where a number is not finite."""
        run = self.run
        roots = [] if loss._flags & CONSTANT else [loss]
        slopes = float_adjoints(roots, [1.0] * len(roots), run.optimizer.parameters)
        if not math.isfinite(loss.data) or not all_finite(slopes):
            if not math.isfinite(loss.data):
                restore_data(run.optimizer.parameters)
            raise diverged(run, f"the loss is {loss.data}", ("the gradient of", slopes))
        remember(run.optimizer.parameters)
        run.optimizer.step(slopes if run.clip is None else limited(slopes, run.clip))

    def sync(self) -> None:
        """Nothing to do, to fetch or to check: every step takes and moves the Values themselves."""

    fetch = check = sync


class CompiledSteps:
    """Steps as compiled code on flat arrays of parameters, written back to the model by `sync`."""

    def __init__(self, run: Any, fastmath: bool, dtype: Any) -> None:
        self.numpy, self.run = required("numpy", "fit(compile=True)", "jit"), run
        from autograd_lite.backends import compile
        from autograd_lite.backends.fixed_calls import FixedCalls
        from autograd_lite.backends.float32 import checked_dtype
        from autograd_lite.optim.compiled_rules import compiled_rule

        dtype = checked_dtype(dtype, "auto")
        self.samples = self.numpy.array(run.samples, dtype)
        self.targets = self.numpy.array(run.targets, dtype)
        self.norms = [m for _, m in run.model.named_modules() if isinstance(m, BatchNorm)]
        self.fixed = FixedCalls
        self.compile, self.settings = partial(compile, fastmath=fastmath, dtype=dtype), None
        self.rule = compiled_rule(run.optimizer, fastmath=fastmath, dtype=dtype)
        self.fetch()

    def fetch(self) -> None:
        """Take the parameters from the model, and its settings, which a program is made for."""
        self.data = self.before = self.numpy.array(data_of_values(self.run.optimizer.parameters), self.samples.dtype)
        settings = self.run.model.pytree_structure().settings
        if settings != self.settings:
            self.settings, self.program = settings, self.compile(self.whole_step)
            self.program.large = len(self.data)  # numbers of parameters are used
            self.calls: dict[int, Any] = {}  # by the size of the mini-batch

    def begin(self, order: list[int]) -> None:
        self.order = self.numpy.array(order) if self.run.shuffle else None

    def check_first(self) -> None:
        """What a loss that asks for the number of an output lacks, shown by a sample as a step on Values has it."""
        run, training = self.run, self.run.model.training
        run.model.eval()  # which draws and observes nothing
        try:
            loss = element_of_array(run.compute(run.model.batch(run.samples[:1])[0], run.targets[0]))
            if not depends(loss, run.optimizer.parameters):
                raise no_dependence(loss)
        finally:
            run.model.train(training)

    def model(self, flat: Any) -> Any:
        parameters = self.run.model.parameters()
        numbers = dict(zip(map(id, self.run.optimizer.parameters), flat, strict=True))
        return self.run.model.with_parameters([numbers.get(id(p), p) for p in parameters])

    def whole_step(self, flat: Any, X: Any, y: Any) -> Any:
        """The mean loss, its gradient, the share of right samples, and what each BatchNorm observed."""
        mean_loss = self.written_out if self.norms else self.mapped

        def loss(flat: Any) -> Any:
            value, *rest = mean_loss(flat, X, y)
            total = self.run.penalised(value, self.model(flat)) if self.run.penalty else value
            if not depends(total, list(flat)):
                raise no_dependence(total)
            return total, rest

        (value, rest), slopes = value_and_grad(loss, has_aux=True)(flat)
        return value, slopes, *rest

    def mapped(self, flat: Any, X: Any, y: Any) -> tuple[Any, Any, list[Any]]:
        """One sample represents all."""
        from autograd_lite.transforms.batching import vmap

        def sample(flat: Any, x: Any, y: Any) -> tuple[Any, Any]:
            out, target = self.model(flat)(x), as_lists(y)
            return element_of_array(self.run.compute(out, target)), correctness(out, target, self.run.kind)

        return *vmap(sample, in_axes=(None, 0, 0), reduce="mean")(flat, X, y), []

    def written_out(self, flat: Any, X: Any, y: Any) -> tuple[Any, Any, list[Any]]:
        """Every sample, because their outputs depend on each other."""
        for norm in self.norms:
            norm._observed.clear()
        pairs = list(zip(self.model(flat).batch([x.tolist() for x in X]), map(as_lists, y), strict=True))
        right = mean([correctness(p, t, self.run.kind) for p, t in pairs])
        observed = [[(m, v) for _, m, v in norm._observed] for norm in self.norms]
        return mean([element_of_array(self.run.compute(p, t)) for p, t in pairs]), right, observed

    def step(self, start: int, stop: int) -> tuple[float, float]:
        run = self.run
        if self.order is None:
            X, y = self.samples[start:stop], self.targets[start:stop]
        else:
            rows = self.order[start:stop]
            X, y = self.samples.take(rows, 0), self.targets.take(rows, 0)
        try:
            call = self.calls.get(stop - start)
            if call is None:
                call = self.calls[stop - start] = self.fixed(self.program, (self.data, X, y), 3)
            loss, slopes, right, observed = call(self.data, X, y)
        except TracingError:
            self.check_first()
            raise
        if not math.isfinite(loss):
            bad, self.data = self.data, self.before
            raise diverged(run, f"the loss is {loss}", ("the parameter", bad), ("the gradient of", slopes))
        if run.clip is not None:
            slopes = self.numpy.array(limited(slopes.tolist(), run.clip), slopes.dtype)
        self.before = self.data  # neither of them is among the results of the next step
        self.data = run.optimizer.move(self.data, slopes, self.rule)
        for norm, features in zip(self.norms, observed, strict=True) if self.norms else ():
            norm.num_batches_tracked += 1.0
            for k, (centre, variance) in enumerate(features):
                norm.absorb(k, centre, variance)
        return loss, right * (stop - start)

    def check(self) -> None:
        """Raise where a parameter is not finite; the model keeps the last good ones."""
        if not self.numpy.isfinite(self.data).all():
            bad, self.data = self.data, self.before
            raise diverged(self.run, "the loss is nan", ("the parameter", bad))

    def sync(self) -> None:
        """Write the parameters to the model."""
        assign(self.run.optimizer.parameters, self.data.tolist())


Steps: TypeAlias = Eager | CompiledSteps
