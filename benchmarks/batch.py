"""Documents of a batch per second and the memory they take, beside rendering and sealing alone in as many processes.

`python -m benchmarks batch` issues a thousand on SQLite and on PostgreSQL, in one, two and all processes. More:
`python -m benchmarks.batch --counts 1000 10000 100000 --processes 4 --databases postgresql`.
"""

from __future__ import annotations

import argparse
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ["RAYON_NUM_THREADS"] = "1"

from benchmarks.measurement import Measurement, Run
from condau.batches.run import run_batch
from condau.batches.works import open_works
from condau.initialise import initialise
from condau.settings import Settings
from identity.citizen import Role
from identity.officials_register import RegisteredOfficial
from issuance.batches.batch import Batch, BatchLine
from issuance.batches.issue_block import BatchWorks, BlockReport
from issuance.batches.prepare_batch import PrepareWorks, approve_batch, prepare_batch
from issuance.certificate import Certificate, CertificateKind, content_digest, new_check_code, new_number
from issuance.produce import produce
from storage.runner import Database
from tests.issuance.batches.pupils import pupils, write_lines
from tests.storage.databases import postgres_server

COUNTS = (1_000,)
TRANSCRIPT, UNIT = "school_transcript", "000.00.13.H26"
ISSUER = "https://officials.example"
CLERK, HEAD = f"{ISSUER}|clerk", f"{ISSUER}|head"


@dataclass(frozen=True, slots=True)
class _Ran:
    """steady: documents per second from the first block on, when all processes have begun."""

    whole: float
    steady: float
    peak_mib: float
    prepared_per_second: float


def measure(
    say: Callable[[str], None],
    *,
    counts: Sequence[int] = COUNTS,
    processes: Sequence[int] = (),
    databases: Sequence[str] = ("sqlite", "postgresql"),
    alone: int = 60,
) -> list[Measurement]:
    """One measurement for each database, with each count in as many processes as there are cores, or as said.

    alone: documents that each process seals for the baseline.
    """
    cores = os.cpu_count() or 1
    chosen = tuple(processes) or tuple(sorted({1, min(2, cores), cores}))
    return [_measure_on(database, say, counts, chosen, alone) for database in databases]


def _measure_on(
    database: str, say: Callable[[str], None], counts: Sequence[int], processes: Sequence[int], each_alone: int
) -> Measurement:
    runs: list[Run] = []
    ran: dict[str, dict[str, float]] = {}
    steady: dict[int, float] = {}
    with ExitStack() as stack:
        settings = stack.enter_context(_installation(database))
        seed = 0
        for many in processes:
            for count in counts:
                if len(processes) > 1 and many != max(processes) and count != min(counts):
                    continue  # how it scales is told by the least count
                seed += 1
                alone = _sealing_alone(settings, many, seed, each_alone)
                one = _run(settings, count, many, seed)
                runs.append(Run(ours=one.steady, baseline=alone))
                ran[f"{count} in {many}"] = {
                    "documents_per_second": round(one.whole, 1),
                    "documents_per_second_once_begun": round(one.steady, 1),
                    "sealing_alone_per_second": round(alone, 1),
                    "peak_mib": round(one.peak_mib),
                    "lines_prepared_per_second": round(one.prepared_per_second),
                }
                if count == min(counts):
                    steady[many] = one.steady
                say(f"{database}: {count:,} in {many}: {one.steady:.0f} against {alone:.0f}, {one.peak_mib:.0f} MiB")
    first = min(steady)
    scaling = {
        many: round((rate - steady[first]) / (steady[first] / first * (many - first)), 2)
        for many, rate in steady.items()
        if many != first
    }
    return Measurement(
        name=f"batch-{database}",
        unit="documents/s",
        ours_is="lines of a file checked, registered, approved, rendered, sealed, checked, stored, issued",
        baseline_is="rendering, sealing, own check and storing alone, in as many processes",
        runs=runs,
        details={"runs": ran, "scaling_per_added_process": scaling},
    )


@contextmanager
def _installation(database: str) -> Iterator[Settings]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="condau-bench-")))
        url = ""
        if database == "postgresql":
            url = stack.enter_context(postgres_server()).create_database()
        issuer = {"name": "officials", "issuer": ISSUER, "audiences": ["condau"], "people": "officials"}
        settings = Settings.model_validate(
            {
                "mode": "demo",
                "state_folder": folder / "state",
                "database_url": url,
                "key_passphrase": "only to measure",
                "issuers": [issuer],
            }
        )
        initialise(settings)
        officials: tuple[tuple[str, Role, str], ...] = ((CLERK, "caseworker", "Vũ Thị Mẫu"), (HEAD, "head", "Lê Mẫu"))
        with open_works(settings) as opened:
            for key, role, name in officials:
                official = RegisteredOfficial(subject_key=key, unit=UNIT, roles=frozenset({role}), full_name=name)
                now = opened.works.workshop.clock()
                opened.database.run_blocking(lambda r, one=official, at=now: r.officials.put(one, at))  # type: ignore[misc] # of defaults
        yield settings


