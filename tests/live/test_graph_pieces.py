"""The pieces of the graph of one sample: their programs give what their lessons hold, at other numbers too."""

import pytest

from autograd_lite import Value, nn
from autograd_lite.live.graph_pieces import empty_page, pieces


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
def test_a_branch_is_told_by_its_comparisons(found, x):
    for name in ("elu", "leaky_relu", "binary_step"):
        s = Value(x)
        out = nn.ACTIVATIONS[name](s)
        out.backward()
        fitting = []
        for key in (name, f"{name}, branch 2"):
            if key in found:
                numbers = found[key].program([x])
                root = found[key].data["nodes"][-1]
                assert numbers[root["value"]] == out.data
                fitting.append(all(numbers[place] == given for place, given in found[key].data["chosen"]))
        assert name == "binary_step" or sorted(fitting) == [False, True]


def test_the_page_has_a_place_for_the_data():
    assert empty_page("dark").count('<script type="application/json" id="lesson">{') == 1
