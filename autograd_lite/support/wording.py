"""Text that users give, made fit to be shown anywhere, and text for terminals that lack some signs."""

import json
import re
import sys
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

T = TypeVar("T")

LONGEST = 120
"""Characters of a name that are shown; of a longer one the beginning and the end."""

ASCII = {
    "─": "-", "│": "|", "├": "|", "└": "`", "−": "-", "×": "*", "·": "*", "∂": "d", "Σ": "sum", "Π": "prod",
    "∞": "inf", "…": "...", "²": "^2", "³": "^3", "√": "sqrt", "∛": "cbrt", "≤": "<=", "≥": ">=", "≠": "!=",
    "±": "+/-", "→": "->",
    "∧": "and", "∨": "or", "¬": "not ", "⌊": "floor(", "⌋": ")", "⌈": "ceil(", "⌉": ")", "÷": "/", "⋮": ":",
    "∇": "grad", "∫": "integral", "◀": "<", "▶": ">", "⇒": "=>", "∈": "in", "Γ": "gamma", "Δ": "delta", "α": "alpha",
    "β": "beta", "γ": "gamma", "δ": "delta", "ε": "eps", "θ": "theta", "λ": "lambda", "μ": "mu", "π": "pi", "ρ": "rho",
    "σ": "sigma", "τ": "tau", "φ": "phi", "ψ": "psi", "ω": "omega", "Φ": "Phi", "⁻": "^-", "‖": "||",
    "ß": "ss", "ø": "o", "æ": "ae", "œ": "oe",    "ł": "l", "đ": "d", "ð": "d", "þ": "th",
}  # fmt: skip
"""What the signs of the library become where a terminal has only ASCII."""

ILLEGAL = "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\x7f-\x84\x86-\x9f\u2028\u2029]"
"""What no XML may hold, or editors take for the end of a line; compiled at the first use."""


def readable(text: str, most: int = LONGEST, middle: str = "...") -> str:
    """A name on one line: what cannot be seen as Python writes it, and of a long name the beginning and the end.

    >>> print(readable("two\\nlines"), readable("\\x00"), readable("loss, größer"), readable("x" * 200, 9))
    two\\nlines \\x00 loss, größer xxx...xxx
    """
    if len(text) > most:
        half = (most - len(middle)) // 2
        text = f"{text[:half]}{middle}{text[len(text) - half :]}"
    return text if text.isprintable() else "".join([shown_character(c) for c in text])


def shown_character(c: str) -> str:
    # A joiner of emoji and a space that does not break are seen, though Python calls them unprintable.
    return c if c.isprintable() or c in "\u200d\u00a0" else ascii(c)[1:-1]


def legal(text: str) -> str:
    """The text with what no file may hold written as Python does."""
    return re.sub(ILLEGAL, lambda found: ascii(found[0])[1:-1], text)


def markup(text: str) -> str:
    """The text inside of HTML or XML."""
    from html import escape  # a tenth of the time of importing this package, and few programs need it

    return escape(legal(text))


def script_data(x: object) -> str:
    """Data for a script of a page: JSON in which no text ends the element or begins a comment."""
    return json.dumps(x).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def for_output(text: str) -> str:
    """The text as standard output can show it: where its encoding lacks a sign, in ASCII."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
        return text
    except (UnicodeError, LookupError):
        return "".join([c if fits_in_line(c, encoding) else in_ascii(c) for c in text])


def fits_in_line(c: str, encoding: str) -> bool:
    try:
        return bool(c.encode(encoding))
    except (UnicodeError, LookupError):
        return c.isascii()


def in_ascii(c: str) -> str:
    """A sign in ASCII: of a letter with accents the letter, of what is unknown its number as Python writes it.

    >>> in_ascii("−"), in_ascii("é"), in_ascii("漢")
    ('-', 'e', '\\\\u6f22')
    """
    plain = ASCII.get(c) or unicodedata.normalize("NFKD", c).encode("ascii", "ignore").decode()
    return plain or ("" if unicodedata.combining(c) else ascii(c)[1:-1])


class Computed(property, Generic[T]):
    """A property that is not assigned."""

    if TYPE_CHECKING:

        def __get__(self, instance: Any, owner: type | None = None) -> T: ...  # type: ignore[override]


def computed_from_rest(do: str) -> Callable[[Callable[[Any], T]], Computed[T]]:
    """A decorator of what an object computes from the rest of it; the error where it is assigned tells what to do."""

    def decorated(get: Callable[[Any], T]) -> Computed[T]:
        def refuse(self: object, value: object) -> None:
            raise AttributeError(f"{get.__name__} was assigned, but the {type(self).__name__} computes it; {do}")

        return Computed(get, refuse)

    return decorated


def unchanging(cls: type[T]) -> type[T]:
    """A class whose instances refuse what is assigned with words of what to do; also a decorator."""

    def refuse(self: object, name: str, value: object) -> None:
        raise AttributeError(f"{name} was assigned, but a {cls.__name__} does not change; make another one")

    setattr(cls, "__setattr__", refuse)  # noqa: B010 (mypy knows no assignment to it)
    return cls
