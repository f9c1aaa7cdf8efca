"""All attacks by name."""

from __future__ import annotations

from tests.verification.attacks.anatomy import Maker
from tests.verification.attacks.bytes_around import AROUND, RANGES
from tests.verification.attacks.contents import CONTENTS
from tests.verification.attacks.impostors import INSTEAD
from tests.verification.attacks.updates import SEEN, SOUND

TABLES: dict[str, dict[str, Maker]] = {
    "update, seen": SEEN,
    "update, sound": SOUND,
    "around": AROUND,
    "byte range": RANGES,
    "contents": CONTENTS,
    "instead": INSTEAD,
}
ATTACKS: dict[str, Maker] = {name: maker for table in TABLES.values() for name, maker in table.items()}
