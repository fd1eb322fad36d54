"""Formulas put into letters: plain text for a terminal, LaTeX for a page."""

import re
from dataclasses import dataclass

from autograd_lite.drawing.number_format import latex, numeral
from autograd_lite.explaining.formulas import ATOM, POWER, PRODUCT, SUM, Applied, Formula, Name, Number, simplified

MOST_TERMS = 6
TEX_NAMES = {
    "log": r"\ln", "sin": r"\sin", "cos": r"\cos", "tan": r"\tan", "tanh": r"\tanh", "sinh": r"\sinh",
    "cosh": r"\cosh", "sigmoid": r"\sigma", "max": r"\max", "min": r"\min", "maximum": r"\max", "minimum": r"\min",
    "log2": r"\log_2", "log10": r"\log_{10}", "asin": r"\arcsin", "acos": r"\arccos", "atan": r"\arctan",
    "gamma": r"\Gamma", "digamma": r"\psi",
}  # fmt: skip
PLAIN_NAMES = {"sigmoid": "σ", "log": "ln", "maximum": "max", "minimum": "min", "gamma": "Γ", "digamma": "ψ"}
POWERS = {2.0: "²", 3.0: "³"}
COMPARISONS = {"less": ("<", "<"), "less_equal": ("≤", r"\le"), "equal": ("=", "=")}


GREEK = frozenset({
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "kappa", "lambda", "mu", "nu", "xi", "pi",
    "rho", "sigma", "tau", "phi", "chi", "psi", "omega",
})  # fmt: skip


@dataclass(frozen=True)
class Writer:
    """One way to write."""

    is_tex: bool
    precision: int
    times: str
    minus: str
    dots: str

    def of(self, x: Formula) -> str:
        """The whole of an expression."""
        if isinstance(x, Name):
            return tex_name(x.name) if self.is_tex else x.name
        if isinstance(x, Number):
            return latex(x.value, self.precision) if self.is_tex else numeral(x.value, self.precision)
        assert isinstance(x, Applied)
        return written(x, self)

    def inside(self, x: Formula, least: int) -> str:
        """An expression, in brackets if it binds less than `least`."""
        return self.of(x) if x.strength >= least else self.bracketed(x)

    def bracketed(self, x: Formula) -> str:
        return rf"\left({self.of(x)}\right)" if self.is_tex else f"({self.of(x)})"

    def after(self, x: Formula, least: int) -> str:
        """The same behind another operand, where a minus needs brackets too."""
        return self.bracketed(x) if begins_with_minus(x) else self.inside(x, least)


def begins_with_minus(x: Formula) -> bool:
    """Whether the first thing to be written of x is a minus."""
    if isinstance(x, Applied) and x.name == "mul":
        return begins_with_minus(x.operands[0])
    return (isinstance(x, Number) and x.value < 0.0) or (isinstance(x, Applied) and x.name == "neg")


def plain(x: Formula, precision: int = 4) -> str:
    """A formula as text.

    >>> a, b = Name("a"), Name("b")
    >>> print(plain((a + b) * -a / 2.0))
    (a + b)·(−a)/2
    """
    return Writer(False, precision, "·", "−", "…").of(x)


def tex(x: Formula, precision: int = 4) -> str:
    """A formula in LaTeX.

    >>> print(tex((Name("a") + Name("theta1")) / 2.0))
    \\frac{a + \\theta_{1}}{2}
    """
    return Writer(True, precision, r" \cdot ", "-", r"\dots").of(x)


def tex_name(name: str) -> str:
    """A variable's name in LaTeX: Greek letters, and digits and places as indices.

    >>> print(tex_name("w[3]"), tex_name("x1"), tex_name("theta"), tex_name("loss"))
    w_{3} x_{1} \\theta \\text{loss}
    """
    found = re.fullmatch(r"([A-Za-z]+?)(\d*)((?:\[\d+\])*)", name)
    if found is None:
        escaped = re.sub(r"([_%$#&{}])", r"\\\1", name.replace("\\", ""))
        return rf"\text{{{escaped}}}"
    letters, digits, places = found.groups()
    if letters in GREEK:
        letters = rf"\{letters}"
    elif len(letters) > 1:
        letters = rf"\text{{{letters}}}"
    index = ",".join(([digits] if digits else []) + re.findall(r"\d+", places))
    return f"{letters}_{{{index}}}" if index else letters


