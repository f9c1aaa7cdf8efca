"""What can be appended to a sealed file without its seal's noticing: a reader that follows the newest revision sees it.

`SEEN`: another reader shows something else afterwards. `SOUND`: it opens them still, and may show the same.
"""

from __future__ import annotations

import json
import re
import zlib

from tests.verification.attacks.anatomy import (
    Case,
    Maker,
    number_of,
    reference,
    stream,
    updated,
    updated_by_stream,
)
from verification.formats.pdf_values import Dict, Value, write_value

FORGED = b"1 0 0 rg 60 300 480 200 re f"
JAVASCRIPT = b"<</S/JavaScript/JS(app.alert\\(1\\))>>"
FORM = b"/Type/XObject/Subtype/Form/BBox[0 0 500 300]/Resources<<>>"


def _page_content(case: Case) -> bytes:
    return updated(case, {number_of(case.page[b"/Contents"]): stream(FORGED)})


def _more_content(case: Case) -> bytes:
    new = case.free_number
    page = case.page | {b"/Contents": [case.page[b"/Contents"], reference(new)]}
    return updated(case, {case.page_number: page, new: stream(FORGED)})


def _annotation(subtype: bytes, extra: bytes = b"") -> Maker:
    def make(case: Case) -> bytes:
        new = case.free_number
        note = b"<</Type/Annot/Subtype/%s/Rect[40 300 540 600]/F 4/Contents(x)/AP<</N %s>>%s>>" % (
            subtype, reference(new + 1), extra,
        )  # fmt: skip
        return updated(case, {case.page_number: _annotated(case, new), new: note, new + 1: stream(FORGED, FORM)})

    return make


def _annotated(case: Case, number: int) -> Dict:
    return case.page | {b"/Annots": [*case.pdf.list_of(case.page[b"/Annots"]), reference(number)]}


def _field(case: Case, kind: bytes, extra: bytes = b"") -> dict[int, Value | bytes]:
    new = case.free_number
    field = b"<</Type/Annot/Subtype/Widget/FT%s/T(more)/Rect[40 300 540 600]/F 4/P %s/AP<</N %s>>%s>>" % (
        kind, reference(case.page_number), reference(new + 1), extra,
    )  # fmt: skip
    form = dict(case.pdf.dict_of(case.catalog[b"/AcroForm"]))
    form[b"/Fields"] = [*case.pdf.list_of(form[b"/Fields"]), reference(new)]
    return {
        case.catalog_number: case.catalog | {b"/AcroForm": form},
        case.page_number: _annotated(case, new),
        new: field,
        new + 1: stream(FORGED, FORM),
    }


def _form(**entries: bytes) -> Maker:
    def make(case: Case) -> bytes:
        form = dict(case.pdf.dict_of(case.catalog[b"/AcroForm"]))
        form |= {b"/" + name.encode(): value for name, value in entries.items()}
        return updated(case, {case.catalog_number: case.catalog | {b"/AcroForm": form}})

    return make


def _catalog(**entries: bytes) -> Maker:
    added: Dict = {b"/" + name.encode(): value for name, value in entries.items()}
    return lambda case: updated(case, {case.catalog_number: case.catalog | added})


def _catalog_without(*names: bytes) -> Maker:
    def make(case: Case) -> bytes:
        kept = {name: value for name, value in case.catalog.items() if name not in names}
        return updated(case, {case.catalog_number: kept})

    return make


def _page(**entries: bytes) -> Maker:
    added: Dict = {b"/" + name.encode(): value for name, value in entries.items()}
    return lambda case: updated(case, {case.page_number: case.page | added})


def _pages(case: Case, kids: list[int], more: dict[int, Value | bytes]) -> bytes:
    tree = number_of(case.catalog[b"/Pages"])
    node = case.dict_at(tree) | {b"/Kids": [reference(kid) for kid in kids], b"/Count": b"%d" % len(kids)}
    return updated(case, {tree: node, **more})


def _new_page(case: Case) -> dict[int, Value | bytes]:
    new, tree = case.free_number, case.catalog[b"/Pages"]
    page: Dict = {b"/Type": b"/Page", b"/Parent": tree, b"/MediaBox": case.page[b"/MediaBox"], b"/Resources": {}}
    return {new: page | {b"/Contents": reference(new + 1)}, new + 1: stream(FORGED)}


def _page_added(case: Case) -> bytes:
    return _pages(case, [case.page_number, case.free_number], _new_page(case))


