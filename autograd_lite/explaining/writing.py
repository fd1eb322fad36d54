"""Formulas put into letters: plain text for a terminal, LaTeX for a page."""

import re
from dataclasses import dataclass

from autograd_lite.core.table import add, mul, neg, sub
from autograd_lite.drawing.number_format import latex, numeral
from autograd_lite.explaining.formulas import (
    ATOM,
    STRENGTHS,
    Applied,
    Formula,
    Name,
    Numeral,
    constant_value,
    simplified,
)

MOST_TERMS = 6
POWERS = {2.0: "²", 3.0: "³"}
HOLE = re.compile(r"<([\w ]+?)(?::(after )?(\w+))?>")
GREEK = "alpha beta gamma delta epsilon zeta eta theta kappa lambda mu nu xi pi rho sigma tau phi chi psi omega"


# In mathematics, where Markdown takes none of them for its own: a bar would end a cell, a < begin a tag.
TEX_SIGNS = {
    "\\": r"\backslash ", "^": r"\hat{\ }", "~": r"\sim ", "<": r"\lt ", ">": r"\gt ", "|": r"\vert ", "`": "'",
    "*": r"\ast ", **{sign: f"\\{sign}" for sign in "%$#&{}_"},
}  # fmt: skip
SPECIAL = "".join([f"\\{sign}" for sign in TEX_SIGNS])


@dataclass(frozen=True)
class FormulaWriter:
    precision: int = 4
    is_tex: bool = False

    @property
    def dots(self) -> str:
        return r"\dots" if self.is_tex else "…"

    def number(self, x: float) -> str:
        return (latex if self.is_tex else numeral)(x, self.precision)

    def brackets(self, text: str) -> str:
        return rf"\left({text}\right)" if self.is_tex else f"({text})"

    def of(self, x: Formula) -> str:
        if isinstance(x, Name):
            return tex_name(x.name) if self.is_tex else x.name
        if isinstance(x, Numeral):
            return self.number(x.value)
        assert isinstance(x, Applied)
        return written(x, self)

    def inside(self, x: Formula, least: int, after: bool = False) -> str:
        """An expression, in brackets if it binds less than `least` or, `after` another operand, begins with a minus."""
        is_loose = x.strength < least or (after and begins_with_minus(x))
        return self.brackets(self.of(x)) if is_loose else self.of(x)

    def branch(self, x: Formula) -> str:
        """A branch of a choice; dots where it was not computed."""
        return self.dots if isinstance(x, Numeral) and x.value != x.value else self.of(x)


def begins_with_minus(x: Formula) -> bool:
    if isinstance(x, Applied) and x.row is mul:
        return begins_with_minus(x.operands[0])
    return (isinstance(x, Numeral) and x.value < 0.0) or (isinstance(x, Applied) and x.row is neg)


def plain_text(x: Formula, precision: int = 4) -> str:
    """A formula as text.

    >>> a, b = Name("a"), Name("b")
    >>> print(plain_text((a + b) * -a / 2.0))
    (a + b)·(−a)/2
    """
    return FormulaWriter(precision).of(x)


def tex(x: Formula, precision: int = 4) -> str:
    """A formula in LaTeX.

    >>> print(tex((Name("a") + Name("theta1")) / 2.0))
    \\frac{a + \\theta_{1}}{2}
    """
    return FormulaWriter(precision, is_tex=True).of(x)


def tex_name(name: str) -> str:
    """A variable's name in LaTeX: Greek letters, and digits and numbers in brackets as indices.

    >>> print(tex_name("w[3]"), tex_name("x1"), tex_name("theta"), tex_name("loss"))
    w_{3} x_{1} \\theta \\text{loss}
    """
    found = re.fullmatch(r"([A-Za-z]+?)(\d*)((?:\[\d+\])*)", name)
    if found is None:
        return "".join([TEX_SIGNS.get(part, rf"\text{{{part}}}") for part in re.split(f"([{SPECIAL}])", name) if part])
    letters, digits, brackets = found.groups()
    if letters in GREEK.split():
        letters = rf"\{letters}"
    elif len(letters) > 1:
        letters = rf"\text{{{letters}}}"
    index = ",".join(([digits] if digits else []) + re.findall(r"\d+", brackets))
    return f"{letters}_{{{index}}}" if index else letters


def written(x: Applied, to: FormulaWriter) -> str:
    """A row applied to expressions, by its notation."""
    if x.row is add:
        a, b = x.operands
        if isinstance(b, Numeral) and b.value < 0.0 and not isinstance(a, Numeral):
            return written(Applied(sub, (a, Numeral(-b.value))), to)
    notation = (x.row.latex if to.is_tex else "") or x.row.notation
    if "<" not in notation or notation == x.row.name:  # which may be <lambda>
        return written_call(x, notation, to)
    if x.row.arity is None:
        return written_terms(x, notation, to)
    operands = dict(zip(x.row.operand_names(), x.operands, strict=True))
    return HOLE.sub(lambda hole: operand(operands[hole[1]], bool(hole[2]), hole[3] or "sum", to), notation)


def operand(x: Formula, after: bool, level: str, to: FormulaWriter) -> str:
    """An operand in a notation: an exponent is a small 2 or 3, or follows ^; a branch that was not computed, dots."""
    if level == "exponent":
        exponent = constant_value(x)
        small = None if exponent is None else POWERS.get(exponent)
        return small or f"^{to.inside(x, ATOM)}"
    if level == "branch":
        return to.branch(x)
    return to.inside(x, STRENGTHS.index(level), after)


def written_terms(x: Applied, notation: str, to: FormulaWriter) -> str:
    """A row of any number of operands: its terms, or products of pairs, with what joins them, the middle left out."""
    found = re.search(r"<(\w+)( \w+)?:(\w+)>(.*?)\.\.\.", notation)
    assert found is not None
    terms, level, half = x.operands, STRENGTHS.index(found[3]), len(x.operands) // 2
    if found[2]:
        terms = tuple(simplified(mul, a, b) for a, b in zip(terms[:half], terms[half:], strict=True))
    words = [to.inside(term, level, after=i > 0) for i, term in enumerate(terms)]
    joined = found[4].join(shortened_words(words, to)) or numeral(x.row.empty or 0.0, to.precision)
    return f"{notation[: found.start()]}{joined}{notation[found.end() :]}".replace("<n>", str(len(terms)))


def shortened_words(words: list[str], to: FormulaWriter) -> list[str]:
    return words if len(words) <= MOST_TERMS else [*words[: MOST_TERMS - 2], to.dots, words[-1]]


def written_call(x: Applied, function: str, to: FormulaWriter) -> str:
    inner = ", ".join(shortened_words([to.of(y) for y in x.operands], to))
    if to.is_tex and not x.row.latex:
        function = rf"\operatorname{{{x.row.name.replace('_', ' ')}}}"
    return function + to.brackets(inner)
