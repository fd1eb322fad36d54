"""The pytest plugin of autograd_lite: the fixtures `gradcheck` and `assert_gradients`.

    def test_my_loss(gradcheck):
        assert gradcheck(my_loss, 0.5, [1.0, 2.0])

It is outside of the package, because pytest imports plugins before coverage is measured: the package is imported when
a fixture is used.
"""

import pytest


@pytest.fixture
def gradcheck(request):
    """`autograd_lite.testing.gradcheck`; its report is among the captured output of a test that fails."""
    from autograd_lite import testing

    def checked(f, *args, **how):
        report = testing.gradcheck(f, *args, **how)
        if not report:
            request.node.add_report_section("call", "gradcheck", str(report))
        return report

    return checked


@pytest.fixture
def assert_gradients():
    """`autograd_lite.testing.assert_gradients`."""
    from autograd_lite import testing

    return testing.assert_gradients
