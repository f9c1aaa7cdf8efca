"""Documents per second, from a certificate's content to the sealed file on the disk, in one process.

Beside it the same pipeline with stock pyHanko: its sealer as its documentation shows it, and for the own check its
validation, because our verifier accepts our sealer's form only. A third one, in the details, has no own check at all.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from benchmarks.measurement import Measurement, Run, percentile
from benchmarks.offices import Desk, open_desk
from condau.settings import Settings
from issuance.certificate import Certificate, content_digest, new_check_code, new_number
from issuance.prepare import prepare_pdf, prepare_qr
from issuance.produce import produce
from signing.local_authority import PdfKeyType
from signing.seal_qr import seal_qr
from signing.self_check import check_own_qr
from verification.trust import PDF_PURPOSES

Produce = Callable[[Certificate], object]
WARM_UP = 3
DEFAULT_KEY_TYPE: PdfKeyType = Settings.model_fields["pdf_key_type"].default

_FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng")
_MIDDLE = ("Thị Minh", "Văn", "Đức", "Thu", "Quỳnh")
_GIVEN = ("Anh", "Bình", "Châu", "Dũng", "Hương", "Khánh", "Lan", "Sơn", "Tuấn", "Yến", "Phượng")


def measure(say: Callable[[str], None], *, turns: int = 5, documents: int = 30) -> list[Measurement]:
    """Turns of `documents` by ours and as many by each baseline, alternated; for both types of sealing keys."""
    return [
        measure_with("pipeline", DEFAULT_KEY_TYPE, say, turns=turns, documents=(documents + 1) // 2),
        measure_with("pipeline-p256", "p256", say, turns=turns, documents=documents),
    ]


def measure_with(
    name: str, key_type: PdfKeyType, say: Callable[[str], None], *, turns: int, documents: int
) -> Measurement:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="condau-bench-")))
        desk = stack.enter_context(open_desk(folder, key_type))
        certificate = desk.intended()
        people = of_other_people(certificate)
        stock = _Stock(desk, certificate.pdf_key_id)
        pipelines: dict[str, Produce] = {
            "ours": lambda one: produce(desk.workshop, one),
            "stock": stock.produce,
            "stock_unchecked": stock.produce_unchecked,
        }
        cpu_seconds: dict[str, list[float]] = {which: [] for which in pipelines}
        wall_seconds: dict[str, list[float]] = {which: [] for which in pipelines}
        rates: dict[str, list[float]] = {which: [] for which in pipelines}
        for pipeline in pipelines.values():
            _timed(pipeline, list(islice(people, WARM_UP)))
        for turn in range(turns):
            for which, pipeline in pipelines.items():
                cpu, seconds = _timed(pipeline, list(islice(people, documents)))
                cpu_seconds[which] += cpu
                wall_seconds[which] += seconds
                rates[which].append(documents / sum(seconds))
            say(f"{name} {turn + 1}/{turns}: {rates['ours'][-1]:.1f} against {rates['stock'][-1]:.1f} documents/s")
    cpu_mean = {which: sum(seconds) / len(seconds) for which, seconds in cpu_seconds.items()}
    cpu_least = {which: min(seconds) for which, seconds in cpu_seconds.items()}
    unchecked = [ours / stock for ours, stock in zip(rates["ours"], rates["stock_unchecked"], strict=True)]
    return Measurement(
        name=name,
        unit="documents/s",
        ours_is="QR sealed, page rendered, lint, PDF sealed, own check, stored; one process",
        baseline_is="the same with stock pyHanko: SimpleSigner and sign_pdf, own check by its validation",
        runs=[Run(ours=a, baseline=b) for a, b in zip(rates["ours"], rates["stock"], strict=True)],
        details={
            "documents_per_turn": documents,
            "key": desk.workshop.keys.by_id(certificate.pdf_key_id).algorithm,
            "face": desk.workshop.renderer.face,
            "baseline_without_own_check": round(statistics.median(rates["stock_unchecked"]), 2),
            "ratio_to_baseline_without_own_check": round(statistics.median(unchecked), 3),
            "documents_per_cpu_second": {which: round(1 / mean, 1) for which, mean in cpu_mean.items()},
            "cpu_ms_mean": {which: round(mean * 1000, 1) for which, mean in cpu_mean.items()},
            "cpu_ms_quietest": {which: round(least * 1000, 1) for which, least in cpu_least.items()},
            "ratio_by_cpu_mean": _by_ours(cpu_mean),
            "ratio_by_cpu_quietest": _by_ours(cpu_least),
            "p50_ms": {which: _ms(seconds, 0.5) for which, seconds in wall_seconds.items()},
            "p99_ms": {which: _ms(seconds, 0.99) for which, seconds in wall_seconds.items()},
        },
    )


def _ms(seconds: list[float], share: float) -> float:
    return round(percentile(seconds, share) * 1000, 1)


def _by_ours(cpu: dict[str, float]) -> dict[str, float]:
    return {which: round(seconds / cpu["ours"], 3) for which, seconds in cpu.items() if which != "ours"}


def _timed(make: Produce, certificates: list[Certificate]) -> tuple[list[float], list[float]]:
    """CPU seconds of the process, all its threads, and wall seconds; of each document."""
    cpu, wall = [], []
    for certificate in certificates:
        started, used = time.perf_counter(), time.process_time()
        make(certificate)
        cpu.append(time.process_time() - used)
        wall.append(time.perf_counter() - started)
    return cpu, wall


def of_other_people(pattern: Certificate) -> Iterator[Certificate]:
    """Certificates of ever other people: what the layout engine remembers of the last page must not help it."""
    house = 0
    while True:
        house += 1
        full_name = f"{_FAMILY[house % 7]} {_MIDDLE[house % 5]} {_GIVEN[house % 11]}"
        number, check_code = new_number(), new_check_code()
        content = {
            **pattern.content,
            "document_number": number,
            "check_code": check_code,
            "full_name": full_name,
            "permanent_residence": f"Số {house} phố Đội Cấn, phường Ngọc Hà, thành phố Hà Nội",
        }
        yield replace(
            pattern,
            number=number,
            check_code=check_code,
            full_name=full_name,
            content=content,
            content_digest=content_digest(content),
        )


class _Stock:
    """`issuance.issue.produce` with pyHanko in place of our sealer and our check of the PDF; the key is loaded once."""

    def __init__(self, desk: Desk, key_id: str) -> None:
        self._workshop = desk.workshop
        (key,) = desk.keys_folder.glob(f"*-{key_id}.key.pem")
        root = desk.keys_folder / "root.crt.pem"
        signer = signers.SimpleSigner.load(
            str(key),
            str(key.with_name(key.name.replace(".key.", ".crt."))),
            ca_chain_files=(str(root),),
            key_passphrase=desk.passphrase,
        )
        if not isinstance(signer, signers.SimpleSigner):
            raise TypeError("pyHanko could not read the key")
        self._signer = signer
        self._root = load_cert_from_pemder(str(root))

    def produce(self, certificate: Certificate) -> None:
        sealed = self._sealed(certificate)
        (signature,) = PdfFileReader(BytesIO(sealed)).embedded_signatures
        context = ValidationContext(trust_roots=[self._root], allow_fetching=False)
        if not validate_pdf_signature(signature, context).bottom_line:
            raise ValueError("pyHanko does not accept its own seal")
        self._workshop.files.store(sealed, sha256(sealed).digest())

    def produce_unchecked(self, certificate: Certificate) -> None:
        sealed = self._sealed(certificate)
        self._workshop.files.store(sealed, sha256(sealed).digest())

    def _sealed(self, certificate: Certificate) -> bytes:
        workshop = self._workshop
        at, document_type = workshop.clock(), workshop.catalogue.get(certificate.type_id)
        qr = seal_qr(prepare_qr(certificate), workshop.keys.by_id(certificate.qr_key_id), workshop.public_url)
        permit = prepare_pdf(certificate, document_type, workshop.renderer, qr.link)
        check_own_qr(qr.link, workshop.keys.trust_list(at), at, certificate.facts)
        metadata = signers.PdfSignatureMetadata(
            field_name="Signature1",
            name=certificate.content["issuing_body"],
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            certify=True,
            docmdp_permissions=MDPPerm.NO_CHANGES,
        )
        rendered = IncrementalPdfFileWriter(BytesIO(permit.redeem(*PDF_PURPOSES)))
        return bytes(signers.sign_pdf(rendered, metadata, signer=self._signer).getbuffer())
