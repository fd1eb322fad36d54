"""JSON files: whole or not there, whatever goes wrong while they are written, and readable by those who may."""

import contextlib
import json
import os
import signal
import stat

import pytest

from autograd_lite import Value, draw
from autograd_lite.support.files import read_json, write_json

DOCUMENT = {"format": "a format", "version": 1, "numbers": list(range(20_000))}


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize(("mask", "wanted"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_file_is_as_open_as_the_umask_says(tmp_path, mask, wanted):
    before = os.umask(mask)
    try:
        write_json(tmp_path / "new.json", DOCUMENT)
    finally:
        os.umask(before)
    assert mode(tmp_path / "new.json") == wanted


def test_a_picture_is_too(tmp_path):
    # It was open to everybody, whatever the umask.
    before = os.umask(0o077)
    try:
        draw(Value(1.0) * 2.0).save(tmp_path / "mine.dot")
    finally:
        os.umask(before)
    assert mode(tmp_path / "mine.dot") == 0o600


@contextlib.contextmanager
def full_disk(_):
    """No file may grow beyond 4096 bytes: what a full disk does to a writer, but for the name of the error."""
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)


@contextlib.contextmanager
def failing(monkeypatch, name, error):
    def fail(*arguments):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(os, name, fail)
        yield


FAULTS = {
    "full": full_disk,
    "fsync": lambda patch: failing(patch, "fsync", OSError(28, "No space left on device")),
    "replace": lambda patch: failing(patch, "replace", OSError(13, "Permission denied")),
    "interrupt": lambda patch: failing(patch, "fsync", KeyboardInterrupt()),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
@pytest.mark.parametrize("there", [False, True], ids=["new", "there before"])
def test_whatever_fails_the_file_is_as_it_was(tmp_path, monkeypatch, fault, there):
    path = tmp_path / "kept.json"
    if there:
        write_json(path, {"format": "a format", "version": 1})
    with fault(monkeypatch), pytest.raises((OSError, KeyboardInterrupt)) as caught:
        write_json(path, DOCUMENT)
    if isinstance(caught.value, OSError):
        assert "choose a folder that exists and has room" in str(caught.value)
        assert str(path) in str(caught.value)
    assert [x.name for x in tmp_path.iterdir()] == (["kept.json"] if there else [])
    if there:
        assert json.loads(path.read_text()) == {"format": "a format", "version": 1}
    write_json(path, DOCUMENT)  # and afterwards it works
    assert read_json(path, "a format", 1) == DOCUMENT


def test_what_cannot_be_json_leaves_nothing(tmp_path):
    with pytest.raises(TypeError):
        write_json(tmp_path / "x.json", {"object": object()})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no JSON file or is cut short"),
        ('{"format": "a format", "ver', "no JSON file or is cut short"),
        ("[" * 100_000, "no JSON file or is cut short"),
        ("[1, 2]", "holds 'list', not 'a format'"),
        ('{"format": "another"}', "holds 'another', not 'a format'"),
        ('{"format": "a format"}', "is of version None"),
        ('{"format": "a format", "version": 0}', "is of version 0"),
        ('{"format": "a format", "version": 7}', "update autograd_lite"),
        ('{"format": "a format", "version": "1"}', "is of version '1'"),
        ('{"format": "a format", "version": true}', "is of version True"),
    ],
)
def test_what_is_no_such_file_is_refused_in_three_beats(tmp_path, text, words):
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"(save it again|choose a file|update)") as caught:
        read_json(path, "a format", 1)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "x.json"
    path.write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(ValueError, match="no JSON file"):
        read_json(path, "a format", 1)


def test_a_number_too_long_to_read_is_refused(tmp_path):
    path = tmp_path / "x.json"
    path.write_text('{"format": "a format", "version": ' + "1" * 5000 + "}")
    with pytest.raises(ValueError, match="no JSON file"):
        read_json(path, "a format", 1)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing\.json"):
        read_json(tmp_path / "nothing.json", "a format", 1)
