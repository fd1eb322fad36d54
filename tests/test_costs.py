"""The cheap gradient principle, in operations that are counted and never timed."""

import costs
import pytest
from recording import recorded

from autograd_lite import Program, Value, compile, grad


def test_the_gradient_of_a_polynomial_costs_at_most_five_times_its_value():
    found = costs.ratios(150, costs.polynomial, 1)
    assert len(found) > 140
    assert found[-1] <= 5.0


def test_each_row_costs_what_is_published():
    """A row whose gradient gets dearer has to say so: `python tests/regime.py` records the counts."""
    published = {name: tuple(pair) for name, pair in recorded("costs")["figures"]["rows"].items()}
    assert costs.row_costs() == published


def test_networks_cost_at_most_five_times_their_value():
    found = costs.network_ratios()
    assert max(found.values()) <= 5.0, found


def test_nearly_all_functions_do_where_elementary_functions_weigh_ten():
    found = costs.ratios(150, costs.whole, 10)
    assert sum(x <= 5.0 for x in found) >= 0.95 * len(found)
    assert found[-1] <= 8.0


def test_operations_are_counted_exactly():
    x, y = Value(2.0), Value(3.0)
    program = Program.from_values([(x * y + x) * x, x.exp()], [x, y])
    assert costs.cost(program) == 4
    assert costs.cost(program, 10) == 13


@pytest.mark.thorough
@pytest.mark.parametrize("n", [10, 1000])
def test_the_work_of_a_gradient_grows_with_the_graph_and_not_with_its_paths(n):
    """A ladder has 2^n paths and 2n nodes: programs of gradients have a few instructions a node."""

    def ladder(x):
        y = x[0]
        for _ in range(n):
            y = (y + y) * x[1]
        return y

    program = compile(grad(ladder), backend="python").trace([1.0, 0.5])
    assert len(program.instructions) <= 8 * n
