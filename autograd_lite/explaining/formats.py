"""A `Lesson` as text, as Markdown with LaTeX, and as HTML."""

import re
from itertools import groupby

from autograd_lite.drawing.picture import CONSTANT
from autograd_lite.drawing.selection import MOST_STEPS
from autograd_lite.drawing.theme import Theme
from autograd_lite.explaining.formulas import POWER, Applied, Formula
from autograd_lite.explaining.lesson import GradientWay, Lesson, LessonStep
from autograd_lite.explaining.writing import FormulaWriter, tex_name
from autograd_lite.support.wording import markup

MOST_WAYS = 5  # of a sum that are written out
FORWARD, BACKWARD = "Forward: every node from its operands", "Backward: how {} changes with every node"


class Notation(FormulaWriter):
    """How the chain rule is written: as plain text, or in LaTeX."""

    def derivative(self, f: str, x: str) -> str:
        return rf"\frac{{\partial {tex_name(f)}}}{{\partial {tex_name(x)}}}" if self.is_tex else f"∂{f}/∂{x}"

    def product(self, a: str, b: str) -> str:
        return rf"{a} \cdot {b}" if self.is_tex else f"{a} · {b}"

    def factor(self, x: float) -> str:
        text = self.number(x)
        return self.brackets(text) if text[0] in "−-" else text

    def local(self, way: GradientWay) -> str:
        """The local partial by its formula, else by its number, as a factor behind another."""
        return self.factor(way.local) if way.formula is None or not way.holds else self.partial(way.formula)

    def partial(self, x: Formula) -> str:
        text = self.of(x)
        is_tight = isinstance(x, Applied) and x.row.arity is not None and x.row.binds in ("quotient", "product")
        return self.brackets(text) if (x.strength < POWER and not is_tight) or text[:1] in "−-" else text


def chain_rule(lesson: Lesson, step: LessonStep, to: Notation) -> tuple[list[str], list[str]]:
    """The chain rule of a node, the parts between equals signs: in letters, then in numbers.

    Of ∂f/∂x = ∂f/∂q · ∂q/∂x = ∂f/∂q · y = −4 · 5 = −20 all that follows the first equals sign.
    """
    result = to.number(0.0 if step.gradient is None else step.gradient)
    if not step.ways:
        return [], [result]
    f, shown, count = lesson.result, step.ways[:MOST_WAYS], len(step.ways)
    terms = rf"\dots\ ({count:,}\text{{ terms}})" if to.is_tex else f"… ({count:,} terms)"
    rest = [terms] if len(shown) < count else []

    def joined(terms: list[str]) -> str:
        return " + ".join([*terms, *rest])

    def term(w: GradientWay) -> str:
        return to.factor(w.local) if len(shown) > 1 else to.number(w.local)

    upstream = [("1" if w.user == f else to.derivative(f, w.user), w) for w in shown]
    links = joined([to.product(up, to.derivative(w.user, step.name)) for up, w in upstream])
    locals_ = joined([term(w) if w.is_term else to.product(up, to.local(w)) for up, w in upstream])
    numbers = [joined([term(w) if w.is_term else to.product(to.factor(w.upstream), to.factor(w.local)) for w in shown])]
    if len(shown) > 1 and not rest and not to.is_tex:
        numbers.append(joined([to.factor(w.flow) for w in shown]))
    # Where all users are the result itself, its gradient is the local partial: there is no chain.
    letters = [locals_] if all(w.user == f for w in step.ways) else [links, locals_]
    return without_repeats([part for part in letters if part != numbers[0]]), without_repeats([*numbers, result])


def without_repeats(parts: list[str]) -> list[str]:
    return [part for part, _ in groupby(parts)]


def forward_parts(step: LessonStep, to: Notation) -> list[str]:
    """The formula of a node, the same in numbers, and its value."""
    formulas = [to.of(x) for x in (step.formula, step.numbers) if x is not None]
    return without_repeats([*formulas, *([] if step.value is None else [to.number(step.value)])])


def forward_steps(lesson: Lesson) -> list[LessonStep | str]:
    """The steps that are listed: all but plain constants, and of a long loop those in the middle as one line."""
    return under_headings(lesson, [step for step in lesson.steps if step.kind != CONSTANT or step.formula is not None])


def backward_steps(lesson: Lesson) -> list[LessonStep | str]:
    """The same of the steps that have a gradient, in reverse order."""
    return under_headings(lesson, lesson.backward())


def under_headings(lesson: Lesson, steps: list[LessonStep]) -> list[LessonStep | str]:
    """Steps under headings, which name the step of a long loop; of its middle there is a heading alone."""
    lines: list[LessonStep | str] = []
    heading = ""
    for step in steps:
        place = step.loop
        if place is None or place.steps <= MOST_STEPS or lesson.unfolds:
            lines.append(step)
            heading = ""
            continue
        is_middle = 2 < place.step < place.steps
        title = f"steps 3 to {place.steps - 1:,}, each as step 2" if is_middle else f"step {place.step:,}"
        if title != heading:
            lines.append(title)
            heading = title
        if not is_middle:
            lines.append(step)
    return lines


