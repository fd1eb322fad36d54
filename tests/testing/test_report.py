"""The report of gradcheck: true or false, readable, and the worst comparison kept."""

import math

from hypothesis import given
from hypothesis import strategies as st

from autograd_lite.testing import Comparison, Report


def compared(*pairs):
    report = Report()
    for k, (got, want, allowed) in enumerate(pairs):
        report.compare(Comparison(f"d{k}", want, got, "this against that", 0.5), allowed)
    return report


def test_what_agrees_passes():
    report = compared((1.0, 1.0, 0.0), (2.0, 2.0 + 1e-9, 1e-8))
    assert report
    assert report.worst.where == "d1"
    assert 0.0 < report.excess <= 1.0
    assert str(report).startswith("gradcheck passed: 2 comparisons\nworst of them: d1: expected 2.000000001, got 2.0 (")
    assert repr(report) == str(report)


def test_what_differs_is_a_finding():
    report = compared((1.0, 1.0, 0.0), (2.0, 3.0, 0.5), (4.0, 5.0, 0.9))
    assert not report
    assert report.findings == [
        "d1: expected 3.0, got 2.0 (this against that with step 0.5, 2.25e+15 ulps apart)",
        "d2: expected 5.0, got 4.0 (this against that with step 0.5, 1.13e+15 ulps apart)",
    ]
    assert report.worst.where == "d1"
    assert report.excess == 2.0
    assert str(report).startswith("gradcheck failed with 2 findings: 3 comparisons\nd1: expected")


@given(st.floats(), st.floats(), st.floats(0.0, 10.0))
def test_nan_never_passes(got, want, allowed):
    report = compared((got, want, allowed))
    if math.isnan(got) or math.isnan(want):
        assert not report
    elif got == want and math.isfinite(got):
        assert report
    elif math.isfinite(got) and math.isfinite(want):
        assert bool(report) == (abs(got - want) <= allowed)


def test_nothing_allowed_is_nothing_allowed():
    assert not compared((1.0, 1.0 + 2**-52, 0.0))
    assert compared((1.0, 1.0, 0.0)).excess == 0.0


def test_notes_are_kept_once_and_count_for_nothing():
    report = Report()
    report.note("so it is")
    report.note("so it is")
    assert report
    assert str(report) == "gradcheck passed: 0 comparisons\nnote: so it is"
