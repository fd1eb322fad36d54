"""The page of the benchmarks shows what was recorded, with every target."""

from benchmarks import page
from benchmarks.__main__ import TABLES


def test_the_page_is_up_to_date():
    """`python -m benchmarks --page` writes it again."""
    assert page.PAGE.read_text(encoding="utf-8") == page.page(TABLES)


def test_every_target_is_listed():
    documents = page.recorded(TABLES)
    assert documents
    assert {path.stem for path in page.FIGURES.glob("*.json")} == {*documents}
    printed = sum(document["text"].count("(target ") for document in documents.values())
    assert len([*page.targets(documents)]) == printed > 50