def text(lesson: Lesson, precision: int) -> str:
    to = Notation(precision)
    lines = [f"({note})" for note in lesson.notes] + [FORWARD]
    for step in forward_steps(lesson):
        if isinstance(step, str):
            lines.append(f" {step}:")
            continue
        kind = f"   ({step.kind})" if step.formula is None else ""
        lines.append(f"  {step.name} = {' = '.join(forward_parts(step, to))}{kind}")
    lines += ["", BACKWARD.format(lesson.result)]
    for step in backward_steps(lesson):
        if isinstance(step, str):
            lines.append(f" {step}:")
            continue
        parts = [part for side in chain_rule(lesson, step, to) for part in side]
        head = f"  {to.derivative(lesson.result, step.name)}"
        joint = f"\n{' ' * len(head)} = " if len(step.ways) > 1 else " = "
        lines.append(f"{head} = {joint.join(parts)}")
    return "\n".join(lines)


def markdown(lesson: Lesson, precision: int) -> str:
    to = Notation(precision, is_tex=True)
    lines = [f"*{markdown_text(note)}*\n" for note in lesson.notes]
    lines += [f"**{FORWARD}**\n", "| node | is | with numbers | value |", "| --- | --- | --- | --- |"]
    for step in forward_steps(lesson):
        if isinstance(step, str):
            lines.append(f"| *{step}* | | | |")
            continue
        formula = f"${to.of(step.formula)}$" if step.formula is not None else step.kind
        numbers = f"${to.of(step.numbers)}$" if step.numbers is not None else ""
        value = "" if step.value is None else f"${to.number(step.value)}$"
        lines.append(f"| ${tex_name(step.name)}$ | {formula} | {numbers} | {value} |")
    lines += ["", f"**{BACKWARD.format(f'${tex_name(lesson.result)}$')}**\n"]
    for step in backward_steps(lesson):
        if isinstance(step, str):
            lines.append(f"- *{step}*")
            continue
        letters, numbers_ = chain_rule(lesson, step, to)
        lines.append(f"- ${' = '.join([to.derivative(lesson.result, step.name), *letters, *numbers_])}$")
    return "\n".join(lines)


def markdown_text(text: str) -> str:
    """Text in which nothing has a meaning for Markdown."""
    return re.sub(r"([\\`*_\[\]|$~#])", r"\\\1", markup(text))


def html(lesson: Lesson, precision: int, theme: Theme) -> str:
    to = Notation(precision)
    # The ink in each cell: the style sheets of notebooks colour tables by their own theme, white on our white paper.
    cell = f"text-align:left;vertical-align:top;padding:.3em .9em .3em 0;border:0;color:{theme.ink}"

    def row(cells: list[str], tag: str = "td") -> str:
        inner = "".join(f'<{tag} style="{cell}">{text}</{tag}>' for text in cells)
        return f'<tr style="background:none;border-top:1px solid {theme.rule}">{inner}</tr>'

    def bold(text: str, colour: str) -> str:
        return f'<b style="color:{colour}">{text}</b>'

    forward = row(["node", "is", "with numbers", "value"], "th")
    for step in forward_steps(lesson):
        if isinstance(step, str):
            forward += row([f"<i>{step}</i>", "", "", ""])
            continue
        formula = markup(to.of(step.formula)) if step.formula is not None else f"<i>{step.kind}</i>"
        numbers = markup(to.of(step.numbers)) if step.numbers is not None else ""
        value = "" if step.value is None else bold(to.number(step.value), theme.value)
        forward += row([markup(step.name), formula, numbers, value])
    back = row(["gradient", "chain rule", "with numbers", "is"], "th")
    for step in backward_steps(lesson):
        if isinstance(step, str):
            back += row([f"<i>{step}</i>", "", "", ""])
            continue
        letters, values = chain_rule(lesson, step, to)
        parts = ["<br>= ".join(map(markup, part)) for part in (letters, values[:-1])]
        name = markup(to.derivative(lesson.result, step.name))
        back += row([name, *parts, bold(values[-1], theme.gradient)])
    notes = "".join(f"<p><i>{markup(note)}</i></p>" for note in lesson.notes)
    scheme = "light dark" if theme.name == "auto" else theme.name
    table = "border-collapse:collapse;border:0;margin:.3em 0 1.2em;font-variant-numeric:tabular-nums"
    return (
        f'<div style="color-scheme:{scheme};background:{theme.paper};color:{theme.ink};padding:.8em 1em;'
        f"font-family:system-ui,sans-serif;"
        f'overflow-x:auto">{notes}<strong>{FORWARD}</strong><table style="{table}">{forward}</table>'
        f'<strong>{markup(BACKWARD.format(lesson.result))}</strong><table style="{table}">{back}</table></div>'
    )
