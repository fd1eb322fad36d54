"""The script of the programs: functions that several have are in it once, and no program lacks one."""

import re

import pytest

from autograd_lite.live.network_programs import programs
from autograd_lite.live.program_script import SHARED, hoisted, program_script


def text(*functions, main="f"):
    inner = "\n".join(f"    function {name}(x) {{\n        return {value};\n    }}\n" for name, value in functions)
    return f"(() => {{\n{inner}    return {main};\n}})()\n"


def test_what_is_the_same_in_several_texts_is_written_once():
    functions, without = hoisted({"a": text(("g", 1), ("f", 2)), "b": text(("g", 1), ("f", 3))})
    assert functions == "function g(x) {\n    return 1;\n}"
    assert without == {"a": text(("f", 2)), "b": text(("f", 3))}


def test_one_name_for_different_texts_stays():
    given = {"a": text(("g", 1)), "b": text(("g", 2)), "c": text(("h", 1))}
    assert hoisted(given) == ("", given)


@pytest.mark.thorough
def test_every_program_is_in_the_script():
    names = re.findall("^// program (.+)$", program_script(), re.M)
    assert names[0] == SHARED
    assert set(programs()) <= set(names)
    assert len(names) == len(set(names))
    assert program_script().count("function numbers(") == 1
