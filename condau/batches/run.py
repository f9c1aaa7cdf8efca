"""Blocks of a batch through one process or several, until none is left or somebody asks to stop."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import resource
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from multiprocessing.connection import wait as wait_for
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any, BinaryIO

from condau.batches.export import export_documents
from condau.batches.works import OpenWorks
from issuance.batches.batch import Batch
from issuance.batches.issue_block import BatchWorks, BlockReport, issue_block
from issuance.batches.read_lines import Block, LineReader, read_blocks, read_head

Opener = Callable[..., AbstractContextManager[OpenWorks]]
"""Opens the works in a process of its own: a function that a module names, with arguments that travel."""
_AHEAD = 2
"""Blocks that wait for each process, so that none waits for the file."""
_KIB = 1024


@dataclass(slots=True)
class Summary:
    """What a run did. again: lines that an earlier run had issued or refused. peak_bytes: of all processes together."""

    issued: int = 0
    again: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    stopped: bool = False
    peak_bytes: int = 0

    @property
    def documents_per_second(self) -> float:
        return self.issued / self.seconds if self.seconds else 0.0

    def take(self, report: BlockReport) -> None:
        self.issued += report.issued
        self.again += report.again
        self.refused.update(why.code for _, why in report.refused)
        self.failed.update(code for _, code in report.failed)


@dataclass(frozen=True, slots=True)
class _Done:
    report: BlockReport
    pid: int
    peak_bytes: int


def run_batch(
    here: OpenWorks,
    batch: Batch,
    file: BinaryIO,
    *,
    told: Callable[[BlockReport], None],
    stop: threading.Event,
    processes: int = 1,
    opener: Opener | None = None,
    arguments: tuple[Any, ...] = (),
    out: Path | None = None,
) -> Summary:
    """Issue what is left of an approved batch. One process: this one; more: each by itself, opened by `opener`.

    told: of each block that is through, in no certain order. Raises BatchRefused and what issuing raises; everything
    that is concluded by then stays.
    """
    summary, began = Summary(), time.monotonic()
    read_head(file, "csv" if batch.form == "csv" else "jsonl")
    blocks = read_blocks(file, batch.block_lines)
    peaks: dict[int, int] = {}
    with ExitStack() as stack:
        if processes == 1:
            done: Iterator[_Done] = _in_this_process(here.works, batch, blocks, stop, out)
        else:
            if opener is None:
                raise ValueError("other processes need something that opens their works")
            # Spawned: what PKCS#11 modules, the layout engine and connections hold would not survive a fork.
            pool = ProcessPoolExecutor(
                max_workers=processes,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_begin,
                initargs=(opener, arguments, batch, out),
            )
            stack.callback(pool.shutdown, wait=True, cancel_futures=True)
            done = _in_the_pool(pool, processes, blocks, stop)
        for one in done:
            peaks[one.pid] = max(peaks.get(one.pid, 0), one.peak_bytes)
            summary.take(one.report)
            told(one.report)
    summary.seconds, summary.stopped = time.monotonic() - began, stop.is_set()
    peaks[os.getpid()] = _peak_bytes()
    summary.peak_bytes = sum(peaks.values())
    return summary


@contextlib.contextmanager
def stopped_by_signals() -> Iterator[threading.Event]:
    """Ctrl-C and SIGTERM ask to stop after the blocks that are under way."""
    stop = threading.Event()
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(kind, lambda *_: stop.set()) for kind in kinds]
    try:
        yield stop
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)


def _in_this_process(
    works: BatchWorks, batch: Batch, blocks: Iterator[Block], stop: threading.Event, out: Path | None
) -> Iterator[_Done]:
    reader = _reader(works, batch)
    for block in blocks:
        if stop.is_set():
            return
        yield _do(works, batch, reader, out, block)


def _in_the_pool(
    pool: ProcessPoolExecutor, processes: int, blocks: Iterator[Block], stop: threading.Event
) -> Iterator[_Done]:
    waiting: set[Future[_Done]] = set()
    try:
        for block in blocks:
            if stop.is_set():
                break
            waiting.add(pool.submit(_do_there, block))
            if len(waiting) >= processes * _AHEAD:
                ended, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in ended)
        if stop.is_set():
            waiting = {future for future in waiting if not future.cancel()}
        while waiting:
            ended, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in ended)
    except BrokenProcessPool:
        # Ctrl-C reaches a process that has not begun to ignore it yet.
        if not stop.is_set():
            raise


def _do(works: BatchWorks, batch: Batch, reader: LineReader, out: Path | None, block: Block) -> _Done:
    report = issue_block(works, batch, reader, block)
    if out is not None:
        export_documents(works.workshop, report.issued_ids, out)
    report.issued_ids = []
    return _Done(report, os.getpid(), _peak_bytes())


def _reader(works: BatchWorks, batch: Batch) -> LineReader:
    form = "csv" if batch.form == "csv" else "jsonl"
    return LineReader(works.rules.catalogue.get(batch.type_id), form, batch.head)  # type: ignore[arg-type] # of two


_there: dict[str, Any] = {}
"""Of a process of the pool: what it has opened, for as long as it lives."""


def _begin(opener: Opener, arguments: tuple[Any, ...], batch: Batch, out: Path | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_the_parent, daemon=True, name="parent-watch").start()
    opened = _there["stack"] = ExitStack()
    works = opened.enter_context(opener(*arguments)).works
    _there["do"] = works, batch, _reader(works, batch), out
    Finalize(None, _leave, exitpriority=0)


def _do_there(block: Block) -> _Done:
    works, batch, reader, out = _there["do"]
    return _do(works, batch, reader, out, block)


def _leave() -> None:
    """At once: what the libraries say when an interpreter is taken down piece by piece is nothing for a terminal."""
    _there["stack"].close()
    os._exit(0)


def _end_with_the_parent() -> None:
    """A parent that was killed gives out no more blocks, and nobody would read the answers."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(1)


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KIB
