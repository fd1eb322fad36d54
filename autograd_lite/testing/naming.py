"""What a report calls derivatives; arguments and results have their path in the pytree."""


def derivative(title: str, operand: str) -> str:
    """The name of the derivative of a result, or of its derivative, in an operand."""
    return f"d2{title[1:]} d {operand}" if title.startswith("d ") else f"d {title} / d {operand}"