def _page_put_before(case: Case) -> bytes:
    return _pages(case, [case.free_number, case.page_number], _new_page(case))


def _page_removed(case: Case) -> bytes:
    return _pages(case, [case.free_number], _new_page(case))


def _page_twice(case: Case) -> bytes:
    return _pages(case, [case.page_number, case.page_number], {})


def _other_tree(case: Case) -> bytes:
    more = _new_page(case)
    tree = max(more) + 1
    more[case.free_number] = write_value(more[case.free_number]).replace(
        b"/Parent " + write_value(case.catalog[b"/Pages"]), b"/Parent " + reference(tree)
    )
    root = case.catalog | {b"/Pages": reference(tree)}
    kids = b"<</Type/Pages/Count 1/Kids[%s]>>" % reference(case.free_number)
    return updated(case, {case.catalog_number: root, **more, tree: kids})


def _attachment(case: Case) -> tuple[int, bytes]:
    names = case.pdf.dict_of(case.pdf.dict_of(case.catalog[b"/Names"])[b"/EmbeddedFiles"])
    specification = case.pdf.dict_of(case.pdf.list_of(names[b"/Names"])[1])
    file = case.pdf.dict_of(specification[b"/EF"])[b"/F"]
    return number_of(file), case.pdf.stream_of(file)


def _facts_changed(case: Case) -> bytes:
    number, content = _attachment(case)
    facts = json.loads(content)
    facts["full_name"] = "Lê Văn Khác"
    return updated(case, {number: stream(json.dumps(facts).encode(), b"/Type/EmbeddedFile")})


def _facts_of_the_other(case: Case) -> bytes:
    number, content = _attachment(case)
    other = Case(case.kind, case.level, case.other, case.data, case.home)
    _, facts = _attachment(other)
    assert facts != content
    return updated(case, {number: stream(facts, b"/Type/EmbeddedFile")})


def _page_of_the_other(case: Case) -> bytes:
    """Fonts and content of another genuine document, drawn on this one's page."""
    other = Case(case.kind, case.level, case.other, case.data, case.home)
    wanted, found = [number_of(other.page[b"/Contents"]), number_of(other.page[b"/Resources"])], {}
    while wanted:
        number = wanted.pop()
        if number not in found:
            found[number] = other.raw(number)
            head = found[number].split(b"stream")[0]
            wanted += [int(one) for one in re.findall(rb"(\d+) 0 R", head)]
    move = case.free_number
    objects: dict[int, Value | bytes] = {number + move: _moved(body, move) for number, body in found.items()}
    page = case.page | {name: reference(number_of(other.page[name]) + move) for name in (b"/Contents", b"/Resources")}
    return updated(case, {case.page_number: page, **objects})


def _moved(body: bytes, by: int) -> bytes:
    """The object with its references renumbered; those with a stream have none here."""
    return body if b"stream" in body else re.sub(rb"(\d+) 0 R", lambda m: reference(int(m[1]) + by), body)


def _metadata(case: Case) -> bytes:
    number = number_of(case.catalog[b"/Metadata"])
    content = case.pdf.stream_of(case.catalog[b"/Metadata"]).replace(b"Typst", b"Other")
    return updated(case, {number: stream(content, b"/Type/Metadata/Subtype/XML")})


def _information(case: Case) -> bytes:
    number = number_of(case.pdf.trailer[b"/Info"])
    return updated(case, {number: case.dict_at(number) | {b"/Title": b"(Other)"}})


def _fonts(case: Case) -> Dict:
    return dict(case.pdf.dict_of(case.pdf.dict_of(case.page[b"/Resources"])[b"/Font"]))


def _fonts_exchanged(case: Case) -> bytes:
    fonts = _fonts(case)
    names = list(fonts)
    turned = dict(zip(names, [fonts[name] for name in [*names[1:], names[0]]], strict=True))
    number = number_of(case.page[b"/Resources"])
    return updated(case, {number: case.dict_at(number) | {b"/Font": turned}})


def _font_program(case: Case) -> bytes:
    """The glyphs of one font drawn by another's program: letters are others, the text behind them stays."""
    programs = [n for n in case.pdf.offsets if b"/CIDFontType0C" in case.raw(n)[:200]]
    return updated(case, {programs[1]: case.raw(programs[0])})


def _unicode_map(case: Case) -> bytes:
    """What is drawn stays, what is read aloud, searched and copied is something else."""
    font = case.pdf.dict_of(_fonts(case)[b"/f1"])
    number = number_of(font[b"/ToUnicode"])
    content = case.pdf.stream_of(font[b"/ToUnicode"])
    changed = re.sub(rb"<(\w{4})> <00(\w\w)>", rb"<\1> <0058>", content)
    return updated(case, {number: stream(changed, b"/Type/CMap/WMode 0")})


