import ast
import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

import signing
from signing.errors import PermitAlreadyRedeemed, PermitForOtherPurpose
from signing.permit import SealingPermit
from verification.trust import KeyPurpose

ROOT = Path(signing.__file__).parent.parent
PACKAGES = ("api", "condau", "identity", "issuance", "signing", "simulators", "storage", "verification")


def permit() -> SealingPermit:
    return SealingPermit.grant(serial="s-1", purpose=KeyPurpose.PDF, content=b"secret page")


def grants_in(source: str) -> list[int]:
    """Lines that reach for SealingPermit.grant, or for the class under another name, however they call it."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr == "grant":
            lines.append(node.lineno)
        if isinstance(node, ast.Constant) and node.value == "grant":
            lines.append(node.lineno)
        if isinstance(node, ast.ImportFrom) and node.module == "signing.permit":
            lines += [node.lineno for alias in node.names if alias.name not in {"SealingPermit"}]
    return lines


def test_only_preparing_grants_permits() -> None:
    sources = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    granting = {str(path.relative_to(ROOT)) for path in sources if grants_in(path.read_text(encoding="utf-8"))}
    assert granting == {"issuance/prepare.py"}


@pytest.mark.parametrize(
    "planted",
    ["SealingPermit.grant(serial='x')", "g = permit.SealingPermit.grant", "getattr(P, 'grant')()",
     "from signing.permit import _GRANT"],
)  # fmt: skip
def test_a_planted_grant_is_noticed(planted: str) -> None:
    assert grants_in(planted) == [1]


def test_redeemed_once_among_many_threads() -> None:
    one, start = permit(), Barrier(32)

    def redeem() -> bytes | None:
        start.wait()
        try:
            return one.redeem()
        except PermitAlreadyRedeemed:
            return None

    with ThreadPoolExecutor(32) as pool:
        results = [future.result() for future in [pool.submit(redeem) for _ in range(32)]]
    assert results.count(b"secret page") == 1
    assert results.count(None) == 31


def test_another_purpose_gets_nothing_and_uses_nothing_up() -> None:
    one = permit()
    with pytest.raises(PermitForOtherPurpose):
        one.redeem(KeyPurpose.QR)
    assert one.redeem(KeyPurpose.PDF, KeyPurpose.RECEIPT) == b"secret page"


def test_not_made_copied_or_printed_otherwise() -> None:
    one = permit()
    with pytest.raises(TypeError):
        SealingPermit(object(), "s", KeyPurpose.PDF, b"")
    for duplicate in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            duplicate(one)
    assert "secret" not in repr(one)
