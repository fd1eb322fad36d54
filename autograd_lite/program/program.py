"""A `Program`: a graph of Values flattened to a list of instructions.

Above `transforms`, whose gradients are graphs too, so a program needs no derivative code of its own.  The back
ends in `compiling` turn it into fast code.  All values are numbered: first the numbers of all arguments, then
one for each instruction.  A value that depends on a batched argument differs from sample to sample, until
`batch_sum` adds it up.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.core.graph import BATCH_SUM, NUMBER
from autograd_lite.program.flattening import flatten_values, lower
from autograd_lite.program.instructions import ROWS, Argument, Instruction, Result, operations
from autograd_lite.support.files import read_json, write_json
from autograd_lite.trees import item_name

FORMAT, VERSION = "autograd_lite.program", 1
LARGEST = 10**8
"""So many numbers a program that comes from a file may take: a damaged one must not fill the memory."""

ABOVE: dict[str, Callable[..., Any]] = {}
"""What programs do by their back ends: "call" and "source"; `compiling`, a floor above, enters both."""


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
        self.arguments = tuple(arguments)
        self.instructions = tuple(instructions)
        self.results = tuple(results)
        self.size = sum(a.size for a in self.arguments)
        self.batched = self._batched()

    def _batched(self) -> list[bool]:
        """For every value, whether it differs from sample to sample."""
        flags = [a.batched for a in self.arguments for _ in range(a.size)]
        for row, operands, _ in self.instructions:
            flags.append(row is not BATCH_SUM and any(flags[i] for i in operands))
        return flags

    @staticmethod
    def from_values(outputs: Sequence[Any], inputs: Sequence[Any]) -> "Program":
        """The program that computes `outputs` from `inputs`; other leaves become constants.

        Raises ValueError where the graph recorded a `where` whose condition was a plain bool: which branch to
        take would be frozen.
        """
        return Program(*flatten_values(outputs, inputs))

    def lowered(self) -> "Program":
        """The same computation in the rows that back ends know; the others are replaced by what they mean."""
        if all(row.lowering is None for row, _, _ in self.instructions):
            return self
        return Program(*lower(self.arguments, self.instructions, self.results)).lowered()

    def __call__(self, *arguments: Any, backend: str = "auto") -> Any:
        """The results for one argument for each of its own: the numbers in order, in whatever nest or array.

        A result of one number is a float, one of several a list (an array, if an argument is one); several results
        are a tuple.  What is batched is a list over the samples.  With Values among the arguments it runs row by row,
        so that gradients flow; otherwise as code of the back end.  Raises TypeError on a wrong number of arguments,
        ValueError on a wrong size.

        >>> from autograd_lite import Value, grad
        >>> x, y = Value(2.0), Value(3.0)
        >>> program = Program.from_values([x * y + x], [x, y])
        >>> program(5.0, 7.0), grad(program)(5.0, 7.0)
        (40.0, 8.0)
        """
        return ABOVE["call"](self, arguments, backend)

    # -- looking at it

    def names(self) -> list[str]:
        """A name for each number of the arguments."""
        names: list[str] = []
        for argument in self.arguments:
            single = argument.size == 1
            names += argument.numbers or [
                argument.name if single else item_name(argument.name, i) for i in range(argument.size)
            ]
        return names

    def __str__(self) -> str:
        lines = []
        for i, name in enumerate(self.names()):
            lines.append(f"%{i} = {name}" + (" of each sample" if self.batched[i] else ""))
        for i, (row, operands, constant) in enumerate(self.instructions, self.size):
            shown = [repr(constant)] if constant is not None else [f"%{j}" for j in operands]
            lines.append(f"%{i} = {' '.join([row.name, *shown])}")
        for result in self.results:
            lines.append(
                f"return {', '.join(f'%{i}' for i in result.values)}" + (" of each sample" if result.batched else "")
            )
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<Program of {self.size} inputs and {len(self.instructions)} instructions>"

    def source(self, backend: str = "python") -> str:
        """The code that a back end makes of the program: "python", "numpy" or "llvm".

        Raises ValueError on an unknown back end, ImportError on one whose library is missing.

        >>> from autograd_lite import Value
        >>> x = Value(2.0)
        >>> print(Program.from_values([x * x], [x]).source("python"), end="")
        def program(n, a0):
            [v0] = a0
            v1 = v0 * v0
            return [[v1]]
        """
        text: str = ABOVE["source"](self, backend)
        return text

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
            if i not in seen:
                seen.add(i)
                if i >= self.size:
                    stack.extend(self.instructions[i - self.size].operands)
        return seen

    # -- keeping it

    def to_json(self) -> str:
        """The program as text; floats exactly."""
        return json.dumps(self._document())

    def _document(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "version": VERSION,
            "arguments": [[*a[:3], list(a.numbers)] if a.numbers else list(a[:3]) for a in self.arguments],
            "instructions": [
                [row.name, list(operands)] + ([] if constant is None else [constant.hex()])
                for row, operands, constant in self.instructions
            ],
            "results": [[list(r.values), r.batched] for r in self.results],
        }

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the program to a file, atomically.  Raises OSError where the file cannot be written."""
        write_json(path, self._document())

    @staticmethod
    def load(path: str | os.PathLike[str]) -> "Program":
        """The program in a file that `save` wrote.  Nothing that the file says is executed.

        Raises ValueError on a file that is corrupt, foreign or of a newer version.
        """
        return Program.from_document(read_json(path, FORMAT, VERSION), str(path))

    @staticmethod
    def from_json(text: str) -> "Program":
        """The program that `to_json` wrote."""
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"this is no JSON: {error}; pass what to_json returned") from None
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise ValueError(f"this JSON holds no {FORMAT}; pass what to_json returned")
        return Program.from_document(document, "the text")

    @staticmethod
    def from_document(document: dict[str, Any], where: str) -> "Program":
        try:
            if document["version"] != VERSION:
                raise ValueError(f"its version is {document['version']!r}, this library reads version {VERSION}")
            return _checked(document)
        except (KeyError, TypeError, ValueError, IndexError, OverflowError, AttributeError) as error:
            raise ValueError(
                f"{where} does not hold a valid program: {error}; save it again with this version of the library"
            ) from None


