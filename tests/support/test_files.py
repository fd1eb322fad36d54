"""JSON files: whole or not there, whatever goes wrong while they are written, and readable by those who may."""

import ast
import contextlib
import functools
import gc
import json
import os
import random
import signal
import socket
import stat
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite
from autograd_lite import Value, draw, explain, nn
from autograd_lite.program.program import Program
from autograd_lite.support import files
from autograd_lite.support.files import checked_path, read_json, write_json

DOCUMENT = {"format": "a format", "version": 1, "numbers": list(range(20_000))}


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize(("mask", "wanted"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_file_is_as_open_as_the_umask_tells(tmp_path, mask, wanted):
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


# -- what was there before


@functools.cache
def shown():
    x = Value(2.0, label="x")
    return x * x, Program.from_values([x * x], [x])


def train(path):
    Path(path).exists() and Path(path).unlink()
    nn.fit(nn.Neuron(1, rng=0), [[1.0]], [1.0], epochs=1, checkpoint=path, progress=False)


def train_on(path):
    """Goes on from the checkpoint that is there."""
    nn.fit(nn.Neuron(1, rng=0), [[1.0]], [1.0], epochs=2, checkpoint=path, progress=False)


WRITERS = {
    "document": lambda path: write_json(path, DOCUMENT),
    "model": lambda path: nn.save(nn.Neuron(1, rng=0), path),
    "program": lambda path: shown()[1].save(path),
    "drawing": lambda path: draw(shown()[0]).save(path),
    "explanation": lambda path: explain(shown()[0]).save(path),
    "page": lambda path: explain(shown()[0]).page().save(path),
}
SUFFIXES = {"drawing": ".dot", "explanation": ".md", "page": ".html"}
every_writer = pytest.mark.parametrize("writer", WRITERS)


def file_of(writer, folder, name="it"):
    path = folder / (name + SUFFIXES.get(writer, ".json"))
    return path, functools.partial(WRITERS[writer], path)


@pytest.mark.thorough
def test_nothing_else_in_the_library_writes_files():
    """Every writer is `write_atomically`: what the tests here show holds for all of them."""
    found = []
    for path in Path(autograd_lite.__file__).parent.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(call.func, "id", getattr(call.func, "attr", "")) if isinstance(call, ast.Call) else ""
            modes = [x.value for x in ast.walk(call) if isinstance(x, ast.Constant)] if name == "open" else []
            if name in ("write_text", "write_bytes") or {"w", "wb", "x", "xb", "a", "ab"} & {*map(str, modes)}:
                found.append(f"{path.name}: {ast.unparse(call)}")
    assert not found


@given(st.integers(0, 0o777))
def test_the_permissions_stay(tmp_path_factory, given_mode):
    path, wanted = tmp_path_factory.getbasetemp() / "mode.json", given_mode | stat.S_IWUSR | stat.S_IRUSR
    path.touch()
    path.chmod(wanted)
    write_json(path, {"format": "a format"})
    assert mode(path) == wanted


@every_writer
@pytest.mark.parametrize("wanted", [0o600, 0o755])
def test_the_permissions_stay_whoever_writes(writer, tmp_path, wanted):
    path, write = file_of(writer, tmp_path)
    path.touch()
    path.chmod(wanted)
    write()
    assert mode(path) == wanted
    assert path.stat().st_size


def test_nobody_reads_a_private_file_while_it_is_written(tmp_path, monkeypatch):
    path, seen = tmp_path / "private.json", []
    path.touch(0o600)
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda d: (seen.append(stat.S_IMODE(os.fstat(d).st_mode)), fsync(d)))
    create = os.open
    monkeypatch.setattr(
        os, "open", lambda *a, mode=0o777: (d := create(*a, mode), seen.append(stat.S_IMODE(os.fstat(d).st_mode)))[0]
    )
    before = os.umask(0)
    try:
        write_json(path, DOCUMENT)
    finally:
        os.umask(before)
    assert seen == [0o600, 0o600]


@every_writer
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_the_owner_stays(writer, tmp_path):
    path, write = file_of(writer, tmp_path)
    path.touch(0o640)
    os.chown(path, 12345, 23456)
    write()
    found = path.stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (12345, 23456, 0o640)


def test_extended_attributes_stay(tmp_path):
    path = tmp_path / "noted.json"
    path.touch()
    try:
        os.setxattr(path, "user.note", b"mine")
    except (OSError, AttributeError):
        pytest.skip("this file system has no extended attributes")
    write_json(path, DOCUMENT)
    assert os.getxattr(path, "user.note") == b"mine"


@every_writer
@pytest.mark.parametrize("there", [True, False], ids=["file", "nothing"])
def test_a_symbolic_link_stays_and_its_target_is_written(writer, tmp_path, there):
    (tmp_path / "elsewhere").mkdir()
    target, write = file_of(writer, tmp_path / "elsewhere")
    if there:
        target.touch(0o600)
    link, write = file_of(writer, tmp_path, "link")
    middle = tmp_path / "middle"
    middle.symlink_to(Path("elsewhere") / target.name)  # relative, and a link to a link
    link.symlink_to(middle)
    write()
    assert [path.is_symlink() for path in (link, middle, target)] == [True, True, False]
    assert target.stat().st_size
    assert os.listdir(target.parent) == [target.name]
    assert not there or mode(target) == 0o600


def test_links_that_lead_nowhere_are_named(tmp_path):
    circle, lost = tmp_path / "circle.json", tmp_path / "lost.json"
    circle.symlink_to(circle)
    lost.symlink_to(tmp_path / "no folder" / "x.json")
    for path in (circle, lost):
        with pytest.raises(OSError, match=rf"could not write it .*{path.name}"):
            write_json(path, DOCUMENT)
        assert path.is_symlink()


def test_a_checkpoint_follows_its_link_and_keeps_its_mode(tmp_path):
    target, link = tmp_path / "run.json", tmp_path / "link.json"
    train(target)
    target.chmod(0o600)
    link.symlink_to(target)
    before = target.read_bytes()
    train_on(link)
    assert link.is_symlink()
    assert mode(target) == 0o600
    assert target.read_bytes() != before


def device(path):
    try:
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 3))
    except (OSError, AttributeError):
        pytest.skip("only root makes devices")


