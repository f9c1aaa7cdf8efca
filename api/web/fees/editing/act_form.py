"""The form of a legal act: its number, date and issuer, and its kept file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from ...texts import N_
from .parts import Built, Subject, demand_both, label_fields, optional_label, set_or_drop
from .sent import Fields, day_of, text_of
from .tree import citing, ids_of, new_id, part_of, put

ACT_KINDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "resolution": {"vi": "Nghị quyết", "en": "Resolution"},
        "law": {"vi": "Luật", "en": "Law"},
        "decree": {"vi": "Nghị định", "en": "Decree"},
        "circular": {"vi": "Thông tư", "en": "Circular"},
        "decision": {"vi": "Quyết định", "en": "Decision"},
    }
)
FIELDS = ("act_number", "act_title", "act_article_vi", "act_issued_by_vi", "act_issued_by_en")
_ARTICLE = (("điều", "Article"), ("khoản", "clause"), ("điểm", "point"), ("mục", "section"), ("phụ lục", "Annex"))


class ActForm:
    template = "fees/edit_act.html"
    title = N_("Legal act")
    title_new = N_("A new legal act")
    where: Sequence[tuple[str, str]] = (
        ("kind", "act_kind"),
        ("number", "act_number"),
        ("title", "act_title"),
        ("article", "act_article_vi"),
        ("issued_by", "act_issued_by_vi"),
        ("issued_on", "act_issued_on"),
        ("source", "act_file"),
        ("unverified", "act_unverified_vi"),
    )

    def fields(self, subject: Subject, asked: Mapping[str, str]) -> Fields:
        if subject.key is None:
            return {"act_kind": "resolution"}
        act = part_of(subject.document, "acts", subject.key)
        kind = next((name for name, words in ACT_KINDS.items() if words == act["kind"]), "other")
        return {
            "act_kind": kind,
            **label_fields("act_kind_other", act["kind"] if kind == "other" else None),
            "act_number": act["number"],
            "act_title": act["title"]["vi"],
            "act_title_en": act["title"]["en"],
            **label_fields("act_article", act.get("article")),
            **label_fields("act_issued_by", act["issued_by"]),
            "act_issued_on": act.get("issued_on") or "",
            "act_file": act["source"]["sha256"],
            **label_fields("act_unverified", act.get("unverified")),
            **{
                f"cites-{kind}-{part['id']}": "1"
                for kind, part in citing(subject.document)
                if subject.key in part["basis"]
            },
        }

    def press(self, subject: Subject, fields: Fields, what: str) -> Fields:
        return fields

    def build(self, subject: Subject, fields: Fields) -> Built:
        before = {} if subject.key is None else part_of(subject.document, "acts", subject.key)
        act, problems = act_from(subject, fields, before)
        chosen = [(kind, part) for kind, part in citing(subject.document) if _cites(fields, kind, part)]
        if not chosen:
            problems["cites"] = N_("Tick what rests on this act: without it, it stands for nothing.")
        document = subject.document if problems else put(subject.document, "acts", subject.key, act)
        for kind, part in [] if problems else citing(document):
            others = [one for one in part["basis"] if one != act["id"]]
            if not _cites(fields, kind, part):
                part["basis"] = others
            elif act["id"] not in part["basis"]:
                part["basis"] = [*others, act["id"]]
        return Built(document=document, key=act["id"], place=f"basis[{act['id']}]", problems=problems)

    def choices(self, subject: Subject, fields: Fields) -> dict[str, Any]:
        resting = [
            (f"{kind}-{part['id']}", part["label"][subject.language], _cites(fields, kind, part))
            for kind, part in citing(subject.document)
        ]
        return {"resting": resting, **act_choices(subject)}


def _cites(fields: Mapping[str, str], kind: str, part: Mapping[str, Any]) -> bool:
    return fields.get(f"cites-{kind}-{part['id']}") == "1"


def act_choices(subject: Subject) -> dict[str, Any]:
    """What the fields of an act offer; a rule's form has them too."""
    kinds = [(name, words[subject.language]) for name, words in ACT_KINDS.items()]
    files = {act.sha256.hex(): act.name for act in subject.acts}
    for act in subject.document["basis"]:
        # A file that is lost stays chosen: the check says what to do about it.
        files.setdefault(act["source"]["sha256"], act["source"]["file"])
    return {"act_kinds": kinds, "act_files": sorted(files.items(), key=lambda one: one[1])}


def act_from(subject: Subject, fields: Fields, before: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The act, and what is wrong with it by field."""
    problems: dict[str, str] = {}
    chosen = text_of(fields, "act_kind")
    kind = ACT_KINDS.get(chosen)
    if kind is None:
        kind = optional_label(fields, "act_kind_other")
        if kind is None:
            problems["act_kind_other_vi"] = N_("Say what kind of act it is.")
    number, title = text_of(fields, "act_number"), text_of(fields, "act_title")
    if not number:
        problems["act_number"] = N_("Enter the act’s number, like 12/NQ-HĐND.")
    if not title:
        problems["act_title"] = N_("Enter what the act is about.")
    problems |= demand_both(fields, "act_issued_by")
    issued_on = day_of(fields.get("act_issued_on", ""))
    if issued_on is None and text_of(fields, "act_issued_on"):
        problems["act_issued_on"] = N_("Enter a day, like 31/12/2026.")
    sha256 = text_of(fields, "act_file")
    names = dict(act_choices(subject)["act_files"])
    if sha256 not in names:
        problems["act_file"] = N_("Upload the file of the act, or choose one that is kept.")
    act = {
        "id": before.get("id") or new_id(number or "act", ids_of(subject.document, "acts")),
        "kind": kind,
        "number": number,
        "title": {"vi": title, "en": text_of(fields, "act_title_en") or title},
        "article": _article(fields),
        "issued_by": {"vi": text_of(fields, "act_issued_by_vi"), "en": text_of(fields, "act_issued_by_en")},
        "issued_on": issued_on,
        "source": {"file": names.get(sha256, ""), "sha256": sha256},
    }
    set_or_drop(act, "unverified", optional_label(fields, "act_unverified"))
    return act, problems


def _article(fields: Mapping[str, str]) -> dict[str, str] | None:
    said = text_of(fields, "act_article_vi")
    if not said:
        return None
    return {"vi": said, "en": text_of(fields, "act_article_en") or article_in_english(said)}


def article_in_english(article: str) -> str:
    """`Điều 3, khoản 2` → `Article 3, clause 2`: its words are few."""
    for vietnamese, english in _ARTICLE:
        article = re.sub(rf"\b{vietnamese}\b", english, article, flags=re.IGNORECASE)
    return article
