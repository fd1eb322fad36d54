"""Programs as C: the bits of the plainest reading of a program, from every compiler that is there."""

import re
import shutil
import subprocess

import drawn_programs
import pytest
import sources

from autograd_lite import Value, compile, floor, linalg, tanh
from autograd_lite.program.program import Program

pytestmark = pytest.mark.skipif(not sources.COMPILERS, reason="there is no compiler of C on the path")


@pytest.mark.thorough
@pytest.mark.parametrize("limits", [sources.LIMITS, sources.CUT], ids=["whole", "cut"])
@pytest.mark.parametrize("compiler", sources.COMPILERS)
def test_random_programs_have_the_bits_of_the_plainest_reading(tmp_path, compiler, limits):
    drawings = drawn_programs.drawings(range(60), drawn_programs.WRITTEN)
    drawn_programs.check(drawings, sources.in_c(*drawn_programs.calls(drawings), tmp_path, compiler, limits=limits))


@pytest.mark.long
@pytest.mark.parametrize("start", range(0, 2000, 250))
@pytest.mark.parametrize("compiler", sources.COMPILERS)
def test_2000_random_programs_have_the_bits_of_the_plainest_reading(tmp_path, compiler, start):
    drawings = drawn_programs.drawings(range(start, start + 250), drawn_programs.WRITTEN)
    drawn_programs.check(drawings, sources.in_c(*drawn_programs.calls(drawings), tmp_path, compiler, "-O2"))


@pytest.mark.thorough
@pytest.mark.parametrize("limits", [sources.LIMITS, sources.CUT], ids=["whole", "cut"])
@pytest.mark.parametrize("compiler", sources.COMPILERS)
def test_loops_gathers_and_long_sums_have_the_bits_of_the_plainest_reading(tmp_path, compiler, limits):
    drawings = drawn_programs.with_arrays()
    drawn_programs.check(drawings, sources.in_c(*drawn_programs.calls(drawings), tmp_path, compiler, limits=limits))


def test_linear_algebra_has_the_bits_of_the_plainest_reading(tmp_path):
    drawings = drawn_programs.with_kernels(["solve", "cholesky", "eigh", "expm"], orders=2)
    drawn_programs.check(drawings, sources.in_c(*drawn_programs.calls(drawings), tmp_path))


@pytest.mark.parametrize("optimise", ["-O2", "-Os"])
def test_what_compilers_see_when_they_unroll_loops_is_no_reason_for_a_warning(tmp_path, optimise):
    drawings = drawn_programs.with_kernels(["solve_triangular"], orders=1)
    drawings += drawn_programs.with_kernels(["solve of a vector"], orders=2)
    drawings += [drawn_programs.with_kernels(["norm, 1"])[3]]
    drawn_programs.check(drawings, sources.in_c(*drawn_programs.calls(drawings), tmp_path, optimise=optimise))


@pytest.mark.parametrize("compiler", sources.COMPILERS)
def test_the_likelihood_of_a_gaussian_process_has_the_bits_of_the_engine(tmp_path, compiler):
    drawings = drawn_programs.with_processes()
    drawn_programs.check(drawings, sources.in_c(*drawn_programs.calls(drawings), tmp_path, compiler, "-O2"))


WAYS = [(name, sources.LIMITS) for name in sources.COMPILERS] + [(name, sources.CUT) for name in sources.COMPILERS[:1]]


@pytest.mark.thorough
@pytest.mark.parametrize(("compiler", "limits"), WAYS)
@pytest.mark.parametrize("drawn", [drawn_programs.with_kernels, drawn_programs.with_structures])
def test_all_of_linear_algebra_and_all_structures_have_the_bits(tmp_path, compiler, limits, drawn):
    drawings = drawn()
    drawn_programs.check(drawings, sources.in_c(*drawn_programs.calls(drawings), tmp_path, compiler, limits=limits))


@pytest.mark.thorough
@pytest.mark.parametrize("compiler", sources.COMPILERS)
def test_every_row_has_its_bits_at_special_and_random_operands(tmp_path, compiler):
    drawings = drawn_programs.rows(drawn_programs.WRITTEN)
    drawn_programs.check(drawings, sources.in_c(*drawn_programs.calls(drawings), tmp_path, compiler))


