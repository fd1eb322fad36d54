"""Machine code on disk, so that the next process need not make it again.

The folder and its files are of the user alone; one that others own or may write is not used, and the content of a file
counts only where its hash is right.  Whatever is wrong, the code is made again, and the first time a warning tells why.
A file takes the place of another whole; those that were used least recently go when all together are too large.
"""

import contextlib
import hashlib
import os
import re
import stat
import sys
import time
from collections.abc import Iterator
from io import FileIO
from typing import Any, Final

from autograd_lite.support.user_lines import warn

VARIABLE: Final = "AUTOGRAD_LITE_CACHE"
"""The environment variable with another folder; 0 or nothing in it turns the cache off."""

LARGEST: Final = 1 << 28
"""Bytes that all files together may have."""

LOOKS: Final = 32
"""A process looks at the size of the folder when it writes for the first time, and once in so many files."""

STALE: Final = 3600.0
"""Seconds after which a temporary file is one that a killed writer left behind."""

NAME: Final = re.compile(r"[0-9a-f]{64}\.code|[0-9a-f]{32}\.part")
DESCRIPTORS: Final = os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW") and hasattr(os, "geteuid")
FLAGS: Final = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))


class State:
    """What one process knows of its cache."""

    def __init__(self) -> None:
        self.warned = self.refused = False
        self.writes = 0


STATE: Final = State()


def folder() -> str:
    """The folder of the cache, by the rules of the platform; "" where it is off, or the user has no folder."""
    chosen = os.environ.get(VARIABLE)
    if chosen is not None:
        return "" if chosen in ("", "0") else os.path.abspath(os.path.expanduser(chosen))
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "") or os.path.join(home, "AppData", "Local")
    elif sys.platform == "darwin":
        base = os.path.join(home, "Library", "Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME", "")
        base = base if os.path.isabs(base) else os.path.join(home, ".cache")
    return os.path.join(base, "autograd_lite") if os.path.isabs(base) else ""


class Unsafe(OSError):
    """What is there is not of the user alone."""