def _font_widths(case: Case) -> bytes:
    number = number_of(case.pdf.list_of(case.pdf.dict_of(_fonts(case)[b"/f1"])[b"/DescendantFonts"])[0])
    return updated(case, {number: case.dict_at(number) | {b"/W": [], b"/DW": b"2000"}})


def _hidden_layer(case: Case) -> bytes:
    """All that was sealed is put into a layer that is switched off, and something else is drawn."""
    new = case.free_number
    resources = case.pdf.dict_of(case.page[b"/Resources"]) | {b"/Properties": {b"/L": reference(new)}}
    page = case.page | {
        b"/Resources": resources,
        b"/Contents": [reference(new + 1), case.page[b"/Contents"], reference(new + 2)],
    }
    layers = b"<</OCGs[%s]/D<</OFF[%s]/BaseState/ON>>>>" % (reference(new), reference(new))
    return updated(
        case,
        {
            case.catalog_number: case.catalog | {b"/OCProperties": layers},
            case.page_number: page,
            new: b"<</Type/OCG/Name(L)>>",
            new + 1: stream(b"/OC /L BDC"),
            new + 2: stream(b"EMC " + FORGED),
        },
    )


def _seal_entry(old: bytes, new: bytes) -> Maker:
    def make(case: Case) -> bytes:
        body = case.raw(case.seal_number)
        assert old in body
        return updated(case, {case.seal_number: body.replace(old, new)})

    return make


def _seal_without(pattern: bytes, put: bytes = b"") -> Maker:
    """Universal signature forgery: a seal that lacks what would have to be verified."""

    def make(case: Case) -> bytes:
        body, count = re.subn(pattern, put, case.raw(case.seal_number))
        assert count == 1
        return updated(case, {case.seal_number: body, number_of(case.page[b"/Contents"]): stream(FORGED)})

    return make


def _seal_looks(case: Case) -> bytes:
    new = case.free_number
    widget = case.dict_at(case.widget_number) | {b"/AP": {b"/N": reference(new)}}
    return updated(case, {case.widget_number: widget, new: stream(FORGED, FORM)})


def _seal_gone(case: Case) -> bytes:
    kept = {name: value for name, value in case.catalog.items() if name not in (b"/AcroForm", b"/Perms")}
    page = case.page | {b"/Annots": []}
    changed = stream(FORGED)
    return updated(case, {case.catalog_number: kept, case.page_number: page, number_of(page[b"/Contents"]): changed})


def _seal_moved(case: Case) -> bytes:
    """The same seal, named by a new field; the old one is gone."""
    new = case.free_number
    form: Dict = {b"/Fields": [reference(new)], b"/SigFlags": b"3"}
    field = case.dict_at(case.widget_number) | {b"/Rect": [b"0", b"0", b"500", b"500"]}
    objects: dict[int, Value | bytes] = {case.catalog_number: case.catalog | {b"/AcroForm": form}, new: field}
    return updated(case, objects | {number_of(case.page[b"/Contents"]): stream(FORGED)})


def _nothing(case: Case) -> bytes:
    return updated(case, {})


def _free_entry(case: Case) -> bytes:
    """The seal's widget is declared free: it is in the file and nowhere to be seen."""
    return updated(case, {}, entries=b"%d 1\n0000000000 00001 f \n" % case.widget_number)


def _generation(case: Case) -> bytes:
    """The page's content under the next generation number."""
    number = number_of(case.page[b"/Contents"])
    body = b"%d 1 obj\n%s\nendobj\n" % (number, stream(FORGED))
    page = case.page | {b"/Contents": b"%d 1 R" % number}
    offset = len(case.data) + len(b"%d 0 obj\n%s\nendobj\n" % (case.page_number, write_value(page)))
    line = b"%d 1\n%010d 00001 n \n" % (number, offset)
    return updated(case, {case.page_number: page}, gap=body, entries=line)


def _twice_in_one_update(case: Case) -> bytes:
    number = number_of(case.page[b"/Contents"])
    harmless = b"%d 0 obj\n%s\nendobj\n" % (number, case.raw(number))
    return updated(case, {number: stream(FORGED)}, gap=harmless)


