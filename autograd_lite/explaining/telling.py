"""A `Lesson` in words: as text, as Markdown with LaTeX, as HTML."""

from html import escape

from autograd_lite.drawing.numerals import latex, numeral
from autograd_lite.drawing.picture import CONSTANT
from autograd_lite.drawing.theme import Theme
from autograd_lite.explaining.formulas import POWER, Applied, Formula
from autograd_lite.explaining.lesson import Lesson, Step, Way
from autograd_lite.explaining.writing import plain, tex, tex_name

MOST_WAYS = 5  # of a sum that are written out
FORWARD = "Forward: every node from its operands"


def backward_title(lesson: Lesson) -> str:
    return f"Backward: how {lesson.result} changes with every node"


# -- the parts of a line: ∂f/∂x = ∂f/∂q · ∂q/∂x = ∂f/∂q · y = −4 · 5 = −20


def chain(lesson: Lesson, step: Step, precision: int) -> tuple[list[str], list[str]]:
    """The chain rule of a node, what stands between the equals signs: in letters, then in numbers."""
    result = numeral(step.gradient or 0.0, precision)
    if not step.ways:
        return [], [result]
    shown = step.ways if len(step.ways) <= MOST_WAYS else step.ways[:MOST_WAYS]
    rest = [] if len(shown) == len(step.ways) else [f"… ({len(step.ways):,} terms)"]
    f = lesson.result

    def joined(terms: list[str]) -> str:
        return " + ".join([*terms, *rest])

    links = joined([f"{upstream_name(f, w)} · ∂{w.user}/∂{step.name}" for w in shown])
    locals_ = joined([f"{upstream_name(f, w)} · {local(w, precision)}" for w in shown])
    numbers = [joined([f"{term(w.upstream, precision)} · {term(w.local, precision)}" for w in shown])]
    if len(step.ways) > 1 and not rest:
        numbers.append(joined([term(w.flow, precision) for w in shown]))
    # Where all users are the result itself, its gradient is the local partial: there is no chain.
    letters = [locals_] if all(w.user == f for w in step.ways) else [links, locals_]
    letters = [part for part in letters if part != numbers[0]]
    return without_repeats(letters), without_repeats([*numbers, result])


def upstream_name(f: str, w: Way) -> str:
    return "1" if w.user == f else f"∂{f}/∂{w.user}"


def local(w: Way, precision: int) -> str:
    """The local partial by its formula, else by its number."""
    if w.formula is None:
        return term(w.local, precision)
    text = plain(w.formula, precision)
    return f"({text})" if needs_brackets(w.formula, text) else text


def needs_brackets(formula: Formula, text: str) -> bool:
    """Whether a formula, as a factor behind another, needs brackets."""
    return (formula.strength < POWER and not is_quotient(formula)) or text[:1] in "−-"


def is_quotient(formula: Formula) -> bool:
    if not isinstance(formula, Applied) or formula.row.arity is None:
        return False
    return formula.row.binds in ("quotient", "product")


def term(x: float, precision: int) -> str:
    """A number inside of a product or a sum."""
    text = numeral(x, precision)
    return f"({text})" if text.startswith("−") else text


def without_repeats(parts: list[str]) -> list[str]:
    return [part for i, part in enumerate(parts) if i == 0 or part != parts[i - 1]]


# -- text


def text(lesson: Lesson, precision: int) -> str:
    """The lesson for a terminal."""
    lines = [f"({note})" for note in lesson.notes] + [FORWARD]
    for step in lesson.steps:
        if step.formula is None:
            if step.kind != CONSTANT:
                lines.append(f"  {step.name} = {numeral(step.value, precision)}   ({step.kind})")
            continue
        parts = [plain(step.formula, precision), plain(step.numbers, precision) if step.numbers else ""]
        shown = without_repeats([p for p in parts if p] + [numeral(step.value, precision)])
        lines.append(f"  {step.name} = {' = '.join(shown)}")
    lines += ["", backward_title(lesson)]
    for step in lesson.backward():
        letters, numbers = chain(lesson, step, precision)
        parts = letters + numbers
        head = f"  ∂{lesson.result}/∂{step.name}"
        if len(step.ways) > 1:
            lines += [f"{head if i == 0 else ' ' * len(head)} = {part}" for i, part in enumerate(parts)]
        else:
            lines.append(f"{head} = {' = '.join(parts)}")
    return "\n".join(lines)


# -- Markdown with LaTeX


def fraction(f: str, x: str) -> str:
    return rf"\frac{{\partial {tex_name(f)}}}{{\partial {tex_name(x)}}}"


def tex_term(x: float, precision: int) -> str:
    number = latex(x, precision)
    return rf"\left({number}\right)" if number.startswith("-") else number


