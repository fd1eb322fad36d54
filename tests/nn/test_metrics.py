"""Decisions and how often they are right: on floats, and as rows for programs, which must say the same."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import compile
from autograd_lite.nn import accuracy, confusion_matrix
from autograd_lite.nn.evaluation import is_right
from autograd_lite.nn.metrics import correctness, decision

few = st.sampled_from([-1.0, 0.0, 0.5, 1.0, 2.0])  # so that ties are frequent


def columns(size, numbers=few):
    return st.lists(numbers, min_size=size, max_size=size)


@given(st.integers(1, 4).flatmap(lambda n: st.tuples(columns(n), st.integers(0, n - 1), columns(n))))
def test_programs_score_classes_as_eager_does_with_ties_too(case):
    outputs, label, target = case
    assert correctness(outputs, label, "classes") == is_right(outputs, label, "classes")
    assert correctness(outputs, target, "classes") == is_right(outputs, target, "classes")
    assert is_right(outputs, label, "classes") == (decision(outputs, "classes") == label)


soft = st.sampled_from([0.0, 0.3, 0.5, 0.7, 1.0])


@given(st.integers(1, 3).flatmap(lambda n: st.tuples(columns(n), columns(n, soft))))
def test_programs_score_binary_outputs_as_eager_does(case):
    outputs, target = case
    assert correctness(outputs, target, "binary") == is_right(outputs, target, "binary")
    assert correctness(outputs[0], target[0], "binary") == is_right(outputs[0], target[0], "binary")
    signs = [1.0 if t > 0.5 else -1.0 for t in target]
    assert correctness(outputs, signs, "signs") == is_right(outputs, signs, "signs")


def test_a_soft_label_is_for_the_nearer_one():
    assert is_right(-1.0, 0.3, "binary")
    assert not is_right(1.0, 0.3, "binary")
    assert is_right([1.0, -1.0], [0.7, 0.2], "binary")


def test_a_traced_label_is_scored_like_a_number():
    pytest.importorskip("numpy")
    scored = compile(lambda outputs, label: correctness(list(outputs), label, "classes"))
    for outputs in ([1.0, 1.0, 0.0], [0.0, 1.0, 1.0], [0.0, 0.0, 0.0]):
        for label in range(3):
            assert scored(outputs, float(label)) == is_right(outputs, label, "classes")


def test_accuracy_and_confusions():
    assert accuracy([0, 1, 1, 2], [0, 1, 2, 2]) == 0.75
    assert accuracy(np.array([0.0, 1.0, 2.0]), (0, 1, 1)) == 2 / 3
    assert accuracy([[0, 1], [1, 1]], [[0, 1], [1, 0]]) == 0.5
    assert accuracy(["cat", "dog"], ["cat", "cat"]) == 0.5
    assert confusion_matrix([0, 1, 1, 2], [0, 1, 2, 2]) == [[1, 0, 0], [0, 1, 0], [0, 1, 1]]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: accuracy([1], [1, 2]), "got 1 and 2; pass as many of both"),
        (lambda: accuracy([[0.1, 0.9], [0.8, 0.2]], [1, 1]), r"got \[0.1, 0.9\] for 1, a score; take the class"),
        (lambda: accuracy([0.3, -1.2], [1, 0]), "got 0.3 for 1, a score"),
        (lambda: accuracy([math.nan], [1]), "got nan for 1, a score"),
        (lambda: accuracy([], []), "got 0 and 0; pass as many of both, at least one"),
        (lambda: confusion_matrix([1], [1, 0]), "got 1 and 2; pass as many of both"),
        (lambda: confusion_matrix([], []), "got 0 and 0; pass as many of both, at least one"),
        (lambda: confusion_matrix([0, -1], [0, 1]), "row 1 of decisions is -1"),
        (lambda: confusion_matrix([0, 1], [0.5, 1]), "row 0 of targets is 0.5"),
    ],
)
def test_bad_input(wrong, words):
    with pytest.raises(ValueError, match=words):
        wrong()
