"""What the library writes of itself at the beginning of a build: the pages of names, copies of pages at the root of the
repository, the notebooks, and the live pages."""

import importlib
import inspect
import re
from pathlib import Path

import relative_links

import autograd_lite as ag
from autograd_lite.explaining.documentation import documentation_of

DOCS = Path(__file__).resolve().parent.parent
ROOT, MADE = DOCS.parent, DOCS / "generated"

MODULES = {
    "autograd_lite": "Numbers that remember, transforms, loops, pictures.",
    "autograd_lite.nn": "Networks made of Values, losses, training, models as files.",
    "autograd_lite.optim": "How parameters move, given their gradients.",
    "autograd_lite.testing": "Checks of gradients, and random functions for tests of your own.",
    "autograd_lite.sklearn": "Networks as estimators of scikit-learn.",
    "autograd_lite.linalg": "Linear algebra over nests and object arrays of Values.",
}

COPIES = {
    "REGIME.md": "regime.md", "CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md",
}  # fmt: skip
"""Pages at the root of the repository, and what they are called here."""


def page_of(module_name, about):
    """The reference of a module: every name of its `__all__`, with signature and docstring."""
    module = importlib.import_module(module_name)
    names = sorted((x for x in listed(module) if not x.startswith("__")), key=str.lower)
    rows = [x for x in names if isinstance(getattr(module, x), ag.Primitive)]
    others = [x for x in names if x not in rows]
    parts = [f"# {module_name}\n\n{about}\n"]
    parts += [entry(module_name, x, getattr(module, x)) for x in others]
    if rows:
        parts.append(
            "## Primitives\n\nThe rows of [the table](../PRIMITIVES.md), each a function of numbers and Values.\n"
        )
        parts += [entry(module_name, x, getattr(module, x)) for x in rows]
    return "\n".join(parts)


def listed(module):
    """The names of its `__all__`; of a module without one, the classes that it defines."""
    own = [x for x, c in vars(module).items() if inspect.isclass(c) and c.__module__ == module.__name__]
    return getattr(module, "__all__", own)


def entry(module_name, name, x):
    kind = "class" if inspect.isclass(x) else "function" if callable(x) else "data"
    lines = [f"::::{{py:{kind}}} {name}{signature(x) if callable(x) else ''}", f":module: {module_name}", ""]
    if isinstance(x, ag.Primitive):
        lines[0] = f"::::{{py:function}} {x.written()}"
        text = documentation_of(x)
    else:
        text = inspect.getdoc(x) if callable(x) else f"`{short(x)}`"
    lines += [markdown(text or ""), ""]
    if kind == "class":
        for method, f in public_methods(x):
            lines += [f":::{{py:method}} {method}{signature(f)}", "", markdown(inspect.getdoc(f) or ""), ":::", ""]
    return "\n".join([*lines, "::::", ""])


def public_methods(cls):
    for name, f in sorted(vars(cls).items()):
        if not name.startswith("_") and callable(f) and inspect.getdoc(f) and not isinstance(f, type):
            yield name, getattr(cls, name)


def short(x):
    text = ", ".join(x) if isinstance(x, dict) else repr(x)
    return text if len(text) < 200 else text[:200] + " ..."


def signature(x):
    try:
        return re.sub(r"<[^>]*?( at 0x[0-9a-f]+)?>", "...", str(inspect.signature(x)).replace("'", ""))
    except (TypeError, ValueError):
        return "(...)"


SETTING = re.compile(r"^(\w[\w, /*]*?)\s{2,}(\S.*)$")


def markdown(text):
    """A docstring as Markdown: examples in fences, aligned columns as lists, mathematics left as it is."""
    lines, out, fence = text.expandtabs().splitlines(), [], False
    for line in lines:
        example = line.startswith(">>>") or (fence and line.strip() != "")
        if example != fence:
            out.append("```pycon" if example else "```")
            if not example:
                out.append("")
            fence = example
        if fence:
            out.append(line)
        elif found := SETTING.match(line):
            if out and out[-1] and not out[-1].startswith(("- ", "  ")):
                out.append("")
            out.append(f"- `{found[1]}`: {escaped(found[2])}")
        elif line.startswith("    ") and out and out[-1].startswith(("- ", "  ")):
            out.append(f"  {escaped(line.strip())}")
        elif line.startswith("    "):
            out.append(f"    {line.strip()}" if (out and not out[-1]) or (out and out[-1].startswith("    ")) else line)
        else:
            out.append(escaped(line))
    return "\n".join([*out, *(["```"] if fence else [])])


def escaped(line):
    """The line with what Markdown would take for its own, outside of code, escaped."""
    parts = re.split(r"(`[^`]*`)", line)
    return "".join(x if x.startswith("`") else re.sub(r"([*$<>\[\]|_])", r"\\\1", x) for x in parts)


def write(path, text):
    """Where nothing has changed, the file stays, so that the next build does not read it again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def make(app):
    old = {page for pattern in ("*.md", "reference/*.md", "notebooks/*.ipynb") for page in MADE.glob(pattern)}
    for name, about in MODULES.items():
        try:
            text = page_of(name, about).replace("../PRIMITIVES.md", "../../PRIMITIVES.md")
        except ImportError as error:
            text = f"# {name}\n\n{about}\n\nNot installed where this page was made: {error}\n"
        write(MADE / "reference" / f"{name}.md", text)
        old.discard(MADE / "reference" / f"{name}.md")
    for source, name in COPIES.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        text = relative_links.LINK.sub(lambda found: moved(found), relative_links.with_pages_alone(text, ROOT))
        write(MADE / name, text)
        old.discard(MADE / name)
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        text = path.read_text(encoding="utf-8").replace("](../docs/", "](../../")
        write(MADE / "notebooks" / path.name, text)
        old.discard(MADE / "notebooks" / path.name)
    for page in old:  # of an earlier build
        page.unlink()
    live(MADE / "live" / "live")


def moved(found):
    """A link of a page at the root, from the folder `generated`."""
    path = found[2]
    if path.startswith("docs/"):
        return f"[{found[1]}](../{path.removeprefix('docs/')}{found[3] or ''})"
    if path in COPIES:
        return f"[{found[1]}]({COPIES[path]}{found[3] or ''})"
    if path.startswith("notebooks/"):
        return f"[{found[1]}]({path}{found[3] or ''})"
    return found[0]


def live(folder):
    """The pages that compute: explorers of the worked examples, and the playground."""
    import live_pages

    folder.mkdir(parents=True, exist_ok=True)
    live_pages.write(folder)


def setup(app):
    app.connect("builder-inited", make)
    return {"parallel_read_safe": True}
