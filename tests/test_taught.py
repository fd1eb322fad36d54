"""The table of what the lectures teach: no row is missing, every name and every test exists, the page is new."""

import json
import pkgutil
import re

import lectures
import pytest
from project import ROOT, ran

# The rows of the lectures, as a list of their own: dropping one from the table is noticed.
TAUGHT = {
    "1. The algorithm": """forward in topological order, then backward in reverse;
        why the order matters: a recursion without it goes wrong; add distributes, max routes, mul switches;
        the duties of a unit: forward, backward, parameter gradient;
        the chain rule: composite, total derivative, several ways""",
    "2. Costs": """the cheap gradient principle; memory grows with the operations of the forward pass;
        m outputs: reverse mode m sweeps, forward mode n; a Hessian-vector product costs O(n);
        centred differences, two evaluations a parameter; symbolic differentiation swells;
        expressive power: x^2 iterated, and a x + b; deep rectifiers fold the input space""",
    "3. Activations and their derivatives": """identity; binary step; logistic (sigmoid); tanh; SQNL; arctan; arsinh;
        Elliott, softsign; ISRU(a); ISRLU(a); ReLU; BReLU; leaky ReLU; PReLU(a), a trainable; RReLU; ELU(a); SELU;
        SReLU(tl, al, tr, ar), trainable; APL(S, a_i, b_i), trainable; softplus; bent identity; GELU; SiLU (Swish-1);
        soft exponential(a); soft clipping(a); sinusoid; sinc; Gaussian; SQ-RBF; maxout; hard tanh;
        erratum: tanh' = 1 - 2 tanh^2; erratum: the soft exponential without its minus;
        erratum: the pieces of SQ-RBF; softmax""",
    "4. Losses": """mean squared error; 1/2 squared error; logistic / binary cross-entropy;
        perceptron loss relu(-h)^y relu(h)^(1-y); soft margin (hinge); softmax with cross-entropy;
        L2 penalty 0.5 lambda |w|^2, lambda w; L1 penalty""",
    "5. Units and networks": """perceptron (1958), and its learning rule;
        XOR: out of its reach, within that of two layers; McCulloch-Pitts neuron with inhibition;
        dense layers with every activation; on-diagonal weight sharing: a 1-D convolution;
        2-D convolution, several filters; max pooling; average pooling; multi-output; networks of any depth""",
    "6. Training": """gradient descent until |f(x_k+1) - f(x_k)| < eps; full batch and stochastic;
        mini-batches, epochs, shuffling; learning rate too small, too large; initialisation N(0, sigma^2) and better;
        RMSprop; batch normalisation; train, validation and test sets; bias and variance;
        digits: [64, 30, 10], sigmoid, quadratic cost, batches of 10, rate 3.0;
        points of the plane classified in the browser, while the boundary moves""",
    "7. Worked examples": """f = (x + y) z; a logistic neuron in single steps; logistic regression;
        one hidden layer of logistic units; (x - 1)^2 from -4 with rate 0.1; goals a season, least squares;
        h = relu(w1 x1 + w2 x2), p = w5 h; two-layer regression; 2-2-1, tanh then logistic;
        softmax(1.2, 0.3), and cross-entropies; softmax with cross-entropy: dL/dw21 = h2 (o1 - t1);
        digits, 30 epochs, test score an epoch; 2-D points, in the browser""",
}
ROWS = [row for rows in lectures.SECTIONS.values() for row in rows]


def test_no_row_is_missing():
    listed = {
        title: [row.taught.replace("APL(S;", "APL(S,") for row in rows] for title, rows in lectures.SECTIONS.items()
    }
    assert listed == {title: [" ".join(row.split()) for row in text.split(";")] for title, text in TAUGHT.items()}


@pytest.mark.parametrize("name", sorted({name for row in ROWS for name in row.names}))
def test_every_name_exists_and_is_documented(name):
    if name.startswith("examples."):
        pytest.importorskip("sklearn")
    assert pkgutil.resolve_name(f"autograd_lite.{name}").__doc__


@pytest.fixture(scope="module")
def collected():
    """What pytest finds in the files that the table names."""
    files = sorted({f"tests/{test.partition('::')[0]}" for row in ROWS for test in row.tests})
    run = ran("-m", "pytest", "--collect-only", "-q", "-m", "", "-p", "no:cacheprovider", *files, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    found = {line.removeprefix("tests/") for line in run.stdout.splitlines() if "::" in line}
    return found | {name.partition("[")[0] for name in found}


@pytest.mark.thorough
def test_every_test_exists(collected):
    assert all(row.tests for row in ROWS)
    assert [test for row in ROWS for test in row.tests if test not in collected] == []
    assert "nn/test_losses.py::test_of_nothing" not in collected


@pytest.mark.thorough
def test_every_activation_of_the_table_is_compared(collected):
    # none of the comparisons with mpmath is beside the table
    named = {test for row in ROWS for test in row.tests}
    column = "nn/test_activations.py::test_the_function_and_derivative_columns["
    assert {test for test in collected if test.startswith(column)} <= named


@pytest.mark.parametrize("seen", sorted({seen for parts in lectures.WHERE.values() for seen in parts}))
def test_every_part_of_a_notebook_exists_and_shows_something(seen):
    cells = json.loads((ROOT / "notebooks" / f"{seen.notebook}.ipynb").read_text(encoding="utf-8"))["cells"]
    part, shows = None, []
    for cell in cells:
        for heading in (
            re.findall(r"^#+ (.+)$", "".join(cell["source"]), re.M) if cell["cell_type"] == "markdown" else ()
        ):
            part = heading
        if part == seen.heading:
            shows += cell.get("outputs", ())
    assert shows


@pytest.mark.parametrize("title", lectures.SECTIONS)
def test_every_section_has_its_page(title):
    page = (ROOT / "docs" / "learn" / f"{lectures.LEARNED[title]}.md").read_text(encoding="utf-8")
    assert f"\n# {title}\n" in page


def test_the_page_is_up_to_date():
    # if not: python tests/lectures.py > docs/LECTURES.md
    assert (ROOT / "docs" / "LECTURES.md").read_text(encoding="utf-8") == lectures.page()
