"""The page of the regime shows what was recorded, and nothing that was not."""

import regime
from project import ROOT
from recording import FOLDER, recorded


def test_the_page_is_what_the_figures_say():
    """`python tests/regime.py --page` writes it again."""
    assert (ROOT / "REGIME.md").read_text(encoding="utf-8") == regime.page()


def test_every_part_is_on_the_page():
    assert {path.stem for path in FOLDER.glob("*.json")} == {name for name, _, _ in regime.SECTIONS}
    assert {*regime.SHORT, *regime.LONG} <= {name for name, _, _ in regime.SECTIONS}


def test_what_was_counted_by_the_million_has_no_failures():
    for part in ("dags", "dags_python"):
        figures = recorded(part)["figures"]
        assert figures["dags"] >= 100_000
        assert not figures["failures"]


def test_the_readme_links_the_page():
    assert "(REGIME.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
