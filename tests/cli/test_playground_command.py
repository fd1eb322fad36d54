"""The command `playground`: the file that it writes, the browser that it opens or not, and its errors."""

import pytest

from autograd_lite.__main__ import main
from autograd_lite.cli import playground_command


@pytest.fixture
def opened(monkeypatch, tmp_path):
    found = []
    monkeypatch.setattr("webbrowser.open", lambda uri: found.append(uri) or True)
    monkeypatch.chdir(tmp_path)
    return found


@pytest.mark.thorough
def test_it_writes_a_page_and_opens_it(opened, tmp_path, capsys):
    assert main(["playground"]) == 0
    path = tmp_path / "playground.html"
    assert opened == [path.as_uri()]
    assert capsys.readouterr().out == f"written  {path}\n"
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.thorough
def test_it_opens_nothing_where_asked(opened, tmp_path):
    assert main(["playground", "--no-open", "--output", "other.html", "--theme", "dark"]) == 0
    assert opened == []
    assert 'data-theme="dark"' in (tmp_path / "other.html").read_text(encoding="utf-8")
    assert not (tmp_path / "playground.html").exists()


def test_without_a_browser_it_tells_where_the_file_is(opened, monkeypatch, capsys):
    monkeypatch.setattr("webbrowser.open", lambda uri: False)
    assert playground_command.main() == 0
    assert "no browser was found; open file://" in capsys.readouterr().err


@pytest.mark.parametrize("output", ["missing/page.html", "page.png", "."])
def test_a_file_that_cannot_be_written_is_told_in_one_line(opened, output, capsys):
    assert main(["playground", "--output", output]) == 1
    error = capsys.readouterr().err
    assert error.startswith("the playground was not written: ")
    assert error.count("\n") == 1
    assert opened == []


def test_other_commands_take_none_of_its_options(capsys):
    with pytest.raises(SystemExit):
        main(["info", "--no-open"])
    assert "unrecognized arguments: --no-open" in capsys.readouterr().err