class Folder:
    """The open folder: its files are found from it, whatever its path leads to in the meantime."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.place: dict[str, Any] = {}
        if DESCRIPTORS:
            link = os.lstat(path)
            if stat.S_ISLNK(link.st_mode) and link.st_uid not in (os.geteuid(), 0):
                raise Unsafe("it is a symbolic link of another user")
            self.place = {"dir_fd": os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)}

    def __enter__(self) -> "Folder":
        return self

    def __exit__(self, *error: object) -> None:
        if self.place:
            os.close(self.place["dir_fd"])

    def check(self) -> None:
        if self.place:
            check_owner(os.fstat(self.place["dir_fd"]))

    def at(self, name: str) -> str:
        return name if self.place else os.path.join(self.path, name)

    def open(self, name: str, flags: int) -> int:
        return os.open(self.at(name), flags | FLAGS, 0o600, **self.place)

    def remove(self, name: str) -> None:
        with contextlib.suppress(OSError):
            os.unlink(self.at(name), **self.place)

    def entries(self) -> list[tuple[str, os.stat_result]]:
        """The files of the cache, and of writers that are at work."""
        found = []
        for name in os.listdir(self.place.get("dir_fd", self.path)):
            with contextlib.suppress(OSError):
                if NAME.fullmatch(name):
                    found.append((name, os.stat(self.at(name), follow_symlinks=False, **self.place)))
        return found


def check_owner(found: os.stat_result) -> None:
    """Raise Unsafe where others own what was found, or may write it."""
    if found.st_uid != os.geteuid():
        raise Unsafe("another user owns it")
    if found.st_mode & 0o022:
        raise Unsafe(f"others may write it (its mode is {stat.S_IMODE(found.st_mode):o})")


@contextlib.contextmanager
def cache_folder(make: bool = False) -> Iterator[Folder]:
    """The folder, checked; raises OSError where there is none that may be used."""
    path = folder()
    if not path:
        raise FileNotFoundError
    if make:
        os.makedirs(path, mode=0o700, exist_ok=True)
    with Folder(path) as found:
        found.check()
        yield found


def is_on() -> bool:
    return bool(folder()) and not STATE.refused


def load_code(key: bytes) -> bytes | None:
    """What was stored under a key; None where nothing was, or it is not to be trusted."""
    if not is_on():
        return None
    try:
        with cache_folder() as place:
            content = read_code(place, file_name(key))
            if hashed(key, content[32:]) != content[:32]:
                raise OSError("its content is damaged")
            return content[32:]
    except FileNotFoundError:
        return None
    except OSError as error:
        tell(error, file_name(key))
        return None


def read_code(place: Folder, name: str) -> bytes:
    with FileIO(place.open(name, os.O_RDONLY)) as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_size > LARGEST:
            raise OSError("it is no file of the cache")
        if place.place:
            check_owner(found)
        content = file.readall()
        with contextlib.suppress(OSError, TypeError):  # it is used now; a folder that is only read keeps its times
            os.utime(file.fileno() if os.utime in os.supports_fd else place.at(name))
    return content


def store_code(key: bytes, content: bytes) -> None:
    """Store something under a key, if that can be done."""
    if not is_on() or len(content) > LARGEST // 8:
        return
    try:
        with cache_folder(make=True) as place:
            write(place, file_name(key), hashed(key, content) + content)
            if STATE.writes % LOOKS == 0:
                tidy(place)
            STATE.writes += 1
    except OSError as error:
        STATE.refused = True
        tell(error, "")


def write(place: Folder, name: str, content: bytes) -> None:
    temporary = f"{os.urandom(16).hex()}.part"
    try:
        with FileIO(place.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as file:
            rest = memoryview(content)
            while rest:
                rest = rest[file.write(rest) :]
        sides = {"src_dir_fd": place.place["dir_fd"], "dst_dir_fd": place.place["dir_fd"]} if place.place else {}
        os.replace(place.at(temporary), place.at(name), **sides)
    except BaseException:
        place.remove(temporary)
        raise


def tidy(place: Folder) -> None:
    """Remove what killed writers left, and where all is too large, what was used least recently, down to half."""
    files = []
    for name, found in place.entries():
        if name.endswith(".code"):
            files.append((found.st_mtime, found.st_size, name))
        elif time.time() - found.st_mtime > STALE:
            place.remove(name)
    total = sum([size for _, size, _ in files])
    if total > LARGEST:
        for _, size, name in sorted(files):
            place.remove(name)
            total -= size
            if total <= LARGEST // 2:
                break


def size() -> tuple[int, int]:
    """How many files the cache has, and their bytes."""
    try:
        with cache_folder() as place:
            sizes = [found.st_size for _, found in place.entries()]
    except OSError:
        sizes = []
    return len(sizes), sum(sizes)


def clear() -> int:
    """Remove all files of the cache; how many they were.  Raises OSError where the folder is of others."""
    try:
        with cache_folder() as place:
            names = [name for name, _ in place.entries()]
            for name in names:
                place.remove(name)
    except FileNotFoundError:
        return 0
    return len(names)


def file_name(key: bytes) -> str:
    return f"{hashlib.sha256(key).hexdigest()}.code"


def hashed(key: bytes, content: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(key).digest() + content).digest()


def tell(error: OSError, name: str) -> None:
    """Warn that the cache, or one of its files, cannot be used: once in a process."""
    if not STATE.warned:
        STATE.warned = True
        why = error.strerror or str(error)
        if name:
            told = f"the machine code in {os.path.join(folder(), name)} cannot be used ({why}), and is made anew"
            do = f"look at your disk if this comes again; {VARIABLE}=0 turns the cache off"
        else:
            told = f"machine code cannot be kept in {folder()} ({why}), so each process makes it anew"
            do = f"set {VARIABLE} to a folder of yours alone, or to 0"
        warn(f"{told}; {do}")
