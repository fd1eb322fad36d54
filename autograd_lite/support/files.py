"""Files written atomically: beside their place, then moved into it.  JSON is checked when it is read."""

import contextlib
import json
import os
from typing import Any, TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


def write_json(path: str | os.PathLike[str], document: dict[str, Any]) -> None:
    """Write a document to a file, atomically.  Raises OSError, with the path, where the file cannot be written."""
    write_atomically(path, json.dumps(document).encode())


def write_atomically(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file as a whole or not at all: an error or a full disk leaves what was there.

    Raises OSError, with the path, where the file cannot be written.
    """
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}.{os.urandom(8).hex()}.part")
    try:
        with open(temporary, "xb") as file:  # with the permissions of the umask
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        if isinstance(error, OSError):
            do = "choose a folder that exists and has room"
            raise type(error)(error.errno, f"could not write it ({error.strerror}); {do}", str(path)) from None
        raise


def read_json(path: str | os.PathLike[str], format: str, version: int) -> dict[str, Any]:
    """The document in a file of the given format, of this version or an older one.

    Raises OSError where the file cannot be read, ValueError where it is corrupt, foreign or newer.
    """
    try:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
    except (ValueError, RecursionError) as error:
        do = "save it again, or choose another file"
        raise ValueError(f"{path} is no JSON file or is cut short: {error}; {do}") from None
    if not isinstance(document, dict) or document.get("format") != format:
        found = document.get("format") if isinstance(document, dict) else type(document).__name__
        raise ValueError(f"{path} holds {found!r}, not {format!r}; choose a file that this library saved as that")
    found = document.get("version")
    if type(found) is not int or found < 1 or found > version:
        reads = f"this library reads {format} up to version {version}"
        do = "update autograd_lite or save the file with the older version"
        raise ValueError(f"{path} is of version {found!r}, and {reads}; {do}")
    return document
