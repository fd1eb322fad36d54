"""What a report calls arguments and derivatives; what is inside of them has its path in the pytree."""

from collections.abc import Sequence

from autograd_lite.transforms.signatures import Function, numbered, parameter_names


def derivative(title: str, operand: str) -> str:
    """The name of the derivative of a result, or of its derivative, in an operand."""
    return f"d2{title[1:]} d {operand}" if title.startswith("d ") else f"d {title} / d {operand}"


def argument_names(f: Function, args: Sequence[object]) -> list[str]:
    """What f calls its arguments."""
    return numbered(parameter_names(f), len(args))
