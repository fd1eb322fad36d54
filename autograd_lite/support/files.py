"""Files written atomically: beside their place, then moved into it.  JSON is checked when it is read.

This is the one writer of the library.  What it writes takes the place of what was there, with the same permissions, and
the same owner where the system permits; a symbolic link stays and its target is replaced.  A hard link is broken: the
other names of the file keep the old content.
"""

import contextlib
import errno
import hashlib
import json
import os
import re
import stat
import time
from functools import partial
from io import FileIO
from typing import Any, TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Path: TypeAlias = "str | os.PathLike[str]"

STALE = 3600.0
"""Seconds after which a temporary file is one that a killed writer left behind."""

KINDS = {
    stat.S_IFDIR: "a folder", stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}  # fmt: skip


OTHER_NAME = "choose the name of a file, or one that is not there yet"
ADVICE = {errno.ENAMETOOLONG: "choose a shorter name", errno.EISDIR: OTHER_NAME, errno.EINVAL: OTHER_NAME}


def write_json(path: Path, document: dict[str, Any]) -> None:
    """Write a document to a file, as `write_atomically` does."""
    write_atomically(path, json.dumps(document).encode())


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all: an error, an interrupt or a full disk leaves what was there.

    Raises OSError, with the path, where the file cannot be written or is no regular file, TypeError or ValueError on
    what is no path.
    """
    path = checked_path(path)
    try:
        replace(path, content)
    except OSError as error:
        do = ADVICE.get(error.errno or 0, "choose a folder that exists and has room, and where you may write")
        raise type(error)(error.errno, f"could not write it ({error.strerror}); {do}", path) from None


def checked_path(path: object) -> str:
    """A path as text; raises TypeError or ValueError where it is none."""
    try:
        name = os.fsdecode(path)  # type: ignore[arg-type]
        if "\0" in name or not os.fsencode(name):
            raise ValueError
    except TypeError:
        raise TypeError(f"a file was asked for at {path!r}, which is no path; pass a string or a Path") from None
    except ValueError:
        raise ValueError(f"a file was asked for at {path!r}, which no file can be called; pass another name") from None
    return name


def replace(path: str, content: bytes) -> None:
    target = os.path.realpath(path) if os.path.islink(path) else path
    before = status_of(path)
    folder, name = os.path.split(target)
    if not name:
        raise IsADirectoryError(errno.EISDIR, "it is the name of a folder")
    remove_stale(folder, name)
    temporary = os.path.join(folder, f"{prefix(name)}{os.urandom(8).hex()}.part")
    # Nobody else may read it before it has the permissions of the file that it replaces.
    create = partial(FileIO, mode="xb", opener=partial(os.open, mode=0o666 if before is None else 0o600))
    opened: list[FileIO] = []
    try:
        opened.extend(map(create, [temporary]))  # no interrupt comes between opening it and its place in the list
        rest = memoryview(content)
        while rest:
            rest = rest[opened[0].write(rest) :]
        if before is not None:
            keep_owner_and_mode(opened[0].fileno(), path, before)
        os.fsync(opened[0].fileno())
        opened[0].close()
        os.replace(temporary, target)
    except BaseException:
        discard(opened, temporary)
        raise


def discard(opened: list[FileIO], temporary: str) -> None:
    for file in opened:
        with contextlib.suppress(OSError):
            file.close()
        with contextlib.suppress(OSError):
            os.unlink(temporary)


def status_of(path: str) -> os.stat_result | None:
    """The status of the file that will be replaced, None where there is none; raises OSError where it must not be."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found.st_mode):
        code = errno.EISDIR if stat.S_ISDIR(found.st_mode) else errno.EINVAL
        raise OSError(code, f"it is {KINDS.get(stat.S_IFMT(found.st_mode), 'no regular file')}")
    if not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, "it is write-protected")
    return found


def keep_owner_and_mode(descriptor: int, path: str, before: os.stat_result) -> None:
    """Give a new file the owner, the permissions and the extended attributes of another, as far as one may."""
    if hasattr(os, "fchown"):
        for owner, group in ((-1, before.st_gid), (before.st_uid, -1)):
            with contextlib.suppress(OSError):
                os.fchown(descriptor, owner, group)
    if hasattr(os, "fchmod"):
        with contextlib.suppress(OSError):  # file systems without permissions
            os.fchmod(descriptor, stat.S_IMODE(before.st_mode))
    if hasattr(os, "listxattr"):  # on Linux; access control lists are such attributes
        with contextlib.suppress(OSError):
            for name in os.listxattr(path):
                with contextlib.suppress(OSError):  # some belong to the system
                    os.setxattr(descriptor, name, os.getxattr(path, name))


def prefix(name: str) -> str:
    """How the temporary files for a name begin: short, since the name itself may have the greatest length."""
    return f".{hashlib.sha256(os.fsencode(name)).hexdigest()[:16]}."


def remove_stale(folder: str, name: str) -> None:
    """Remove the temporary files of writers of this name that were killed; younger ones may be in use."""
    pattern = re.compile(rf"({re.escape(prefix(name))}|\.{re.escape(name)}\.)[0-9a-f]{{16}}\.part")
    with contextlib.suppress(OSError):
        for found in filter(pattern.fullmatch, os.listdir(folder or ".")):
            other = os.path.join(folder, found)
            if time.time() - os.lstat(other).st_mtime > STALE:
                os.unlink(other)


def read_bytes(path: Path) -> bytes:
    """The content of a file; raises OSError where it cannot be read."""
    opened: list[FileIO] = []
    try:
        opened.extend(map(FileIO, [checked_path(path)]))
        return opened[0].readall()
    finally:
        for file in opened:
            file.close()


def shortened(x: object, most: int = 200) -> str:
    """What is found in a file, for a message: that of a damaged one may be of any length."""
    text = x if isinstance(x, str) else repr(x)
    return text if len(text) <= most else f"{text[: most - 20]}... ({len(text)} characters)"


def read_json(path: Path, format: str, version: int) -> dict[str, Any]:
    """The document in a file of the given format, of this version or an older one.

    Raises OSError where the file cannot be read, ValueError where it is corrupt, foreign or newer.
    """
    content = read_bytes(path)
    try:
        document = json.loads(content.decode())
    except (ValueError, RecursionError) as error:
        do = "save it again, or choose another file"
        raise ValueError(f"{path} is no JSON file or is cut short: {error}; {do}") from None
    if not isinstance(document, dict) or document.get("format") != format:
        found = document.get("format") if isinstance(document, dict) else type(document).__name__
        raise ValueError(
            f"{path} holds {shortened(repr(found))}, not {format!r}; choose a file that this library saved as that"
        )
    found = document.get("version")
    if type(found) is not int or found < 1 or found > version:
        reads = f"this library reads {format} up to version {version}"
        do = "update autograd_lite or save the file with the older version"
        raise ValueError(f"{path} is of version {shortened(repr(found))}, and {reads}; {do}")
    return document