def bound(path):
    made = socket.socket(socket.AF_UNIX)
    made.bind(str(path))
    made.close()


IRREGULAR = {
    "a named pipe": os.mkfifo if hasattr(os, "mkfifo") else device, "a device": device, "a socket": bound,
    "a folder": os.mkdir,
}  # fmt: skip


@pytest.mark.thorough
@every_writer
@pytest.mark.parametrize("words", IRREGULAR)
@pytest.mark.parametrize("linked", [False, True], ids=["itself", "by a link"])
def test_what_is_no_regular_file_is_not_replaced(writer, tmp_path, monkeypatch, words, linked):
    monkeypatch.chdir(tmp_path)  # the path of a socket is short
    path, write = file_of(writer, Path())
    made = Path("made") if linked else path
    IRREGULAR[words](made)
    if linked:
        path.symlink_to(made)
    before = os.lstat(made)
    with pytest.raises(OSError, match=rf"could not write it \(it is {words}\); choose the name of a file") as caught:
        write()
    assert isinstance(caught.value, IsADirectoryError) == (words == "a folder")
    assert os.lstat(made) == before
    assert sorted(os.listdir()) == sorted({str(path), str(made)})


def test_what_is_write_protected_is_not_replaced(tmp_path, monkeypatch):
    path = tmp_path / "kept.json"
    path.write_text("precious")
    path.chmod(0o444)
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # who may write everything
        monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(PermissionError, match="it is write-protected"):
        write_json(path, DOCUMENT)
    assert path.read_text() == "precious"


def test_a_hard_link_is_broken_as_documented(tmp_path):
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    one.write_text("old")
    os.link(one, other)
    write_json(one, DOCUMENT)
    assert other.read_text() == "old"
    assert read_json(one, "a format", 1) == DOCUMENT
    for documented in (nn.save, Program.save, draw(shown()[0]).save):
        assert "hard link" in documented.__doc__ or "as `nn.save` does" in documented.__doc__


