"""Which package may import which: the contracts hold, cover every package, and break when they are violated."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES: list[str] = PYPROJECT["tool"]["importlinter"]["root_packages"]
CONTRACTS: dict[str, str] = {
    contract["id"]: contract["name"] for contract in PYPROJECT["tool"]["importlinter"]["contracts"]
}
# These stand on the product and are no part of it.
BESIDE_THE_PRODUCT = {"tests", "benchmarks", "docs", "deploy"}
# What tools and the Makefile leave behind, as .gitignore lists it.
NOT_OURS = {"build", "dist", "node_modules", "var"}

# (contract, package that gets the import, what it then imports)
VIOLATIONS = [
    *(
        ("layers", lower, higher)
        for lower, higher in [
            ("verification", "signing"),
            ("verification", "identity"),
            ("signing", "identity"),
            ("identity", "signing"),
            ("signing", "issuance"),
            ("identity", "issuance"),
            ("issuance", "api"),
            ("issuance", "storage"),
            ("issuance", "simulators"),
            ("api", "storage"),
            ("storage", "api"),
            ("api", "simulators"),
            ("storage", "simulators"),
            ("simulators", "api"),
            ("simulators", "storage"),
            ("api", "condau"),
            ("verification", "condau"),
        ]
    ),
    *(
        ("domain", package, library)
        for package in ("identity", "issuance", "signing", "verification")
        for library in ("alembic", "fastapi", "pydantic_settings", "sqlalchemy.orm", "starlette.requests")
    ),
    *(("sql", package, library) for package in ("api", "simulators") for library in ("sqlalchemy", "sqlite3", "dbos")),
    *(("web", "storage", library) for library in ("fastapi", "jinja2", "starlette.responses")),
    *(("environment", package, "pydantic_settings") for package in ("api", "simulators", "storage")),
    ("named-once", "api", "identity.providers.oidc"),
    ("named-once", "identity", "identity.providers.oidc"),
    ("named-once", "condau", "identity.providers.oidc"),
    ("named-once", "condau", "signing.backends.software"),
    ("named-once", "signing", "signing.backends.software"),
    ("named-once", "issuance", "signing.backends.addresses"),
    ("fees", "issuance.fees", "issuance.application"),
    ("fees", "issuance.fees", "issuance.procedure"),
    ("fees", "issuance.fees.reading", "issuance.records"),
    ("fees", "issuance.fees.analysis", "issuance.fee_policies"),
    ("fees", "issuance.fees.rehearsal", "issuance.fee_policies.past"),
    ("product", "condau", "tests"),
    ("product", "signing", "benchmarks"),
]


def lint_imports(root: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    chosen = [option for contract in contracts for option in ("--contract", contract)]
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache", *chosen],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The product's packages and their contracts, free to be spoiled."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_every_contract_holds() -> None:
    run = lint_imports(ROOT)

    assert run.returncode == 0, run.stdout + run.stderr
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in run.stdout


@pytest.mark.parametrize(("contract", "package", "imported"), VIOLATIONS)
def test_a_planted_violation_breaks_its_contract(copy: Path, contract: str, package: str, imported: str) -> None:
    (copy / package.replace(".", "/") / "planted.py").write_text(f"import {imported}\n", encoding="utf-8")

    run = lint_imports(copy, contract)

    assert run.returncode == 1, run.stdout + run.stderr
    assert f"{CONTRACTS[contract]} BROKEN" in run.stdout


def test_every_contract_has_a_planted_violation() -> None:
    assert {contract for contract, _, _ in VIOLATIONS} == set(CONTRACTS)


def test_no_package_escapes_the_contracts() -> None:
    """A new folder with code at the root must be given its place in the layers, types and distribution."""
    folders = {
        folder.name
        for folder in ROOT.iterdir()
        if folder.is_dir() and not folder.name.startswith(".") and folder.name not in NOT_OURS | BESIDE_THE_PRODUCT
        if any(folder.rglob("*.py"))
    }
    contracts = {contract["id"]: contract for contract in PYPROJECT["tool"]["importlinter"]["contracts"]}
    layers = {package.strip() for layer in contracts["layers"]["layers"] for package in layer.split("|")}

    assert folders == set(PACKAGES)
    assert folders == layers
    assert folders == set(contracts["product"]["source_modules"])
    assert folders == set(PYPROJECT["tool"]["mypy"]["packages"])
    assert folders == {
        pattern.rstrip("*") for pattern in PYPROJECT["tool"]["setuptools"]["packages"]["find"]["include"]
    }
