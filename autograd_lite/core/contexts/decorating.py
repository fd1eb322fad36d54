"""A `with` statement as a decorator: of functions, generators, coroutines and asynchronous generators.

What suspends is left in between: the modes are set around every step that the body of the function takes, and neither
the consumer of a generator nor another task runs under them.
"""

import functools
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AbstractContextManager
from typing import Any

Function = Callable[..., Any]
Again = Callable[[], AbstractContextManager[Any]]


def decorated(f: Any, again: Again, name: str) -> Any:
    """The function f, run within `again()` at each call.  Raises TypeError where f is not a function."""
    import inspect

    if isinstance(f, (staticmethod, classmethod)):
        return type(f)(decorated(f.__func__, again, name))
    if (
        isinstance(f, type)
        or not callable(f)
        or not (inspect.isroutine(f) or isinstance(f, functools.partial) or hasattr(f, "__wrapped__"))
    ):
        raise TypeError(
            f"@{name}() decorates functions, generators and coroutines, but got {with_documentation(f)}; "
            f"decorate its methods, or write `with {name}():` around what it does"
        )
    if inspect.isasyncgenfunction(f):
        return functools.wraps(f)(asynchronous_generator(f, again))
    if inspect.iscoroutinefunction(f):
        return functools.wraps(f)(coroutine(f, again))
    if inspect.isgeneratorfunction(f):
        return functools.wraps(f)(scoped_generator(f, again))
    return functools.wraps(f)(scoped_function(f, again))


def with_documentation(f: object) -> str:
    return f"the class {f.__qualname__}" if isinstance(f, type) else f"an object of type {type(f).__name__}"


def scoped_function(f: Function, again: Again) -> Function:
    def within(*args: Any, **kwargs: Any) -> Any:
        with again():
            return f(*args, **kwargs)

    return within


def scoped_generator(f: Function, again: Again) -> Function:
    def within(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        return (yield from ScopedSteps(f(*args, **kwargs), again()))

    return within


def coroutine(f: Function, again: Again) -> Function:
    async def within(*args: Any, **kwargs: Any) -> Any:
        return await ScopedSteps(f(*args, **kwargs).__await__(), again())

    return within


def asynchronous_generator(f: Function, again: Again) -> Function:
    async def within(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        scope, source = again(), f(*args, **kwargs)
        step: Awaitable[Any] = source.__anext__()
        while True:
            try:
                item = await ScopedSteps(step.__await__(), scope)
            except StopAsyncIteration:
                return
            try:
                step = source.asend((yield item))
            except GeneratorExit:
                await ScopedSteps(source.aclose().__await__(), scope)
                raise
            except BaseException as error:
                step = source.athrow(error)

    return within


class ScopedSteps(Generator[Any, Any, Any]):
    """What yields, with a `with` statement around every step."""

    def __init__(self, source: Generator[Any, Any, Any], scope: AbstractContextManager[Any]) -> None:
        self.source = source
        self.scope = scope

    def send(self, value: Any) -> Any:
        return self.step(self.source.send, value)

    def throw(self, *error: Any) -> Any:
        return self.step(self.source.throw, *error)

    def close(self) -> None:
        self.step(self.source.close)

    def step(self, take: Function, *arguments: Any) -> Any:
        with self.scope:
            try:
                return take(*arguments)
            except (StopIteration, StopAsyncIteration) as result:
                end = result  # which is how a step returns, and no error that the scope should see
        try:
            raise end
        finally:
            del end  # its traceback holds this frame

    def __await__(self) -> "ScopedSteps":
        return self
