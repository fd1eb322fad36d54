"""The pieces of the graph of one sample: their programs give what their lessons hold, at other numbers too."""

import pytest

from autograd_lite import Value, nn
from autograd_lite.live.graph_pieces import empty_page, pieces
from autograd_lite.live.network_programs import SHOWN


@pytest.fixture(scope="module")
def found():
    return pieces()


def test_places_are_those_of_numbers_that_the_program_gives(found):
    for name, piece in found.items():
        numbers = piece.program([0.25] * len(piece.data["inputs"]))
        numbers = [numbers] if isinstance(numbers, float) else list(numbers)
        for node in piece.data["nodes"]:
            places = [node["value"], *(place for _, *way in node["ways"] for place in way)]
            assert all(0 <= place < len(numbers) for place in places), name
            assert all(user > node["key"] for user, _, _ in node["ways"]), name


@pytest.mark.parametrize("x", [-1.5, -0.25, 0.0, 0.25, 1.5])
def test_an_activation_has_its_value_and_slope_on_every_branch(found, x):
    for name in SHOWN:
        if name == "linear":
            continue
        s = Value(x)
        out = nn.ACTIVATIONS[name](s)
        out.backward()
        numbers, nodes = found[name].program([x]), found[name].data["nodes"]
        assert numbers[nodes[-1]["value"]] == out.data
        [start] = [node for node in nodes if node["name"] == "s"]
        if start["gradient"] is not None:
            assert numbers[start["gradient"]] == pytest.approx(s.grad, rel=1e-14, abs=1e-300)
            terms = [numbers[up] * numbers[local] for _, up, local in start["ways"]]
            assert sum(terms) == pytest.approx(s.grad, rel=1e-14, abs=1e-300)


def test_the_page_has_a_place_for_the_data():
    assert empty_page("dark").count('<script type="application/json" id="lesson">{') == 1
