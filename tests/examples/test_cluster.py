"""The example on a cluster: what it prints, with a worker lost. Its numbers are compared in test_dask_blocks."""

import re
import sys
from pathlib import Path

import pytest

pytest.importorskip("dask.array")
pytest.importorskip("distributed")
pytest.importorskip("llvmlite")

from autograd_lite.examples import cluster


def test_a_lost_worker_changes_no_bit(monkeypatch, capsys):
    tests = str(Path(__file__).parents[1])  # workers get the path, and would take tests/sparse for a library
    monkeypatch.setattr(sys, "path", [folder for folder in sys.path if folder != tests])
    cluster.main(1_000_000)
    told = capsys.readouterr().out
    found = re.findall(r"on workers: (loss .*, gradient .*?), [\d.]+ s", told)
    assert len(found) == 2
    assert found[0] == found[1]
    assert "llvm: the arguments are arrays of dask" in told
