"""Programs as JavaScript: the bits of exact rows, and all others within their bounds, in Node."""

import subprocess

import comparing
import drawn_programs
import javascript_rows
import matrices
import programs
import pytest
import sources

from autograd_lite import Value, compile, tanh, value_and_grad, vmap
from autograd_lite.program.program import Program

pytestmark = pytest.mark.skipif(sources.NODE is None, reason="there is no node on the path")


@pytest.mark.thorough
@pytest.mark.parametrize("limits", [sources.LIMITS, sources.CUT], ids=["whole", "cut"])
def test_exact_rows_have_the_bits_of_the_plainest_reading(limits):
    drawings = drawn_programs.drawings(range(60), programs.EXACT)
    drawn_programs.check(drawings, sources.in_node(*drawn_programs.calls(drawings), limits))


@pytest.mark.thorough
@pytest.mark.parametrize("limits", [sources.LIMITS, sources.CUT], ids=["whole", "cut"])
def test_loops_gathers_and_long_sums_have_the_bits_of_the_plainest_reading(limits):
    drawings = drawn_programs.with_arrays()
    drawn_programs.check(drawings, sources.in_node(*drawn_programs.calls(drawings), limits))


def test_linear_algebra_has_the_bits_of_the_plainest_reading():
    drawings = drawn_programs.with_kernels([name for name in matrices.FUNCTIONS if name != "norm, 3 of rows"], orders=2)
    drawings += drawn_programs.with_processes(lambda x: 1.0 / (1.0 - x))
    drawn_programs.check(drawings, sources.in_node(*drawn_programs.calls(drawings)))


@pytest.mark.thorough
@pytest.mark.parametrize("limits", [sources.LIMITS, sources.CUT], ids=["whole", "cut"])
@pytest.mark.parametrize("drawn", [drawn_programs.with_kernels, drawn_programs.with_structures])
def test_all_of_linear_algebra_and_all_structures_agree(limits, drawn):
    """Within some ulps, because exp, log and pow are those of JavaScript."""
    drawings = drawn()
    found = sources.in_node(*drawn_programs.calls(drawings), limits)
    drawn_programs.check(drawings, found, lambda a, b: sources.flat(b) == pytest.approx(sources.flat(a), rel=1e-11))


def test_linear_algebra_runs_in_node_as_a_back_end():
    f, xs = matrices.loss_of("solve")
    loss = value_and_grad(f)
    assert compile(loss, backend="javascript")(xs) == compile(loss, backend="python")(xs)


def test_an_expression_is_called_with_numbers_or_nests_of_them():
    f = value_and_grad(vmap(lambda w, x: tanh(w[0] * x[0] + w[1]), (None, 0), "mean"))
    step = compile(f, backend="python")
    w, X = [0.5, -0.25], [[1.0], [2.0], [-3.0]]
    source = step.trace(w, X).source("javascript", module=False)
    value, gradient = step(w, X)
    (found,) = sources.evaluated(
        f"console.log(JSON.stringify(({source.strip()})({w}, {X}).map((x) => Array.from(x, String))))"
    )
    assert sources.flat(found) == pytest.approx([value, *gradient], rel=1e-14)


@pytest.mark.thorough
@pytest.mark.parametrize("row", javascript_rows.rows(), ids=lambda row: row.name)
def test_every_row_is_within_its_bound(row):
    distance, at = javascript_rows.worst(row, 300)
    assert distance <= javascript_rows.bound(row, at), at


@pytest.mark.thorough
@pytest.mark.parametrize("row", javascript_rows.rows(), ids=lambda row: row.name)
def test_special_operands_give_what_the_engine_gives(row):
    """nan, infinities and the signs of zeros alike; other numbers as near as the bound."""
    drawn = drawn_programs.of_row(row)
    ((found,),) = sources.in_node(*drawn_programs.calls([drawn]))
    _, (points,), _ = drawn
    for point, got in zip(points, found, strict=True):
        want = row.ieee_value(*point)
        assert javascript_rows.ulps(row, want, got) <= javascript_rows.bound(row, point), (point, want, got)
        assert want != 0.0 or repr(got) == repr(want), (point, want, got)


def test_random_functions_are_within_the_bound_of_their_conditions():
    tally = comparing.compare_engines(1, 5, (("javascript", False),))
    assert tally.results
    assert not tally.failures


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100))
def test_2000_random_functions_are_within_the_bound_of_their_conditions(seed):
    tally = comparing.compare_engines(10**6 + seed, 20, (("javascript", False),))
    assert tally.results
    assert not tally.failures


def test_a_file_of_javascript_has_its_types_beside_it(tmp_path):
    program = compile(vmap(lambda w, x: w[0] * x + w[1], (None, 0)), backend="python").trace([1.0, 2.0], [3.0, 4.0])
    program.save(tmp_path / "line.mjs")
    text = 'import { line } from "./line.mjs";\nconsole.log(String(line([2, 1], [3, 4])[0]));\n'
    (tmp_path / "main.mjs").write_text(text)
    done = subprocess.run([sources.NODE, "main.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "7,9\n"
    types = (tmp_path / "line.d.ts").read_text()
    assert "export function line(w: Numbers, x: Numbers, n?: number): [Float64Array];" in types
    assert (tmp_path / "line.d.mts").read_text() == types


HOSTILE = ["</script><script>alert(1)", "*/ alert(1)", "a\u2028alert(1)", "a\nalert(1)", "__proto__", "n", "w", "Math"]


@pytest.mark.thorough
@pytest.mark.parametrize("label", HOSTILE)
def test_names_of_users_are_no_code(label):
    """Node has no alert, and would throw."""
    x, w = Value(2.0, label=label), Value(3.0, label="w")
    program = Program.from_values([x * w], [x, w])
    for module in (True, False):
        text = program.source("javascript", module=module)
        assert "</script" not in text
        assert text.isascii()
    (found,) = sources.in_node([program], [([[2.0], [3.0]], 1)])
    assert found == [[6.0]]
    assert "alert" not in program.source("c")
