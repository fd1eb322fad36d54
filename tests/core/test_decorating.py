"""Scopes as decorators: around every step of what they decorate, and around nothing else."""

import asyncio
import contextlib
import functools
import inspect
import types

import pytest

from autograd_lite import AnomalyError, Value, detect_anomaly, enable_grad, grad, log, nn, no_grad, sqrt, tanh
from autograd_lite.core.contexts.modes import PAUSED
from autograd_lite.support.build import is_native

X = Value(2.0)


def op():
    return (X * X).op


def test_functions_methods_and_what_wraps_functions():
    class Model:
        @no_grad()
        def predict(self):
            return self, op()

        @staticmethod
        @no_grad()
        def inner():
            return op()

        @no_grad()
        @staticmethod
        def outer():
            return op()

        @no_grad()
        @classmethod
        def made(cls):
            return cls, op()

    model = Model()
    assert model.predict() == (model, "detached")
    assert (Model.inner(), model.outer(), Model.made()) == ("detached", "detached", (Model, "detached"))
    for f in (op, functools.partial(op), functools.lru_cache(op), model.predict):
        assert "detached" in str(no_grad()(f)())
    assert op() == "mul"
    assert no_grad()(op).__name__ == "op"


def test_enable_grad_records_within_no_grad():
    @enable_grad()
    def inner():
        return op()

    with no_grad():
        assert (op(), inner(), op()) == ("detached", "mul", "detached")
    assert enable_grad()(op)() == "mul"


@pytest.mark.parametrize("decorator", [no_grad, enable_grad, detect_anomaly])
@pytest.mark.parametrize(
    "what", [nn.MLP, nn.MLP(2, [1]), 3, None, "f", property(op), X, tanh], ids=lambda x: type(x).__name__
)
def test_anything_else_is_refused(decorator, what):
    name = decorator.__name__
    with pytest.raises(TypeError, match=rf"@{name}\(\) decorates functions, .*, but got .*with {name}\(\):"):
        decorator()(what)


@pytest.mark.parametrize("decorator", [no_grad, enable_grad, detect_anomaly])
def test_the_parentheses_are_not_forgotten(decorator):
    with pytest.raises(TypeError, match=rf"write @{decorator.__name__}\(\)"):

        @decorator
        def f():
            return 1.0


def test_a_generator_is_under_it_while_its_own_body_runs():
    seen = []

    @no_grad()
    def numbers(n):
        """Its text."""
        try:
            for _ in range(n):
                try:
                    seen.append((yield op()))
                except KeyError as error:
                    seen.append((error.args[0], op()))
            return op()
        finally:
            seen.append(op())

    assert inspect.isgeneratorfunction(numbers)
    assert numbers.__doc__ == "Its text."
    steps = numbers(4)
    assert isinstance(steps, types.GeneratorType)
    assert (next(steps), op(), steps.send("sent"), op()) == ("detached", "mul", "detached", "mul")
    assert (steps.throw(KeyError("thrown")), op()) == ("detached", "mul")
    steps.close()
    assert op() == "mul"
    assert seen == ["sent", ("thrown", "detached"), "detached"]
    assert list(numbers(2)) == ["detached"] * 2

    def outer():
        return (yield from numbers(1))

    results = outer()
    next(results)
    with pytest.raises(StopIteration) as end:
        next(results)
    assert end.value.value == "detached"
    with pytest.raises(ZeroDivisionError):
        numbers(1).throw(ZeroDivisionError)
    assert op() == "mul"


def test_generators_that_interleave_end_in_any_order():
    @no_grad()
    def paused():
        while True:
            yield op()

    @enable_grad()
    def recorded():
        while True:
            yield op()

    a, b, c = paused(), recorded(), paused()
    for _ in range(3):
        assert (next(a), next(b), op(), next(c)) == ("detached", "mul", "mul", "detached")
    a.close()
    assert (next(b), next(c), op()) == ("mul", "detached", "mul")
    with no_grad():
        assert (next(b), next(c), op()) == ("mul", "detached", "detached")