@pytest.mark.thorough
@every_writer
@pytest.mark.parametrize("letter", ["n", "é", "漢"])
def test_a_name_may_have_the_greatest_length(writer, tmp_path, letter):
    room = 255 - len(SUFFIXES.get(writer, ".json"))
    letter = os.fsdecode(letter.encode())  # where the system's encoding is ASCII too
    path, write = file_of(writer, tmp_path, letter * (room // len(os.fsencode(letter))))
    for _ in range(2):
        write()
    assert os.listdir(tmp_path) == [path.name]


def test_a_longer_name_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(OSError, match="choose a shorter name"):
        write_json(tmp_path / ("n" * 256), DOCUMENT)


KILLED = """
import os, signal, sys
from autograd_lite.support.files import write_json
os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)
write_json(sys.argv[1], {"some": "thing"})
"""


def test_what_a_killed_writer_leaves_is_removed_by_the_next_once_it_is_old(tmp_path):
    path, long = tmp_path / "it.json", "n" * 250
    for name in (path, tmp_path / long):
        assert subprocess.run([sys.executable, "-c", KILLED, name], check=False).returncode == -signal.SIGKILL
    mine, others = sorted(tmp_path.glob(".*.part"), key=lambda found: files.prefix("it.json") not in found.name)
    kept = [tmp_path / "it.json.part", tmp_path / f".it.json.{'0' * 15}.part", tmp_path / f".its.json.{'0' * 16}.part"]
    before = tmp_path / f".it.json.{'0' * 16}.part"  # what earlier versions left
    for leftover in [*kept, before]:
        leftover.touch()
    write_json(path, DOCUMENT)
    assert mine.exists()  # it may be that of a writer at work
    for found in tmp_path.iterdir():
        os.utime(found, (time.time() - files.STALE - 60.0,) * 2)
    write_json(path, DOCUMENT)
    assert {*tmp_path.iterdir()} == {path, others, *kept}


@pytest.mark.parametrize("wrong", [5, None, 1.5, ["x.json"], Path])
def test_what_is_no_path_is_refused(tmp_path, wrong):
    model, (out, program) = nn.Neuron(1), shown()
    for use in (
        lambda: nn.save(model, wrong), lambda: nn.load(model, wrong), lambda: program.save(wrong),
        lambda: Program.load(wrong), lambda: draw(out).save(wrong), lambda: explain(out).page().save(wrong),
        lambda: nn.fit(model, [[1.0]], [1.0], checkpoint=wrong or 5, epochs=1, progress=False),
    ):  # fmt: skip
        with pytest.raises(TypeError, match=r"which is no path; pass a string"):
            use()


@pytest.mark.parametrize("wrong", ["", "a\0b", "\ud800", b"a\0b"])
def test_what_no_file_can_be_called_is_refused(wrong):
    with pytest.raises(ValueError, match="which no file can be called; pass another name"):
        checked_path(wrong)


def test_a_path_in_bytes_is_a_path(tmp_path):
    path = os.fsencode(tmp_path) + "/é.json".encode()
    write_json(path, DOCUMENT)
    assert read_json(path, "a format", 1) == DOCUMENT


# -- Ctrl-C


def alarmed(*_):
    raise KeyboardInterrupt


@pytest.mark.thorough
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="without timers")
def test_no_file_stays_open_whenever_ctrl_c_strikes(tmp_path):
    path, draw_from, small = tmp_path / "it.json", random.Random(0), {"format": "a format", "version": 1}
    before = signal.signal(signal.SIGALRM, alarmed)
    times = []
    for _ in range(20):
        start = time.perf_counter()
        write_json(path, small), read_json(path, "a format", 1)
        times.append(time.perf_counter() - start)
    longest, struck = 1.5 * min(times), 0  # the least: a slow one would let the others end before the alarm
    try:
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always", ResourceWarning)
            for _ in range(400):
                try:  # the alarm rings once, at the latest where the inner `finally` turns it off
                    try:
                        signal.setitimer(signal.ITIMER_REAL, draw_from.uniform(1e-6, longest))
                        write_json(path, small)
                        read_json(path, "a format", 1)
                    finally:
                        signal.setitimer(signal.ITIMER_REAL, 0.0)
                except KeyboardInterrupt:
                    struck += 1
            gc.collect()
    finally:
        signal.signal(signal.SIGALRM, before)
    assert struck > 100
    assert [str(warning.message) for warning in seen] == []
    assert os.listdir(tmp_path) == ["it.json"]