def _in_no_table(case: Case) -> bytes:
    """Objects that only a reader finds which repairs the file."""
    number = number_of(case.page[b"/Contents"])
    return updated(case, {}, gap=b"%d 0 obj\n%s\nendobj\n" % (number, stream(FORGED)))


def _table_moves(case: Case) -> bytes:
    """No new object in the update: its table sends the reader to a body that a comment has hidden."""
    number = number_of(case.page[b"/Contents"])
    hidden = b"%d 0 obj\n%s\nendobj\n" % (number, stream(FORGED))
    line = b"%d 1\n%010d 00000 n \n" % (number, len(case.data))
    return updated(case, {}, gap=hidden, entries=line)


def _wrong_prev(where: bytes) -> Maker:
    return lambda case: updated(case, {number_of(case.page[b"/Contents"]): stream(FORGED)}, trailer={b"/Prev": where})


def _skipping_prev(case: Case) -> bytes:
    """The first revision is continued as if the seal had never been."""
    first = case.pdf.revision_starts[-1]
    old = case.dict_at(case.catalog_number)
    kept = {name: value for name, value in old.items() if name not in (b"/AcroForm", b"/Perms")}
    objects: dict[int, Value | bytes] = {
        case.catalog_number: kept,
        number_of(case.page[b"/Contents"]): stream(FORGED),
    }
    return updated(case, objects, trailer={b"/Prev": b"%d" % first})


def _old_end(case: Case) -> bytes:
    """The update ends by pointing back to the genuine cross-references."""
    forged = updated(case, {number_of(case.page[b"/Contents"]): stream(FORGED)})
    return forged[: forged.rindex(b"startxref")] + b"startxref\n%d\n%%%%EOF\n" % case.pdf.startxref


def _hybrid(case: Case) -> bytes:
    """A table for old readers, and a stream that newer ones prefer (ISO 32000-1 section 7.5.8.4)."""
    number = number_of(case.page[b"/Contents"])
    by_stream = updated_by_stream(case, {number: stream(FORGED)}, packed={})
    where = int(by_stream[by_stream.rindex(b"startxref\n") + 10 :].split(b"\n")[0])
    start = len(by_stream)
    root, info = case.pdf.trailer[b"/Root"], case.pdf.trailer[b"/Info"]
    assert isinstance(root, bytes)
    assert isinstance(info, bytes)
    trailer = b"<</Size %d/Root %s/Info %s/Prev %d/XRefStm %d>>" % (
        case.free_number + 3, root, info, case.pdf.startxref, where,
    )  # fmt: skip
    return by_stream + b"xref\n0 0\ntrailer\n%s\nstartxref\n%d\n%%%%EOF\n" % (trailer, start)


def _by_stream(case: Case) -> bytes:
    return updated_by_stream(case, {number_of(case.page[b"/Contents"]): stream(FORGED, deflated=True)}, packed={})


def _object_stream(case: Case) -> bytes:
    """The page itself redefined inside an object stream."""
    new = case.free_number
    page = case.page | {b"/Contents": reference(new)}
    return updated_by_stream(case, {new: stream(FORGED)}, packed={case.page_number: write_value(page)})


def _two_updates(case: Case) -> bytes:
    """Changed, and changed back: the newest revision shows what was sealed."""
    number = number_of(case.page[b"/Contents"])
    first = updated(case, {number: stream(FORGED)})
    between = Case(case.kind, case.level, first, case.other, case.home)
    return updated(between, {number: case.raw(number)})


def _validation_data_alone(case: Case) -> bytes:
    new = case.free_number
    root = {name: value for name, value in case.catalog.items() if name != b"/DSS"}
    return updated(case, {case.catalog_number: root | {b"/DSS": reference(new)}, new: b"<</Type/DSS>>"})


def _validation_data_with_script(case: Case) -> bytes:
    new = case.free_number
    root = {name: value for name, value in case.catalog.items() if name != b"/DSS"}
    store = b"<</Type/DSS/Certs[%s]>>" % reference(new + 1)
    script = stream(zlib.compress(FORGED), b"/JS(x)")
    return updated(case, {case.catalog_number: root | {b"/DSS": reference(new)}, new: store, new + 1: script})