def _run(settings: Settings, count: int, processes: int, seed: int) -> _Ran:
    told_at: list[tuple[float, int]] = []

    def told(report: BlockReport) -> None:
        told_at.append((time.monotonic(), report.issued))

    with ExitStack() as stack:
        opened = stack.enter_context(open_works(settings))
        works, database = opened.works, opened.database
        file = settings.state_folder / f"batch-{count}-{processes}-{seed}.jsonl"
        write_lines(file, pupils(count, seed), works.rules.catalogue.get(TRANSCRIPT))
        source = stack.enter_context(file.open("rb"))
        began = time.monotonic()
        batch = _approved(works, database, source)
        prepared = count / (time.monotonic() - began)
        summary = run_batch(
            opened,
            batch,
            source,
            told=told,
            stop=threading.Event(),
            processes=processes,
            opener=open_works,
            arguments=(settings,),
        )
        if summary.issued != count:
            raise AssertionError(f"{summary.issued} of {count} were issued")
    # Each process has begun when as many blocks are through as there are processes.
    start, after = told_at[min(processes, len(told_at) - 1) - 1][0], told_at[processes:]
    steady = sum(issued for _, issued in after) / (told_at[-1][0] - start) if after else summary.documents_per_second
    return _Ran(summary.documents_per_second, steady, summary.peak_bytes / (1 << 20), prepared)


def _approved(works: BatchWorks, database: Database, source: object) -> Batch:
    preparing = PrepareWorks(
        transact=works.workshop.transact, rules=works.rules, key_of=works.key_of, clock=works.workshop.clock
    )
    prepared = prepare_batch(
        preparing,
        source,  # type: ignore[arg-type] # an opened file
        "jsonl",
        TRANSCRIPT,
        CLERK,
        entered_by="benchmark",
        refuse=lambda line, why: None,
        done=lambda lines: None,
    )
    at = works.workshop.clock()
    approved = database.run_blocking(lambda r: approve_batch(r, prepared.batch.code, HEAD, at, entered_by="benchmark"))
    source.seek(0)  # type: ignore[attr-defined] # as above
    return approved


def _sealing_alone(settings: Settings, processes: int, seed: int, each: int) -> float:
    """The rates of all processes together, each timed by itself while the others work."""
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        seeds = range(seed * 100, seed * 100 + processes)
        return sum(pool.map(_seal, [settings] * processes, seeds, [each] * processes))


def _seal(settings: Settings, seed: int, count: int) -> float:
    with open_works(settings) as opened, TemporaryDirectory() as folder:
        works = opened.works
        file = write_lines(Path(folder) / "a.jsonl", pupils(1, 1_000 + seed), works.rules.catalogue.get(TRANSCRIPT))
        with file.open("rb") as source:
            batch = _approved(works, opened.database, source)
            run_batch(opened, batch, source, told=lambda _: None, stop=threading.Event())
        line: BatchLine = opened.database.run_blocking(lambda r: r.batches.lines(batch.id, 1, 1))[1]
        application_id = line.application_id
        if application_id is None:
            raise AssertionError("an issued line has an application")
        pattern = opened.database.run_blocking(
            lambda r: r.certificates.of_application(application_id, CertificateKind.RESULT)
        )
        if pattern is None:
            raise AssertionError("an issued line has a document")
        others = _of_other_pupils(pattern)
        for one in islice(others, 3):
            produce(works.workshop, one)
        began = time.monotonic()
        for one in islice(others, count):
            produce(works.workshop, one)
        return count / (time.monotonic() - began)


def _of_other_pupils(pattern: Certificate) -> Iterator[Certificate]:
    for pupil in pupils(1 << 30, seed=9):
        number, check_code = new_number(), new_check_code()
        content = {
            **pattern.content,
            "document_number": number,
            "check_code": check_code,
            "full_name": pupil["full_name"],
            "subjects": pupil["subjects"],
        }
        yield replace(
            pattern,
            number=number,
            check_code=check_code,
            full_name=pupil["full_name"],
            content=content,
            content_digest=content_digest(content),
        )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.batch", description=__doc__)
    parser.add_argument("--counts", type=int, nargs="+", default=list(COUNTS))
    parser.add_argument("--processes", type=int, nargs="+", default=[])
    parser.add_argument("--databases", nargs="+", choices=("sqlite", "postgresql"), default=["sqlite", "postgresql"])
    chosen = parser.parse_args()
    for one in measure(print, counts=chosen.counts, processes=chosen.processes, databases=chosen.databases):
        print(one.write(Path("var/bench")))


if __name__ == "__main__":
    main()