def test_a_file_and_its_header_compile_into_a_program(tmp_path):
    program = compile(lambda w, x: [w[0] * tanh(x), w[1] - x], backend="python").trace([1.0, 2.0], 3.0)
    program.save(tmp_path / "step.c", header=True)
    (tmp_path / "main.c").write_text(
        '#include "step.h"\n#include <stdio.h>\nint main(void) {\n'
        "    const double w[2] = {2.0, 3.0}, x[1] = {0.0};\n    double result[2];\n    step(w, x, result);\n"
        '    printf("%g %g\\n", result[0], result[1]);\n    return 0;\n}\n'
    )
    subprocess.run(
        [sources.COMPILERS[0], "-std=c99", "-Wall", "-Werror", "main.c", "step.c", "-lm", "-o", "run"],
        cwd=tmp_path, check=True,
    )  # fmt: skip
    assert subprocess.run(tmp_path / "run", capture_output=True, text=True, check=True).stdout == "0 3\n"


@pytest.mark.thorough
@pytest.mark.skipif(shutil.which("g++") is None, reason="there is no g++ on the path")
def test_the_text_is_c_plus_plus_too(tmp_path):
    """As in a sketch of Arduino, which is one file: two programs in it have no name in common."""
    drawings = drawn_programs.with_arrays() + drawn_programs.with_kernels(["lstsq", "eigh", "expm"])
    drawings += [*drawn_programs.rows(["gamma", "lgamma", "erfinv", "mod"])]
    (tmp_path / "all.cpp").write_text("".join([x[0].source("c", name=f"f{i}") for i, x in enumerate(drawings)]))
    subprocess.run(["g++", "-Wall", "-Wextra", "-Werror", "-c", "all.cpp"], cwd=tmp_path, check=True)


def test_only_a_file_of_c_has_a_header(tmp_path):
    program = compile(tanh, backend="python").trace(1.0)
    with pytest.raises(ValueError, match=r"only a file of C has a header, .*; choose a name that ends in \.c"):
        program.save(tmp_path / "step.mjs", header=True)
    program.save(tmp_path / "step.json")
    assert Program.load(tmp_path / "step.json")(0.0) == 0.0


def test_many_small_arrays_are_not_all_on_the_stack(tmp_path):
    """A board of one's own may have 8 kB for it."""

    def f(x):
        found = [[x[4 * i + j] for j in range(4)] for i in range(4)]
        for _ in range(100):
            found = linalg.matmul(found, found)
        return found

    program = compile(f, backend="python").trace([0.1 * i for i in range(16)])
    text = program.source("c")
    assert 512 < sum(map(int, re.findall(r"^    double v\d+\[(\d+)\]", text, flags=re.M))) <= 1024
    program.save(tmp_path / "step.c", header=True)
    (room,) = re.findall(r"STEP_WORK\(n\) \((\d+)\)", (tmp_path / "step.h").read_text())
    assert int(room) >= 500


NAMES = (
    "new this template bool true xor delete operator class private friend signbit fabs ptrdiff_t double_t linux "
    "HUGE_VAL isnan NULL int _Bool M_PI rint PI x time gamma y0 r0 work n"
)
"""What C, C++ or the text itself has, and some that are free."""


@pytest.mark.parametrize("command", [["gcc", "-x", "c"], ["g++"]], ids=["c", "c++"])
def test_arguments_have_names_of_c_and_c_plus_plus(tmp_path, command):
    if shutil.which(command[0]) is None:
        pytest.skip(f"there is no {command[0]} on the path")
    texts = []
    for k, name in enumerate(NAMES.split()):
        x = Value(2.0, label=name)
        texts.append(Program.from_values([abs(x) + floor(x)], [x]).source("c", name=f"f{k}"))
    assert "const double *time" in "".join(texts)
    (tmp_path / "all.cpp").write_text("".join(texts))
    subprocess.run([*command, "-Wall", "-Wextra", "-Werror", "-c", "all.cpp"], cwd=tmp_path, check=True)


REFUSED = ["double", "1st", "a b", "größe", "", "tanh", "fabs", "signbit", "new", "printf", "time", "y0", "loop"]


@pytest.mark.parametrize("name", REFUSED)
def test_a_function_has_a_name_of_c(name):
    with pytest.raises(ValueError, match="needs a name of letters, digits and underscores"):
        compile(tanh, backend="python").trace(1.0).source("c", name=name)