def tex_chain(lesson: Lesson, step: Step, precision: int) -> str:
    """The chain rule of a node as one line of LaTeX."""
    f = lesson.result
    left = fraction(f, step.name)
    shown = step.ways[:MOST_WAYS]
    rest = [rf"\dots\ ({len(step.ways):,}\text{{ terms}})"] if len(shown) < len(step.ways) else []
    links, locals_, numbers = [], [], []
    for w in shown:
        direct = w.user == f
        up = "1" if direct else fraction(f, w.user)
        links.append(f"{up} \\cdot {fraction(w.user, step.name)}")
        formula = tex_term(w.local, precision) if w.formula is None else tex(w.formula, precision)
        if w.formula is not None and needs_brackets(w.formula, formula):
            formula = rf"\left({formula}\right)"
        locals_.append(f"{up} \\cdot {formula}")
        numbers.append(f"{tex_term(w.upstream, precision)} \\cdot {tex_term(w.local, precision)}")
    parts = [left]
    if shown:
        joined = [" + ".join([*x, *rest]) for x in (links, locals_, numbers)]
        parts += joined[1:] if all(w.user == f for w in step.ways) else joined
    parts.append(latex(step.gradient or 0.0, precision))
    return " = ".join(without_repeats(parts))


def markdown(lesson: Lesson, precision: int) -> str:
    """The lesson as Markdown with LaTeX, for notebooks, GitHub and papers."""
    lines = [f"*{note}*\n" for note in lesson.notes]
    lines += [f"**{FORWARD}**\n", "| node | is | with numbers | value |", "| --- | --- | --- | --- |"]
    for step in lesson.steps:
        if step.kind == CONSTANT and step.formula is None:
            continue
        formula = f"${tex(step.formula, precision)}$" if step.formula is not None else step.kind
        numbers = f"${tex(step.numbers, precision)}$" if step.numbers is not None else ""
        lines.append(f"| ${tex_name(step.name)}$ | {formula} | {numbers} | ${latex(step.value, precision)}$ |")
    lines += ["", f"**{backward_title(lesson).replace(lesson.result, f'${tex_name(lesson.result)}$', 1)}**\n"]
    lines += [f"- ${tex_chain(lesson, step, precision)}$" for step in lesson.backward()]
    return "\n".join(lines)


# -- HTML


def html(lesson: Lesson, precision: int, theme: Theme) -> str:
    """The lesson as a fragment of HTML that needs nothing else."""
    # The ink in each cell: the style sheets of notebooks colour tables by their own theme, white on our white paper.
    cell = f"text-align:left;vertical-align:top;padding:.3em .9em .3em 0;border:0;color:{theme.ink}"

    def row(cells: list[str], tag: str = "td") -> str:
        inner = "".join(f'<{tag} style="{cell}">{text}</{tag}>' for text in cells)
        return f'<tr style="background:none;border-top:1px solid {theme.rule}">{inner}</tr>'

    def blue(text: str) -> str:
        return f'<b style="color:{theme.value}">{text}</b>'

    def orange(text: str) -> str:
        return f'<b style="color:{theme.gradient}">{text}</b>'

    forward = [row(["node", "is", "with numbers", "value"], "th")]
    for step in lesson.steps:
        if step.kind == CONSTANT and step.formula is None:
            continue
        formula = escape(plain(step.formula, precision)) if step.formula is not None else f"<i>{step.kind}</i>"
        numbers = escape(plain(step.numbers, precision)) if step.numbers is not None else ""
        forward.append(row([escape(step.name), formula, numbers, blue(numeral(step.value, precision))]))
    backward = [row(["gradient", "chain rule", "with numbers", "is"], "th")]
    for step in lesson.backward():
        letters, values = chain(lesson, step, precision)
        name = f"∂{escape(lesson.result)}/∂{escape(step.name)}"
        told = ["<br>= ".join(escape(part) for part in parts) for parts in (letters, values[:-1])]
        backward.append(row([name, *told, orange(values[-1])]))
    notes = "".join(f"<p><i>{escape(note)}</i></p>" for note in lesson.notes)
    table = "border-collapse:collapse;border:0;margin:.3em 0 1.2em;font-variant-numeric:tabular-nums"
    return (
        f'<div style="background:{theme.paper};color:{theme.ink};padding:.8em 1em;font-family:system-ui,sans-serif;'
        f'overflow-x:auto">{notes}<strong>{FORWARD}</strong><table style="{table}">{"".join(forward)}</table>'
        f"<strong>{escape(backward_title(lesson))}</strong>"
        f'<table style="{table}">{"".join(backward)}</table></div>'
    )
