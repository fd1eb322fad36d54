"""The table of primitives, for the docs: `python -m autograd_lite table`."""

from collections.abc import Iterable

from autograd_lite.core.primitives import PRIMITIVES, Primitive
from autograd_lite.explaining.documentation import partials_told
from autograd_lite.support.wording import for_output


def table(rows: Iterable[Primitive]) -> str:
    """Rows as a table in Markdown."""

    def cell(text: str) -> str:
        return text.replace("|", "\\|")

    lines = ["| row | formula | partials | domain | no derivative at |", "| --- | --- | --- | --- | --- |"]
    for row in rows:
        partials = "; ".join(f"d/d{name} = {text}" for name, text in partials_told(row))
        cells = (row.name, row.formula, partials, row.stated_domain(), row.kinks)
        lines.append("| " + " | ".join(cell(x) for x in cells) + " |")
    return "\n".join(lines)


def main() -> int:
    """Print the table, with what explains it."""
    print("# The table\n")
    print("Every primitive of the library; `out` is the result, [...] is 1 where it holds and else 0. Generated from")
    print("`autograd_lite/core/table` by `python -m autograd_lite table`; a few partials, that of tanh among them, are")
    print("computed there in a form that keeps more digits than the one that lectures write, which is shown here.\n")
    print(for_output(table(PRIMITIVES.values())))
    return 0
