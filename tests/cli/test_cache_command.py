"""`python -m autograd_lite cache`."""

import os

import pytest

from autograd_lite.__main__ import main
from autograd_lite.cli import info
from autograd_lite.support import code_cache


@pytest.fixture
def folder(monkeypatch, tmp_path):
    monkeypatch.setenv(code_cache.VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setattr(code_cache, "STATE", code_cache.State())
    code_cache.store_code(b"a", bytes(200_000))
    code_cache.store_code(b"b", bytes(300_000))
    return tmp_path / "cache"


def test_it_is_shown_and_cleared(folder, capsys):
    assert main(["cache"]) == 0
    assert capsys.readouterr().out == f"{folder}, 2 files, 0.5 of 268 MB\n"
    assert f"cache     {folder}, 2 files, 0.5 of 268 MB" in list(info.report())
    assert main(["cache", "--clear"]) == 0
    assert capsys.readouterr().out == f"{folder}, 0 files, 0.0 of 268 MB; removed 2 files\n"
    assert list(folder.iterdir()) == []


def test_it_tells_how_to_turn_it_on(folder, monkeypatch, capsys):
    monkeypatch.setenv(code_cache.VARIABLE, "0")
    assert main(["cache", "--clear"]) == 0
    assert capsys.readouterr().out == "off; unset AUTOGRAD_LITE_CACHE to use it; removed 0 files\n"


@pytest.mark.skipif(not code_cache.DESCRIPTORS, reason="owners are those of POSIX")
def test_what_others_own_is_not_cleared(folder, monkeypatch, capsys):
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    assert main(["cache", "--clear"]) == 1
    assert (
        capsys.readouterr().err == f"{folder} was not emptied: another user owns it; remove it by hand if it is yours\n"
    )
    assert len(list(folder.iterdir())) == 2
