"""The programs of the playground as one script: `programs.tanh` and the like are functions."""

import json
import re
from collections import defaultdict
from functools import cache

from autograd_lite.live.graph_pieces import GraphPiece, pieces
from autograd_lite.live.network_programs import programs

FUNCTION = re.compile(r"^    function (\w+)\(.*?^    }\n\n?", re.MULTILINE | re.DOTALL)
"""A function within the text of a program, such as one that Math lacks."""

SHARED = "functions that several programs call"


@cache
def all_pieces() -> dict[str, GraphPiece]:
    return pieces()


@cache
def program_script() -> str:
    """The script, in which a line `// program <name>` is before each."""
    every = programs() | {f"graph of {name}": piece.program for name, piece in all_pieces().items()}
    functions, sources = hoisted({name: x.source("javascript", module=False) for name, x in every.items()})
    lines = ["const programs = (() => {", '"use strict";', "const programs = {};", f"// program {SHARED}", functions]
    for name, source in sources.items():
        lines += [f"// program {name}", f"programs[{json.dumps(name)}] = {source.strip()};"]
    return "\n".join([*lines, "// program", "return programs;", "})();"])


def hoisted(sources: dict[str, str]) -> tuple[str, dict[str, str]]:
    """The functions that several texts have, once, and the texts without them.

    A name with different texts stays where it is.
    """
    texts: defaultdict[str, list[str]] = defaultdict(list)
    for source in sources.values():
        for found in FUNCTION.finditer(source):
            texts[found[1]].append(found[0])
    common = {name: found[0] for name, found in texts.items() if len(found) > 1 and len(set(found)) == 1}
    without = {name: FUNCTION.sub(lambda x: "" if x[1] in common else x[0], text) for name, text in sources.items()}
    return "\n".join([re.sub("^    ", "", text, flags=re.MULTILINE).strip() for text in common.values()]), without
