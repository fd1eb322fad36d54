"""Benchmarks: what the library costs, as ratios against its peers, measured in the same run.

`python -m benchmarks` prints every table as Markdown; `python -m benchmarks core import` prints two. Each
workload is a plain function in the module of its table; `harness` runs them in turn, each in a fresh process.
The peers are listed in `requirements.txt`; one that is not installed is named and skipped.
"""
