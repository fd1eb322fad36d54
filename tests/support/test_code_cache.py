"""What is kept on disk is trusted only where it is whole, of the user alone, and stored under the same key."""

import errno
import os
import stat
import threading
import time
import warnings
from io import FileIO
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from project import ran

from autograd_lite.support import code_cache

KEY, CONTENT = b"a key", b"\x7fELF and more"
POSIX = pytest.mark.skipif(not code_cache.DESCRIPTORS, reason="owners and permissions are those of POSIX")


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """An empty cache of a process that has just started."""
    monkeypatch.setenv(code_cache.VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setattr(code_cache, "STATE", code_cache.State())
    return tmp_path / "cache"


@pytest.fixture
def stored(cache):
    """The only file of a cache."""
    code_cache.store_code(KEY, CONTENT)
    return cache / code_cache.file_name(KEY)


def warned(call, *arguments):
    """What a call returned, and the text of its warnings."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        result = call(*arguments)
    return result, [str(x.message) for x in found]


def test_what_was_stored_is_loaded(stored):
    assert warned(code_cache.load_code, KEY) == (CONTENT, [])
    assert warned(code_cache.load_code, b"another key") == (None, [])
    assert code_cache.size() == (1, len(CONTENT) + 32)
    assert code_cache.clear() == 1
    assert warned(code_cache.load_code, KEY) == (None, [])
    code_cache.store_code(KEY, CONTENT)  # although somebody removed the folder
    assert code_cache.load_code(KEY) == CONTENT


@POSIX
def test_files_and_folder_are_of_the_user_alone(stored):
    old = os.umask(0)
    try:
        code_cache.store_code(b"b", CONTENT)
    finally:
        os.umask(old)
    assert {stat.S_IMODE(path.stat().st_mode) for path in stored.parent.iterdir()} == {0o600}
    assert stat.S_IMODE(stored.parent.stat().st_mode) == 0o700


@given(place=st.floats(0.0, 1.0, exclude_max=True), bit=st.integers(0, 7), how=st.sampled_from(["flip", "cut", "grow"]))
def test_damaged_files_are_not_loaded(tmp_path_factory, place, bit, how):
    folder = tmp_path_factory.mktemp("cache")
    with (
        mock.patch.dict(os.environ, {code_cache.VARIABLE: str(folder)}),
        mock.patch.object(code_cache, "STATE", code_cache.State()),
    ):
        code_cache.store_code(KEY, CONTENT)
        path = folder / code_cache.file_name(KEY)
        content = bytearray(path.read_bytes())
        k = int(place * len(content))
        if how == "flip":
            content[k] ^= 1 << bit
        path.write_bytes(content[:k] if how == "cut" else content + b"x" * (how == "grow") * (1 + k))
        found, told = warned(code_cache.load_code, KEY)
        assert found is None
        assert len(told) == 1
        assert "is made anew" in told[0]
        code_cache.store_code(KEY, CONTENT)
        assert warned(code_cache.load_code, KEY) == (CONTENT, [])


def test_a_file_under_the_name_of_another_is_not_loaded(stored):
    code_cache.store_code(b"b", CONTENT)
    stored.replace(stored.parent / code_cache.file_name(b"b"))
    assert warned(code_cache.load_code, b"b")[0] is None


def as_folder(path):
    path.unlink()
    path.mkdir()


def as_pipe(path):
    path.unlink()
    os.mkfifo(path)


def as_link(path):
    moved = path.rename(path.with_suffix(".moved"))
    path.symlink_to(moved)


def as_circle(path):
    path.unlink()
    path.symlink_to(path)


def as_writable(path):
    path.chmod(0o622)


def as_huge(path):
    os.truncate(path, code_cache.LARGEST + 1)


@POSIX
@pytest.mark.parametrize("change", [as_folder, as_pipe, as_link, as_circle, as_writable, as_huge])
def test_what_is_no_file_of_the_cache_is_not_loaded(stored, change):
    change(stored)
    found, told = warned(code_cache.load_code, KEY)
    assert found is None
    assert len(told) == 1
    assert warned(code_cache.store_code, KEY, CONTENT)[1] == []  # one warning is enough
    assert change is as_folder or code_cache.load_code(KEY) == CONTENT


@POSIX
@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702, 0o720])
def test_a_folder_that_others_may_write_is_not_used(stored, mode):
    stored.parent.chmod(mode)
    found, told = warned(code_cache.load_code, KEY)
    assert found is None
    assert len(told) == 1
    assert "others may write it" in told[0]
    assert warned(code_cache.store_code, b"b", CONTENT)[1] == []
    stored.parent.chmod(0o700)
    assert code_cache.size()[0] == 1


@POSIX
def test_a_folder_or_a_file_of_another_user_is_not_used(stored, monkeypatch):
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    found, told = warned(code_cache.load_code, KEY)
    assert found is None
    assert len(told) == 1
    assert "another user owns it" in told[0]
    with pytest.raises(OSError, match="another user"):
        code_cache.clear()
    assert stored.exists()


@POSIX
def test_a_link_to_a_folder_of_the_user_is_followed_and_that_of_another_is_not(stored, monkeypatch, tmp_path):
    (tmp_path / "link").symlink_to(stored.parent)
    monkeypatch.setenv(code_cache.VARIABLE, str(tmp_path / "link"))
    assert code_cache.load_code(KEY) == CONTENT
    real = os.lstat
    changed = [*real(tmp_path / "link")]
    changed[4] = os.geteuid() + 1
    monkeypatch.setattr(os, "lstat", lambda path: os.stat_result(changed))
    assert warned(code_cache.load_code, KEY)[0] is None


@POSIX
def test_the_folder_that_was_checked_is_the_one_that_is_read(stored, tmp_path):
    with code_cache.cache_folder() as place:
        stored.parent.rename(tmp_path / "moved")
        (tmp_path / "cache").mkdir(mode=0o777)
        assert code_cache.read_code(place, stored.name)[32:] == CONTENT


def full(self, content):
    if len(content) > 8:
        return FileIO.write(self, content[:8])
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_costs_one_warning_and_leaves_nothing(cache):
    with mock.patch.object(code_cache, "FileIO", type("Full", (FileIO,), {"write": full})):
        told = warned(code_cache.store_code, KEY, CONTENT)[1]
        assert len(told) == 1
        assert "No space left" in told[0]
        assert warned(code_cache.store_code, b"b", CONTENT)[1] == []
    assert list(cache.iterdir()) == []
    assert warned(code_cache.load_code, KEY) == (None, [])


def test_an_interrupt_leaves_no_file(cache):
    def interrupted(self, content):
        raise KeyboardInterrupt

    with (
        mock.patch.object(code_cache, "FileIO", type("Slow", (FileIO,), {"write": interrupted})),
        pytest.raises(KeyboardInterrupt),
    ):
        code_cache.store_code(KEY, CONTENT)
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize("error", [errno.EROFS, errno.EACCES, errno.EDQUOT, errno.EIO])
def test_a_folder_that_cannot_be_made_costs_one_warning(cache, error):
    with mock.patch.object(os, "makedirs", side_effect=OSError(error, os.strerror(error))):
        assert len(warned(code_cache.store_code, KEY, CONTENT)[1]) == 1
        assert warned(code_cache.store_code, KEY, CONTENT)[1] == []


def test_a_file_in_the_place_of_the_folder_costs_one_warning(cache):
    cache.write_text("mine")
    assert warned(code_cache.load_code, KEY)[0] is None
    code_cache.store_code(KEY, CONTENT)
    assert cache.read_text() == "mine"
    assert code_cache.size() == (0, 0)


@POSIX
def test_a_pipe_in_the_place_of_the_folder_is_not_waited_for(cache):
    os.mkfifo(cache)
    answered = threading.Thread(target=warned, args=(code_cache.load_code, KEY), daemon=True)
    answered.start()
    answered.join(10.0)
    if answered.is_alive():
        os.close(os.open(cache, os.O_RDWR))  # the writer that it waits for
        pytest.fail("it waits for somebody to write into the pipe")


def test_a_process_looks_at_the_size_when_it_writes_first_and_once_in_so_many_files(cache, monkeypatch):
    monkeypatch.setattr(code_cache, "LOOKS", 4)
    looks = []
    monkeypatch.setattr(code_cache, "tidy", lambda place: looks.append(written))
    for written in range(1, 11):
        code_cache.store_code(bytes([written]), CONTENT)
    assert looks == [1, 5, 9]


def test_what_was_used_least_recently_goes_first(cache, monkeypatch):
    monkeypatch.setattr(code_cache, "LARGEST", 8000)
    monkeypatch.setattr(code_cache, "LOOKS", 1)
    for k in range(30):
        code_cache.store_code(bytes([k]), b"x" * 600)
        path = cache / code_cache.file_name(bytes([k]))
        os.utime(path, (k, k)) if k else code_cache.load_code(b"\0")
        assert code_cache.size()[1] <= 8000
    assert code_cache.load_code(b"\0") is not None  # used late, though it is the oldest
    assert code_cache.load_code(b"\1") is None
    code_cache.store_code(b"large", b"x" * 2000)  # an eighth of all at most
    assert code_cache.load_code(b"large") is None


def test_only_files_of_the_cache_are_removed(stored):
    (stored.parent / "mine.txt").write_text("mine")
    left = stored.parent / f"{'0' * 32}.part"
    young = stored.parent / f"{'1' * 32}.part"
    for path, age in ((left, 2 * code_cache.STALE), (young, 0)):
        path.write_bytes(b"x")
        os.utime(path, (time.time() - age,) * 2)
    with code_cache.cache_folder() as place:
        code_cache.tidy(place)
    assert [left.exists(), young.exists()] == [False, True]
    code_cache.clear()
    assert [path.name for path in stored.parent.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("off", ["", "0"])
def test_it_can_be_turned_off(cache, monkeypatch, off):
    monkeypatch.setenv(code_cache.VARIABLE, off)
    monkeypatch.chdir(cache.parent)
    code_cache.store_code(KEY, CONTENT)
    assert code_cache.load_code(KEY) is None
    assert code_cache.folder() == ""
    assert list(cache.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("system", "variables", "expected"),
    [
        ("linux", {"HOME": "/home/ann"}, "/home/ann/.cache/autograd_lite"),
        ("linux", {"HOME": "/home/ann", "XDG_CACHE_HOME": "/fast"}, "/fast/autograd_lite"),
        ("linux", {"HOME": "/home/ann", "XDG_CACHE_HOME": "relative"}, "/home/ann/.cache/autograd_lite"),
        ("darwin", {"HOME": "/Users/ann"}, "/Users/ann/Library/Caches/autograd_lite"),
        ("win32", {"HOME": "/ann", "LOCALAPPDATA": "/ann/AppData/Local"}, "/ann/AppData/Local/autograd_lite"),
        ("linux", {"HOME": "nowhere"}, ""),
        ("linux", {"HOME": "/home/ann", code_cache.VARIABLE: "/mine"}, "/mine"),
        ("linux", {"HOME": "/home/ann", code_cache.VARIABLE: "~/mine"}, "/home/ann/mine"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="paths are written as POSIX does")
def test_the_folder_is_where_the_platform_wants_it(monkeypatch, system, variables, expected):
    monkeypatch.setattr(code_cache.sys, "platform", system)
    with mock.patch.dict(os.environ, variables, clear=True):
        assert code_cache.folder() == expected


def test_without_descriptors_paths_do(cache, monkeypatch):
    monkeypatch.setattr(code_cache, "DESCRIPTORS", False)
    code_cache.store_code(KEY, CONTENT)
    assert code_cache.load_code(KEY) == CONTENT
    assert code_cache.clear() == 1


def test_threads_and_processes_may_write_the_same_file(cache):
    write = (
        "from autograd_lite.support.code_cache import load_code, store_code\n"
        "for k in range(200):\n"
        "    store_code(bytes([k % 5]), bytes(3000))\n"
        "    assert load_code(bytes([k % 5])) == bytes(3000)"
    )
    threads = [threading.Thread(target=lambda: exec(write)) for _ in range(3)]
    for thread in threads:
        thread.start()
    ran("-W", "error", "-c", write)
    for thread in threads:
        thread.join()
    assert len(list(Path(cache).iterdir())) == 5