def written(x: Applied, to: Writer) -> str:
    """A row applied to expressions."""
    name, operands = x.name, x.operands
    a = operands[0]
    if name in ("add", "sub", "mul", "div", "neg"):
        return arithmetic(name, operands, to)
    if name in ("pow", "square"):
        return power(a, operands[1] if name == "pow" else Number(2.0), to)
    if name in ("dot", "sum", "prod", "mean"):
        return written_out(x, to)
    if name in ("exp", "exp2"):
        base = "e" if name == "exp" else "2"
        return f"{base}^{{{to.of(a)}}}" if to.is_tex else f"{base}^{to.inside(a, ATOM)}"
    if name == "reciprocal":
        return rf"\frac{{1}}{{{to.of(a)}}}" if to.is_tex else f"1/{to.inside(a, POWER)}"
    if name == "sqrt" and to.is_tex:
        return rf"\sqrt{{{to.of(a)}}}"
    if name == "abs":
        return rf"\lvert {to.of(a)} \rvert" if to.is_tex else f"|{to.of(a)}|"
    if name in COMPARISONS:
        return f"[{to.of(a)} {COMPARISONS[name][to.is_tex]} {to.of(operands[1])}]"
    if name in ("where", "cond"):
        first, second = (r"\text{ if }", r"\text{ else }") if to.is_tex else (" if ", " else ")
        taken, other = (to.dots if is_untaken(x) else to.of(x) for x in operands[1:])
        return f"{taken}{first}{to.of(a)}{second}{other}"
    return called(name, operands, to)


def is_untaken(x: Formula) -> bool:
    """Whether x is a branch that was not computed, for which nan stands."""
    return isinstance(x, Number) and x.value != x.value


def arithmetic(name: str, operands: tuple[Formula, ...], to: Writer) -> str:
    if name == "neg":
        return f"{to.minus}{to.after(operands[0], PRODUCT)}"
    a, b = operands
    if name == "add":
        if isinstance(b, Number) and b.value < 0.0 and not isinstance(a, Number):
            return f"{to.of(a)} {to.minus} {to.of(Number(-b.value))}"
        return f"{to.of(a)} + {to.after(b, SUM)}"
    if name == "sub":
        return f"{to.of(a)} {to.minus} {to.after(b, PRODUCT)}"
    if name == "mul":
        return f"{to.inside(a, PRODUCT)}{to.times}{to.after(b, PRODUCT if is_product(b) else POWER)}"
    return rf"\frac{{{to.of(a)}}}{{{to.of(b)}}}" if to.is_tex else f"{to.inside(a, PRODUCT)}/{to.inside(b, POWER)}"


def is_product(x: Formula) -> bool:
    """Whether x is a product, which needs no brackets as a factor."""
    return isinstance(x, Applied) and x.name == "mul"


def power(base: Formula, exponent: Formula, to: Writer) -> str:
    if to.is_tex:
        return f"{to.inside(base, ATOM)}^{{{to.of(exponent)}}}"
    if isinstance(exponent, Number) and exponent.value in POWERS:
        return to.inside(base, ATOM) + POWERS[exponent.value]
    return f"{to.inside(base, ATOM)}^{to.inside(exponent, ATOM)}"


def written_out(x: Applied, to: Writer) -> str:
    """A sum of products, a sum or a product of many operands, the middle ones left out where they are many."""
    terms = list(x.operands)
    if x.name == "dot":
        half = len(terms) // 2
        terms = [simplified("mul", a, b) for a, b in zip(terms[:half], terms[half:], strict=True)]
    least = PRODUCT if x.name != "prod" else POWER
    texts = [to.after(t, least) if i else to.inside(t, least) for i, t in enumerate(terms)]
    if len(texts) > MOST_TERMS:
        texts = [*texts[: MOST_TERMS - 2], to.dots, texts[-1]]
    joined = (to.times if x.name == "prod" else " + ").join(texts) or "0"
    if x.name != "mean":
        return joined
    return rf"\frac{{{joined}}}{{{len(terms)}}}" if to.is_tex else f"({joined})/{len(terms)}"


def called(name: str, operands: tuple[Formula, ...], to: Writer) -> str:
    """A function by its name."""
    listed = [to.of(x) for x in operands]
    if len(listed) > MOST_TERMS:
        listed = [*listed[: MOST_TERMS - 2], to.dots, listed[-1]]
    inner = ", ".join(listed)
    if not to.is_tex:
        return f"{PLAIN_NAMES.get(name, name)}({inner})"
    function = TEX_NAMES.get(name) or rf"\operatorname{{{name.replace('_', ' ')}}}"
    return rf"{function}\left({inner}\right)"
