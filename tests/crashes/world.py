"""An office with its people, and what goes on of it from one life of its process to the next."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from identity.citizen import VerifiedCitizen, VerifiedOfficial
from issuance.batches.batch import Batch
from storage.runner import Database
from tests.crashes.dying import Countdown
from tests.crashes.outside import Bank, Register, Remembered
from tests.issuance.batches import school_office
from tests.issuance.batches.pupils import pupils, write_lines
from tests.issuance.office import Office
from tests.issuance.settlement.people import TWO_STEPS


@dataclass
class World:
    """What goes on when a process dies, and from one life to the next. told: payments that were said to be kept; kept:
    digest and entry of each document that was issued; died: where, how often. cash: payments that an official was told
    to have taken; delivered: numbers of parcels; erased: codes of applications; batches: approved, with their files;
    done: how often what came to its end. One of the citizens pays nothing. leaving: who will be erased, each
    once, since whatever earlier lives have left open would hold anybody else; gone: those who were about to be."""

    citizens: tuple[VerifiedCitizen, ...]
    official: VerifiedOfficial
    bank: Bank
    register: Register
    remembered: Remembered
    leaving: list[VerifiedCitizen] = field(default_factory=list)
    gone: list[VerifiedCitizen] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    cash: set[str] = field(default_factory=set)
    delivered: set[str] = field(default_factory=set)
    erased: set[str] = field(default_factory=set)
    batches: list[tuple[Batch, Path]] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    kept: dict[str, tuple[str, int]] = field(default_factory=dict)
    died: Counter[str] = field(default_factory=Counter)


async def an_office(database: Database, folder: Path, batches: int) -> tuple[Office, World, Countdown]:
    """One in which nothing has happened yet, but for batches of three lines that are approved."""
    office = Office(database, folder, TWO_STEPS)
    citizens = [
        await office.citizen(sub=f"c-{number}", client_id=client, personal_id=f"00119500004{number}")
        for number, client in enumerate(("vneid-app", "one-stop-kiosk", "one-stop-kiosk"))
    ]
    official = await office.official(roles=["caseworker", "head"])
    countdown = Countdown()
    register = Register(lambda: office.at, countdown)
    world = World(tuple(citizens), official, Bank(countdown), register, Remembered(countdown))
    world.leaving += [await office.citizen(sub=f"g-{one}", personal_id=f"0011950001{one:02}") for one in range(60)]
    school_office.appoint(office)
    for number in range(batches):
        file = write_lines(folder / f"{number}.jsonl", pupils(3, seed=number), school_office.transcript(office))
        prepared, _ = school_office.prepare(office, file, block_lines=2)
        world.batches.append((school_office.approve(office, prepared.batch), file))
    return office, world, countdown
