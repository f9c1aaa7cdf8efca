"""The check of the scripts' types, which `make check` runs, is strict: it finds what is planted."""

import json
from pathlib import Path

import pytest

from tests.api.web.types import SOURCE, compile_with

PLANTED = {
    "another type": '/** @type {number} */\nexport const one = "1";\n',
    "a parameter without a type": "export const same = (one) => one;\n",
    "perhaps missing": "/** @param {string[]} of */\nexport const first = (of) => of[0].length;\n",
    "an element that may not be there": 'document.getElementById("x").focus();\n',
    "a name that nobody declares": "export const found = nowhere;\n",
}


def compiled(folder: Path, script: str, configuration: str = "tsconfig.json") -> tuple[int, str]:
    (folder / "script.js").write_text(script)
    project = folder / "tsconfig.json"
    project.write_text(json.dumps({"extends": str(SOURCE / configuration), "include": ["script.js"], "exclude": []}))
    return compile_with(project)


@pytest.mark.parametrize("what", PLANTED)
def test_it_finds(what: str, tmp_path: Path) -> None:
    code, said = compiled(tmp_path, PLANTED[what])
    assert code != 0
    assert "script.js" in said


def test_it_is_content_with_what_is_right(tmp_path: Path) -> None:
    assert compiled(tmp_path, "/** @param {string} of */\nexport const length = (of) => of.length;\n") == (0, "")


def test_a_worker_has_no_document(tmp_path: Path) -> None:
    script = "export const title = () => document.title;\n"
    assert compiled(tmp_path, script)[0] == 0
    assert compiled(tmp_path, script, "tsconfig.worker.json")[0] != 0
