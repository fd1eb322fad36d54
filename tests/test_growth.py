"""What the long part measures in seconds, here in counts: blocks that come back, and work that is linear."""

import growth
import pytest

from autograd_lite import Program, Value, gradients


@pytest.mark.thorough
def test_all_blocks_of_a_program_come_back():
    # What dies is kept for reuse, up to 65,536 nodes of a block each.
    assert growth.compiled("", 2000)["blocks left"] < 3 * 2000
    assert growth.compiled("", 2000)["blocks left"] < 300


def test_instructions_are_linear_in_the_nodes():
    def instructions(n):
        x = Value(0.5)
        y = x
        for _ in range(n):
            y = y * 0.999 + x
        (slope,) = gradients(y, [x], create_graph=True)
        return len(Program.from_values([y, slope], [x]).instructions)

    counts = [instructions(n) for n in (100, 200, 400)]
    assert counts[2] - counts[1] == 2 * (counts[1] - counts[0])