def test_a_with_around_a_yield_reaches_the_consumer_until_the_generator_goes_on():
    def numbers():
        with no_grad():
            yield op()
        yield op()

    steps = numbers()
    assert (next(steps), op(), next(steps), op()) == ("detached", "detached", "mul", "mul")
    left = numbers()
    next(left)
    assert op() == "detached"
    del left  # it is closed where it is dropped
    assert op() == "mul"
    first, second = numbers(), numbers()
    next(first), next(second)
    next(first)
    assert op() == "detached"
    next(second)
    assert op() == "mul"

    @contextlib.contextmanager
    def evaluating():
        with no_grad():
            yield

    with evaluating():
        assert op() == "detached"
    assert op() == "mul"


def test_a_coroutine_is_under_it_and_other_tasks_are_not():
    async def rounds(seen, n=4):
        for _ in range(n):
            seen.append(op())
            await asyncio.sleep(0)
        return seen

    paused = no_grad()(rounds)
    assert inspect.iscoroutinefunction(paused)

    async def inner():
        seen = []
        await paused(seen)
        return seen, op()

    async def main():
        return await asyncio.gather(paused([]), rounds([]), paused([]), inner(), rounds([]))

    assert asyncio.run(main()) == [
        ["detached"] * 4, ["mul"] * 4, ["detached"] * 4, (["detached"] * 4, "mul"), ["mul"] * 4,
    ]  # fmt: skip


def test_a_with_holds_in_its_task_and_in_those_that_start_inside_of_it():
    async def work():
        await asyncio.sleep(0.001)
        return op()

    async def pausing():
        with no_grad():
            await asyncio.sleep(0)
            return op()

    async def main():
        outside = asyncio.create_task(work())
        pauses = asyncio.create_task(pausing())
        with no_grad():
            inside = asyncio.create_task(work())
            thread = asyncio.to_thread(op)
            in_thread = await thread
        return await outside, await pauses, await inside, in_thread, op()

    assert asyncio.run(main()) == ("mul", "detached", "detached", "detached", "mul")


def test_a_cancelled_task_leaves_nothing_on():
    async def main():
        @no_grad()
        async def work(seen):
            try:
                await asyncio.sleep(10)
            finally:
                seen.append(op())

        seen = []
        task = asyncio.create_task(work(seen))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return seen, op()

    assert asyncio.run(main()) == (["detached"], "mul")


def test_an_asynchronous_generator():
    seen = []

    @no_grad()
    async def numbers(n):
        try:
            for _ in range(n):
                try:
                    seen.append((yield op()))
                except KeyError:
                    seen.append(op())
                await asyncio.sleep(0)
                seen.append(op())
        finally:
            await asyncio.sleep(0)
            seen.append(op())

    async def main():
        steps = numbers(5)
        found = [await anext(steps), op(), await steps.asend("sent"), op(), await steps.athrow(KeyError), op()]
        await steps.aclose()
        found += [item async for item in numbers(1)]
        return found, op()

    assert inspect.isasyncgenfunction(numbers)
    assert asyncio.run(main()) == (["detached", "mul"] * 3 + ["detached"], "mul")
    assert seen == ["sent", "detached", "detached", "detached", "detached", None, "detached", "detached"]


def test_detect_anomaly_decorates_as_well():
    @detect_anomaly()
    def bad(x):
        return x * Value(float("inf"))

    @detect_anomaly()
    def steps():
        yield 1.0
        sqrt(Value(0.0)).backward()
        yield 2.0

    @detect_anomaly()
    async def later():
        await asyncio.sleep(0)
        return Value(0.0) * Value(float("inf"))

    with pytest.raises(AnomalyError):
        bad(X)
    run = steps()
    assert next(run) == 1.0
    with pytest.raises(AnomalyError):
        next(run)
    with pytest.raises(AnomalyError):
        asyncio.run(later())

    @detect_anomaly()
    def good():
        yield from [1.0, 2.0]
        return 3.0

    assert list(good()) == [1.0, 2.0]
    assert grad(log)(1.0) == 1.0


def test_a_decorated_generator_makes_no_reference_cycle():
    if is_native():
        pytest.skip("seen in plain Python, where Values can be weakly referenced")
    import gc
    import weakref

    class Marker:
        pass

    @no_grad()
    def steps():
        yield None
        marker = Marker()
        seen.append(weakref.ref(marker))
        return marker

    def run():
        iterator = steps()
        next(iterator)
        with contextlib.suppress(StopIteration):
            next(iterator)

    seen = []
    gc.disable()
    try:
        run()
        assert seen[0]() is None
    finally:
        gc.enable()
    assert not PAUSED.get()
