"""A `Program`: a graph of Values flattened to a list of instructions.

Gradients are graphs too, so a program needs no derivative code of its own.  All values are numbered: first the numbers
of all arguments, then one for each instruction.  A value that depends on a batched argument differs from sample to
sample, until `batch_sum` adds it up.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Sequence
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from autograd_lite.core.table import stop_gradient
from autograd_lite.core.value import Value
from autograd_lite.program import serialisation
from autograd_lite.program.flattening import STOPPING, Lowers, Unrolls, flatten_values, has_lowering, lower, nothing
from autograd_lite.program.instructions import Argument, Instruction, Result, batched_values, operations, rows_in
from autograd_lite.program.payloads import Item, Loop
from autograd_lite.support.files import read_json, write_atomically, write_json
from autograd_lite.support.wording import for_output, readable
from autograd_lite.trees import item_name

if TYPE_CHECKING:
    from autograd_lite.program.payloads import ProductTable


def has_such(payload: Any, lowers: Lowers) -> bool:
    """Whether a payload runs a program with rows that have to be lowered."""
    return isinstance(payload, Loop) and payload.body.lowered(lowers) is not payload.body


def backends() -> ModuleType:
    """The back ends: the only reference to a floor above, therefore by name, and at the first use."""
    return import_module("autograd_lite.backends.program_calls")


class Program:
    """Numbered instructions, to be looked at, counted, saved and compiled.

    >>> from autograd_lite import Value
    >>> x, y = Value(2.0, label="x"), Value(3.0, label="y")
    >>> print(Program.from_values([x * y + x], [x, y]))
    %0 = x
    %1 = y
    %2 = mul %0 %1
    %3 = add %2 %0
    return %3
    """

    def __init__(
        self, arguments: Sequence[Argument], instructions: Sequence[Instruction], results: Sequence[Result]
    ) -> None:
        self.arguments, self.instructions, self.results = tuple(arguments), tuple(instructions), tuple(results)
        self.size = sum(a.size for a in self.arguments)
        self.batched = batched_values(self.arguments, self.instructions)
        """For every value, whether it differs from sample to sample."""
        self.rows = rows_in(self.instructions)
        """The rows of its instructions."""
        self.codes: dict[str, Callable[..., Any]] = {}
        """What the back ends made of it where it was called by itself, by their names; freed with it."""
        self.about = ""
        """Why a compiled function made it, where it is not its first."""
        self.simpler: dict[Any, Program | None] = {}
        """The same without some rows, which all loops share that run it; None: this one has none of them."""

    tables: "Sequence[ProductTable]" = ()
    """Sums over samples of products which the core leaves out (`summed_products`)."""

    def core(self) -> "Program":
        """What computes all but the tables, and the factors of these, which are its last results."""
        return self

    def shapes(self) -> Sequence[tuple[int, bool]]:
        """The sizes of the results, and whether they are batched."""
        return [(len(result.values), result.batched) for result in self.results]

    def places(self) -> Sequence[Sequence[int]]:
        """Where in each result the numbers are that the core computes."""
        return [range(len(result.values)) for result in self.results]

    def with_core(self, core: "Program") -> "Program":
        """The same tables beside another core."""
        return core

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "codes": {}, "simpler": {}}

    @staticmethod
    def from_values(outputs: Sequence[Value], inputs: Sequence[Value]) -> "Program":
        """The program that computes `outputs` from `inputs`; other leaves become constants.

        Raises ValueError where the graph recorded a `where` whose condition was a plain bool: which branch to
        take would be frozen.
        """
        return Program(*flatten_values(outputs, inputs))

    def lowered(self, lowers: Lowers = has_lowering) -> "Program":
        """The same computation without the rows that it `lowers`: each is replaced by its lowering."""
        if lowers not in self.simpler:
            some = any(lowers(row) or has_such(row.payload, lowers) for row in self.rows)
            made = lower(self.arguments, self.instructions, self.results, lowers=lowers) if some else None
            self.simpler[lowers] = made and Program(*made)
        return self.simpler[lowers] or self

    def unrolled(self, unrolls: Unrolls = lambda loop, batched: True) -> "Program":
        """The same computation with all loops written out step by step, or with those that `unrolls` asks for."""
        flags = self.batched
        if all(row.payload is None for row in self.rows) or not any(
            row.payload is not None and unrolls(row.payload, [bool(flags[i]) for i in operands])
            for row, operands, _ in self.instructions
            if not isinstance(row.payload, Item)
        ):
            return self
        return Program(*lower(self.arguments, self.instructions, self.results, unrolls, lowers=nothing))

    def __call__(self, *arguments: Any, backend: str = "auto") -> Any:
        """The results for one value for each argument: its numbers in order, in any pytree or array.

        A result of one number is a float, one of several a list (an array, if an argument is one); several results
        are a tuple.  What is batched is a list over the samples.  With Values among the arguments the program is
        interpreted row by row, so that gradients flow; otherwise it runs as code of the back end.  Raises TypeError on
        a wrong number of arguments, ValueError on a wrong size.

        >>> from autograd_lite import Value, grad
        >>> x, y = Value(2.0), Value(3.0)
        >>> program = Program.from_values([x * y + x], [x, y])
        >>> program(5.0, 7.0), grad(program)(5.0, 7.0)
        (40.0, 8.0)
        """
        return backends().call(self, arguments, backend)

    # -- inspection

    def names(self) -> list[str]:
        """A name for each number of the arguments."""
        names: list[str] = []
        for name, size, _, numbers in self.arguments:
            names += numbers or [name if size == 1 else item_name(name, i) for i in range(size)]
        return names

    def __str__(self) -> str:
        of_each = {True: " of each sample", False: ""}
        lines = [f"# {self.about}"] if self.about else []
        lines += [f"%{i} = {readable(name)}{of_each[bool(self.batched[i])]}" for i, name in enumerate(self.names())]
        for i, (row, operands, constant) in enumerate(self.instructions, self.size):
            shown = [repr(constant)] if constant is not None else [f"%{j}" for j in operands]
            about = [] if row.payload is None else [row.payload.shown()]
            lines.append(f"%{i} = {' '.join([row.name, *about, *shown])}")
            if isinstance(row.payload, Loop):
                lines += [f"    {line}" for line in str(row.payload.body).splitlines()]
        lines += [f"return {', '.join(f'%{i}' for i in r.values)}{of_each[r.batched]}" for r in self.results]
        return for_output("\n".join(lines))

    def __repr__(self) -> str:
        return f"<Program of {self.size} inputs and {len(self.instructions)} instructions>"

    def source(self, backend: str = "python", *, module: bool = True, name: str = "program") -> str:
        """The code that a back end makes of the program: "python", "numpy", "llvm", "javascript" or "c".

        JavaScript is an ES module without any dependency that exports one function of that name; with module=False it
        is an expression, whose value is the function, for a page of one's own: const f = <expression>.  The function
        takes what the program takes, an argument each, as a Float64Array or an array (nested too) of its numbers in
        order, or as a number where it has one; a batched argument holds the numbers of one sample after the other.
        A program over samples takes their number n last, which may be left out where a batched argument tells it.  It
        returns an array with one flat Float64Array for each result, over the samples if batched: [r0, r1].  Nothing is
        kept between calls, and no argument changed; an argument of another size throws a RangeError.

        C is C99 that needs its mathematical library alone, with the bits of the engine where the compiler keeps them
        (-ffp-contract=off, and -frounding-math where it knows operands): void program(n, arguments, results), each a
        pointer to `double`s in the same order and layout, n a size_t that only programs over samples take.  A program
        with large arrays takes room for them last, `work`: the comment before the function and the header say how many
        numbers.

        Raises ValueError on an unknown back end, ImportError on one whose library is missing, NotImplementedError on a
        row that a language has no text for.

        >>> from autograd_lite import Value
        >>> x = Value(2.0)
        >>> print(Program.from_values([x * x], [x]).source("python"), end="")
        def program(n, a0):
            [v0] = a0
            v1 = v0 * v0
            return [[v1]]
        """
        return backends().source(self, backend, module, name)  # type: ignore[no-any-return]

    def stats(self) -> dict[str, Any]:
        """Counts by operation, depth, estimated bytes, and operations in all over those of the first result.

        For a program of `value_and_grad` that ratio is the cost of value and gradient over that of the value
        alone, which the cheap gradient principle bounds.
        """
        counts = Counter(row.name for row, _, _ in self.instructions)
        depth = [0] * (self.size + len(self.instructions))
        for i, (_, operands, _) in enumerate(self.instructions, self.size):
            depth[i] = 1 + max((depth[j] for j in operands), default=-1)
        first = self.reachable(self.results[:1])
        function = sum(operations(x) for i, x in enumerate(self.instructions, self.size) if i in first)
        everything = sum(operations(x) for x in self.instructions)
        return {
            "inputs": self.size,
            "instructions": len(self.instructions),
            "operations": everything,
            "counts": dict(counts),
            "depth": max(depth, default=0),
            "bytes": 8 * len(depth),
            "ratio": everything / function if function else float("nan"),
        }

    def reachable(self, results: Sequence[Result]) -> set[int]:
        """The numbers of all values that the results need."""
        seen: set[int] = set()
        stack = [i for result in results for i in result.values]
        while stack:
            i = stack.pop()
            if i not in seen and i >= self.size:
                stack.extend(self.instructions[i - self.size].operands)
            seen.add(i)
        return seen

    # -- serialisation

    def document(self) -> dict[str, Any]:
        return serialisation.to_document(self.arguments, self.instructions, self.results)

    def to_json(self) -> str:
        """The program as text; floats exactly."""
        return json.dumps(self.document())

    def save(self, path: str | os.PathLike[str], *, header: bool = False) -> None:
        """Write the program to a file, atomically, as `nn.save` does.

        A name that ends in .mjs or .js gets the program as a module of JavaScript, with its types for TypeScript
        beside it, one in .c as a file of C, with `header` also a file in .h; their function has the name of the file.
        All others get a document that `load` reads.  Raises OSError where the file cannot be written or is no regular
        file, TypeError where path is none, NotImplementedError on a row that a language has no text for.
        """
        texts = backends().source_files(self, path, header)
        if texts is None:
            write_json(path, self.document())
            return
        for name, text in texts.items():
            write_atomically(name, text.encode())

    @staticmethod
    def load(path: str | os.PathLike[str]) -> "Program":
        """The program in a file that `save` wrote.  Nothing in the file is executed.

        A program with a row of your own loads only where the table has a row of that name.  Raises ValueError on a
        file that is corrupt, foreign or of a newer version.
        """
        document = read_json(path, serialisation.FORMAT, serialisation.VERSION)
        return Program(*serialisation.from_document(document, str(path)))

    @staticmethod
    def from_json(text: str) -> "Program":
        """The program that `to_json` wrote."""
        return Program(*serialisation.from_document(serialisation.parsed(text), "the text"))


STOPPING.append(
    Program(
        [Argument("carry", 0, False), Argument("x", 1, False), Argument("shared", 0, False)],
        [Instruction(stop_gradient, (0,))],
        [Result((), False), Result((1,), False), Result((), False)],
    )
)
