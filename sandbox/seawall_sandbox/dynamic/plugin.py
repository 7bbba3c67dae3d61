"""The process in which a program's dynamic providers run: ``pulumi.dynamic``'s own plugin.

It is the one that the stock engine starts (``pulumi-resource-pulumi-python``). That one waits for
ever; this one ends with the process that started it, also when that one is killed. Arguments are
directories of packages that come after all others.
"""

import os
import runpy
import sys
import threading
import time

_PARENT_SECONDS = 1.0


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_PARENT_SECONDS)
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    sys.path += sys.argv[1:]
    runpy.run_module("pulumi.dynamic", run_name="__main__")
