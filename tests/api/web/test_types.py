"""The check of the scripts' types, which `make check` runs, is strict: it finds what is planted."""

import json
from pathlib import Path

from tests.api.web.types import SOURCE, compile_with

PLANTED = {
    "another_type": '/** @type {number} */\nexport const one = "1";\n',
    "a_parameter_without_a_type": "export const same = (one) => one;\n",
    "perhaps_missing": "/** @param {string[]} of */\nexport const first = (of) => of[0].length;\n",
    "an_element_that_may_not_be_there": 'document.getElementById("x").focus();\n',
    "a_name_that_nobody_declares": "export const found = nowhere;\n",
}


def compiled(folder: Path, scripts: dict[str, str], configuration: str = "tsconfig.json") -> tuple[int, str]:
    for name, script in scripts.items():
        (folder / f"{name}.js").write_text(script)
    project = folder / "tsconfig.json"
    project.write_text(json.dumps({"extends": str(SOURCE / configuration), "include": ["*.js"], "exclude": []}))
    return compile_with(project)


def test_it_finds_each_fault_and_leaves_alone_what_is_right(tmp_path: Path) -> None:
    right = "/** @param {string} of */\nexport const length = (of) => of.length;\n"
    code, said = compiled(tmp_path, PLANTED | {"right": right})
    assert code != 0
    assert {line.partition(".js(")[0].rpartition("/")[2] for line in said.splitlines() if ".js(" in line} == set(
        PLANTED
    )


def test_a_worker_has_no_document(tmp_path: Path) -> None:
    script = {"title": "export const title = () => document.title;\n"}
    assert compiled(tmp_path, script) == (0, "")
    assert compiled(tmp_path, script, "tsconfig.worker.json")[0] != 0
