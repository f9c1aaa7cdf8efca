"""Signatures a second of a SoftHSM2 token, by threads and by sessions: `python -m benchmarks.token_sessions`."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from pathlib import Path

from signing.backends import pkcs11_module
from signing.key_types import KeyType
from signing.keys import SigningKey
from tests.signing.backends.places import TokenPlace, key_of, opened
from tests.signing.backends.softhsm import SoftHsm

SECONDS = 1.5
COUNTS = (1, 2, 4, 8)


def rate(key: SigningKey, threads: int) -> float:
    counts, stop = [0] * threads, threading.Event()

    def work(number: int) -> None:
        while not stop.is_set():
            key.sign(b"a document")
            counts[number] += 1

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    begin = time.perf_counter()
    for worker in workers:
        worker.start()
    time.sleep(SECONDS)
    stop.set()
    for worker in workers:
        worker.join()
    return sum(counts) / (time.perf_counter() - begin)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "ring").mkdir()
        hsm = SoftHsm(folder)
        os.environ["SOFTHSM2_CONF"] = str(hsm.configuration)
        place = TokenPlace(folder / "ring", hsm)
        types: tuple[KeyType, ...] = ("p256", "rsa2048")
        uris = {key_type: place.keep(key_of(key_type), key_type) for key_type in types}
        for sessions in COUNTS:
            pkcs11_module.MAX_CALLS_AT_ONCE = sessions
            pkcs11_module.forget_modules()
            for key_type, uri in uris.items():
                key = opened(place, uri, key_of(key_type).public_key())
                rates = ", ".join(f"{threads}: {rate(key, threads):,.0f}/s" for threads in COUNTS)
                print(f"{key_type}, {sessions} sessions, threads {rates}", flush=True)


if __name__ == "__main__":
    main()
