"""The garbage collector, where many objects are made that all stay: it would look at them again and again."""

import gc


class NoCollecting:
    """A context without garbage collection in this process.

    Where a signal ends it half-way, the collector comes back with the end of this object, which the `with` statement
    alone holds.
    """

    def __init__(self) -> None:
        self.stopped = False

    def __enter__(self) -> None:
        if gc.isenabled():
            self.stopped = True
            gc.disable()

    def __exit__(self, *error: object) -> None:
        self.__del__()

    def __del__(self) -> None:
        if self.stopped:
            gc.enable()
            self.stopped = False