SEEN: dict[str, Maker] = {
    "page content replaced": _page_content,
    "page content added": _more_content,
    "page content of another genuine document": _page_of_the_other,
    "overlay: stamp": _annotation(b"Stamp"),
    "overlay: free text": _annotation(b"FreeText", b"/DA(/Helv 10 Tf)"),
    "overlay: square": _annotation(b"Square"),
    "overlay: link over the page": _annotation(b"Link", b"/A<</S/URI/URI(https://evil.invalid/)>>"),
    "field of text": lambda case: updated(case, _field(case, b"/Tx", b"/V(x)")),
    "button": lambda case: updated(case, _field(case, b"/Btn/Ff 65536")),
    "empty signature field": lambda case: updated(case, _field(case, b"/Sig")),
    "page added": _page_added,
    "page put before": _page_put_before,
    "page replaced": _page_removed,
    "page shown twice": _page_twice,
    "another page tree": _other_tree,
    "page turned": _page(Rotate=b"180"),
    "page cut": _page(CropBox=b"[0 0 595 400]"),
    "page of another size": _page(MediaBox=b"[0 0 300 300]"),
    "resources taken away": _page(Resources=b"<<>>"),
    "facts changed": _facts_changed,
    "facts of another genuine document": _facts_of_the_other,
    "attachment taken away": _catalog_without(b"/Names", b"/AF"),
    "title changed": _information,
    "fonts exchanged": _fonts_exchanged,
    "font program replaced": _font_program,
    "letters mean others": _unicode_map,
    "font widths": _font_widths,
    "layer that hides all": _hidden_layer,
    "script when opened": _catalog(OpenAction=JAVASCRIPT, Names=b"<</JavaScript<</Names[(a)%s]>>>>" % JAVASCRIPT),
    "seal drawn anew": _seal_looks,
    "seal taken away, content replaced": _seal_gone,
    "seal moved to another field, content replaced": _seal_moved,
    "seal without contents": _seal_without(rb"/Contents <\w+>"),
    "seal with no contents": _seal_without(rb"/Contents <\w+>", b"/Contents null"),
    "seal with empty contents": _seal_without(rb"/Contents <\w+>", b"/Contents <>"),
    "seal with a zero for contents": _seal_without(rb"/Contents <\w+>", b"/Contents <00>"),
    "seal without byte range": _seal_without(rb"/ByteRange \[[\d ]+\]"),
    "seal with no byte range": _seal_without(rb"/ByteRange \[[\d ]+\]", b"/ByteRange null"),
    "seal with an empty byte range": _seal_without(rb"/ByteRange \[[\d ]+\]", b"/ByteRange []"),
    "seal with a negative byte range": _seal_without(rb"/ByteRange \[0", b"/ByteRange [-0"),
    "table sends to other bytes": _table_moves,
    "cross-references skip the seal": _skipping_prev,
    "by a cross-reference stream": _by_stream,
    "hybrid cross-references": _hybrid,
    "page in an object stream": _object_stream,
    "next generation of the content": _generation,
    "twice in one update": _twice_in_one_update,
}
SOUND: dict[str, Maker] = {
    "metadata changed": _metadata,
    "form drawn anew by the reader": _form(NeedAppearances=b"true"),
    "XFA form": _form(XFA=b"(<xdp/>)"),
    "action when closed": _catalog(AA=b"<</WC %s>>" % JAVASCRIPT),
    "script of the page": _page(AA=b"<</O %s>>" % JAVASCRIPT),
    "other language": _catalog(Lang=b"(en-US)"),
    "no tags": _catalog_without(b"/StructTreeRoot", b"/MarkInfo"),
    "no archive profile": _catalog_without(b"/OutputIntents"),
    "certification taken away": _catalog_without(b"/Perms"),
    "seal's permissions elsewhere": _catalog(Perms=b"<</UR3 1 0 R>>"),
    "filling of forms allowed": _seal_entry(b"/P 1/V", b"/P 2/V"),
    "comments allowed": _seal_entry(b"/P 1/V", b"/P 3/V"),
    "another signer's name": _seal_entry(b"/Name <feff", b"/Name <feff0041"),
    "another time": _seal_entry(b"/M (D:2024", b"/M (D:2023"),
    "another filter": _seal_entry(b"/Adobe.PPKLite", b"/Entrust.PPKEF"),
    "legacy signature format": _seal_entry(b"/ETSI.CAdES.detached", b"/adbe.pkcs7.detached"),
    "objects in no table": _in_no_table,
    "an update of nothing": _nothing,
    "seal's field declared free": _free_entry,
    "changed and changed back": _two_updates,
    "validation data without a timestamp": _validation_data_alone,
    "validation data with a script": _validation_data_with_script,
    "end points to the genuine table": _old_end,
    "wrong predecessor": _wrong_prev(b"9"),
    "no such predecessor": _wrong_prev(b"99999999"),
}