def _checked(document: dict[str, Any]) -> Program:
    """A program from untrusted data: every name, number and count is looked at."""
    arguments = []
    for name, size, batched, *rest in document["arguments"]:
        numbers = tuple(rest[0]) if rest else ()
        named = len(rest) <= 1 and len(numbers) in (0, size) and all(isinstance(x, str) for x in numbers)
        if not (isinstance(name, str) and _whole(size) and isinstance(batched, bool) and named):
            raise ValueError(f"an argument reads {[name, size, batched, *rest]!r}")
        arguments.append(Argument(name, size, batched, numbers))
    count = sum(a.size for a in arguments)
    if count > LARGEST:
        raise ValueError(f"its arguments hold {count} numbers, more than {LARGEST}")
    instructions = []
    for entry in document["instructions"]:
        name, operands = entry[0], tuple(entry[1])
        if not isinstance(name, str) or name not in ROWS:
            raise ValueError(f"there is no row {name!r}")
        row = ROWS[name]
        if row.arity is not None and len(operands) != row.arity:
            raise ValueError(f"{name} takes {row.arity} operands, not {len(operands)}")
        if (name == "dot" and len(operands) % 2) or (not operands and name in ("mean", "max", "min", "logsumexp")):
            raise ValueError(f"{name} has no value for {len(operands)} operands")
        if not all(_whole(i) and i < count for i in operands):
            raise ValueError(f"instruction {count} uses values {operands!r}, which don't stand before it")
        if (len(entry) == 3) != (row is NUMBER):
            raise ValueError(f"instruction {count} ({name}) has a wrong payload")
        instructions.append(Instruction(row, operands, float.fromhex(entry[2]) if row is NUMBER else None))
        count += 1
    results = []
    for values, batched in document["results"]:
        if not (isinstance(batched, bool) and all(_whole(i) and i < count for i in values)):
            raise ValueError(f"a result reads {[values, batched]!r}")
        results.append(Result(tuple(values), batched))
    program = Program(arguments, instructions, results)
    for result in results:
        if not result.batched and any(program.batched[i] for i in result.values):
            raise ValueError("a result that is not batched holds values that are")
    return program


def _whole(x: object) -> bool:
    return isinstance(x, int) and not isinstance(x, bool) and x >= 0
