"""Reads one stranger's file from standard input, says on standard output what its codes say, and ends.

It confines itself before any decoder is loaded, and shuts itself in before it sees a byte of the file:

1. Memory, processor time, processes, core dumps and files it could write are limited; an alarm ends it in any case.
2. The decoders for the one kind of file are loaded.
3. From here on no descriptor can be opened: no file, no socket, no pipe.
4. The file is read up to its limit, decoded, and the answer written: one JSON object of at most ANSWER_BYTES.

A kind of limit that this system does not have ends it too: nothing is decoded without them. What is not enforced: which
system calls may be made, so whoever takes this process over can still signal others of the same user.
"""

import json
import resource
import signal
import sys
from typing import Any

from verification.upload_reader.confined import DESCRIPTORS_WHILE_LOADING, Refused, readers_of
from verification.upload_reader.papers import readers_of_papers

_NO_CORE, _NO_WRITING, _NO_PROCESS = (0, 0), (0, 0), (0, 0)


def confine(limits: dict[str, int]) -> None:
    """Raises OSError or ValueError where the system refuses a limit."""
    # The default action of both signals ends the process, whatever it is busy with.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    signal.alarm(limits["seconds"])
    resource.setrlimit(resource.RLIMIT_CORE, _NO_CORE)
    resource.setrlimit(resource.RLIMIT_FSIZE, _NO_WRITING)
    resource.setrlimit(resource.RLIMIT_NPROC, _NO_PROCESS)  # which does not bind root
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS_WHILE_LOADING, DESCRIPTORS_WHILE_LOADING))
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu_seconds"], limits["cpu_seconds"] + 1))
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory_bytes"], limits["memory_bytes"]))


def shut_in() -> None:
    """From here on there is no number for another descriptor; those that are open stay so."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def answer_to(task: str, limits: dict[str, int]) -> dict[str, Any]:
    """task: the kind of a file that may show a code, or `paper-` and the kind of one that is to be opened."""
    try:
        paper = task.removeprefix("paper-")
        look = readers_of(task) if paper == task else readers_of_papers(paper)
        shut_in()
        return look(sys.stdin.buffer.read(limits["file_bytes"]), limits)
    except Refused as refused:
        return {"refused": refused.code}
    except MemoryError:
        return {"refused": "upload_too_hungry"}
    except Exception:  # noqa: BLE001 - what decoders raise on hostile bytes is their own; all of it means the same
        return {"refused": "upload_unreadable"}


def main() -> None:
    task, *numbers = sys.argv[1:]
    limits = {name: int(number) for name, _, number in (one.partition("=") for one in numbers)}
    confine(limits)
    sys.stdout.write(json.dumps(answer_to(task, limits)))


if __name__ == "__main__":
    main()
