"""The back end `javascript`: programs run in one process of Node, which lives as long as this one.

A request is a header in JSON, behind its length in 4 bytes, and the numbers of the arguments as float64; so is the
answer.  Node ends when its input does, so that it never outlives this process.
"""

import atexit
import json
import os
import shutil
import struct
import subprocess
import weakref
from collections.abc import Sequence
from itertools import count
from typing import Any

import numpy
from numpy.typing import NDArray

from autograd_lite.backends.languages.javascript import javascript_source
from autograd_lite.program.program import Program
from autograd_lite.support.forking import ProcessLock

Array = NDArray[numpy.float64]

SERVER = """\
const fs = require("fs");
const functions = new Map();
function read(size) {
    const bytes = Buffer.alloc(size);
    for (let at = 0; at < size; ) {
        const got = fs.readSync(0, bytes, at, size - at, null);
        if (got === 0) process.exit(0);
        at += got;
    }
    return bytes;
}
function write(bytes) {
    for (let at = 0; at < bytes.length; ) at += fs.writeSync(1, bytes, at);
}
function answer(head, parts) {
    const text = Buffer.from(JSON.stringify(head));
    const size = Buffer.alloc(4);
    size.writeUInt32LE(text.length);
    write(Buffer.concat([size, text, ...parts.map((x) => Buffer.from(x.buffer, x.byteOffset, x.byteLength))]));
}
for (;;) {
    const head = JSON.parse(read(read(4).readUInt32LE()).toString());
    const numbers = head.sizes.map((size) => new Float64Array(read(8 * size).buffer, 0, size));
    try {
        head.dropped.forEach((id) => functions.delete(id));
        if (head.text) functions.set(head.id, (0, eval)(head.text));
        const results = functions.get(head.id)(...numbers, head.samples);
        answer({ sizes: results.map((x) => x.length) }, results);
    } catch (error) {
        answer({ error: String(error && error.stack) }, []);
    }
}
"""


class NodeProcess:
    """A process of Node, started at the first call, and again where one was interrupted or this process forked."""

    def __init__(self) -> None:
        self.lock = ProcessLock()
        self.owner = 0
        self.process: subprocess.Popen[bytes] | None = None
        self.known: set[int] = set()
        self.dropped: list[int] = []

    def run(self, id: int, text: str, numbers: Sequence[Array], samples: int) -> list[Array]:
        """The results of a function, which is sent where the process does not know it.

        Raises ImportError where there is no Node, RuntimeError where the function or the process fails.
        """
        with self.lock.here():
            process = self.started()
            head: dict[str, Any] = {"id": id, "samples": samples, "sizes": [x.size for x in numbers]}
            head |= {"text": "" if id in self.known else text, "dropped": self.dropped}
            try:
                answer, found = exchanged(process, head, numbers)
            except (OSError, EOFError):
                self.stop()
                raise RuntimeError(
                    "Node ended while it computed, perhaps for want of memory; pass fewer samples in a call, or "
                    'compute with the back end "llvm"'
                ) from None
            except BaseException:
                self.stop()  # half an answer may be on its way
                raise
            self.known.add(id)
            self.dropped = []
        if "error" in answer:
            raise RuntimeError(f"a function failed in Node: {answer['error']}")
        return found

    def started(self) -> "subprocess.Popen[bytes]":
        if self.owner != os.getpid():  # this is the child of a fork, and the process of the parent's is not its own
            self.process, self.owner = None, os.getpid()
        if self.process is None or self.process.poll() is not None:
            path = shutil.which("node")
            if path is None:
                raise ImportError(
                    'the back end "javascript" runs in Node, but there is no program node on the path; install it from '
                    'https://nodejs.org, or compute with the back end "llvm" or "python"',
                    name="node",
                )
            self.stop()  # what is left of one that ended
            self.known = set()
            pipe = subprocess.PIPE
            # in a session of its own, so that Ctrl-C reaches Python alone
            self.process = subprocess.Popen([path, "-e", SERVER], stdin=pipe, stdout=pipe, start_new_session=True)
        return self.process

    def stop(self) -> None:
        """End the process, if it is one of this process."""
        process, self.process = self.process, None
        if process is not None and self.owner == os.getpid():
            process.kill()
            process.communicate()

    def forget(self, id: int) -> None:
        self.dropped.append(id)


def exchanged(
    process: "subprocess.Popen[bytes]", head: dict[str, Any], numbers: Sequence[Array]
) -> tuple[dict[str, Any], list[Array]]:
    """What Node answers, and the numbers that follow."""
    send: Any = process.stdin
    receive: Any = process.stdout
    text = json.dumps(head).encode()
    send.write(struct.pack("<I", len(text)) + text + b"".join([x.tobytes() for x in numbers]))
    send.flush()

    def read(size: int) -> bytes:
        found: bytes = receive.read(size)
        if len(found) < size:
            raise EOFError
        return found

    answer: dict[str, Any] = json.loads(read(struct.unpack("<I", read(4))[0]))
    return answer, [numpy.frombuffer(bytearray(read(8 * size))) for size in answer.get("sizes", [])]


NODE = NodeProcess()
atexit.register(NODE.stop)
IDS = count()


class JavaScriptCode:
    """A program as a function in Node."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.source = javascript_source(program, module=False)
        self.id = next(IDS)
        weakref.finalize(self, NODE.forget, self.id).atexit = False

    def __call__(self, arguments: Sequence[Any], samples: int) -> list[Array]:
        """The results: flat arrays, or arrays of shape (samples, size) for batched ones."""
        numbers = [numpy.asarray(x, dtype=numpy.float64).reshape(-1) for x in arguments]
        found = NODE.run(self.id, self.source, numbers, samples)
        return [
            x.reshape(samples, len(result.values)) if result.batched else x
            for x, result in zip(found, self.program.results, strict=True)
        ]
