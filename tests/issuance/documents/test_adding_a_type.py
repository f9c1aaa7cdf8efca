"""Adding a document type is adding a folder: it is applied for, settled and issued without a change to the code."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from issuance.apply import apply
from issuance.certificate import CertificateKind
from issuance.documents.catalogue import load_catalogue, shipped_types_folder
from issuance.fee_policies.install import ShippedPolicy, install
from issuance.fees.policy import SHIPPED_POLICIES
from issuance.fees.reading.read_policy import read_policy
from issuance.procedure.install import install_procedures
from issuance.procedure.reading import read_procedure
from issuance.procedure.shipped import shipped_sources
from issuance.registers.consult import keep_register_answer
from issuance.registers.population import PopulationAnswer
from issuance.settlement.act import act
from tests.issuance.office import UNIT, Office

NEW = "household_head_confirmation"


def new_type(folder: Path) -> Path:
    """What an agency writes: a folder like the residence confirmation's, with its own words and limits."""
    types = folder / "types"
    shutil.copytree(shipped_types_folder(), types, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    shutil.copytree(types / "residence_confirmation", types / NEW)
    definition = types / NEW / "document.toml"
    text = definition.read_text("utf-8")
    for old, new in (
        ('id = "residence_confirmation"', f'id = "{NEW}"'),
        ('vi = "Xác nhận thông tin về cư trú"', 'vi = "Xác nhận nơi ở của chủ hộ"'),
        ('en = "Residence confirmation"', 'en = "Confirmation of the head of household"'),
        ("amount = 3\n", "amount = 2\n"),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    definition.write_text(text, "utf-8")
    return types


def procedure() -> bytes:
    (source,) = (source for one, source in shipped_sources() if one.id == "residence_confirmation")
    document = json.loads(source) | {"id": NEW, "document_types": [NEW]}
    document["steps"] = [step for step in document["steps"] if step["role"] == "caseworker"]
    (step,) = document["steps"]
    for outcome in step["outcomes"]:
        if "to" in outcome:
            del outcome["to"]
            outcome["ends"] = "approved"
    return json.dumps(document).encode()


def fee_policy() -> bytes:
    (file,) = SHIPPED_POLICIES.glob("residence-confirmation.*.json")
    document: dict[str, Any] = json.loads(file.read_bytes())
    return json.dumps(document | {"id": f"{NEW}.hanoi", "document_types": [NEW]}).encode()


async def test_a_new_type_is_a_folder(office: Office, tmp_path: Path) -> None:
    catalogue = load_catalogue(new_type(tmp_path))
    office.catalogue, office.rules = catalogue, replace(office.rules, catalogue=catalogue)
    policy, steps = fee_policy(), procedure()
    office.do(lambda r: install(r, [ShippedPolicy(read_policy(policy), policy)], office.at))
    office.do(lambda r: install_procedures(r, [(read_procedure(steps), steps)], office.at))

    citizen, official = await office.citizen(), await office.official()
    application = office.do(lambda r: apply(r, office.rules, citizen, NEW, {"copies": 1}, office.at))
    assert (application.unit, application.sources, application.amount_due) == (UNIT, ("population_register",), 0)
    answer = PopulationAnswer(
        reference="CSDLDC-1",
        answered_at=office.at,
        full_name=citizen.full_name,
        birth_date=citizen.birth_date,
        sex=None,
        birth_place=None,
        nationality="Việt Nam",
        permanent_residence="Số 12 phố Thợ Nhuộm, phường Cửa Nam, thành phố Hà Nội",
        temporary_residence=None,
        marital_status=None,
        spouse_name=None,
    )
    office.do(lambda r: keep_register_answer(r, application.id, answer, office.at))
    (outcome,) = (one["id"] for one in json.loads(steps)["steps"][0]["outcomes"] if one.get("ends") == "approved")
    office.do(lambda r: act(r, office.rules, application.code, official, outcome, None, office.at))
    receipt, result = office.issue(application.id, CertificateKind.RECEIPT), office.issue(application.id)

    assert (result.type_id, result.result_line) == (NEW, "Đã đăng ký thường trú")
    assert result.sha256 is not None
    assert receipt.content["service_name"] == "Xác nhận nơi ở của chủ hộ"
