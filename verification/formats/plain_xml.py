"""XML in its own canonical form (Exclusive XML Canonicalization 1.0): elements of one namespace, and texts.

No attributes, comments, references or declarations, and no blanks between elements. What is in that form is read
without an XML parser, for whatever is not written anew as the very same bytes is refused.
"""

import re
from collections.abc import Iterator

from verification.verdict import VerificationError

Element = tuple[str, "str | tuple[Element, ...]"]
"""A name, and text or elements."""

MAX_DEPTH = 6

_TOKEN = re.compile(r"<(/?)([A-Za-z]{1,30})>|([^<>]+)")
_ENTITY = re.compile(r"&(amp|lt|gt|#xD);")
_MEANT = {"amp": "&", "lt": "<", "gt": ">", "#xD": "\r"}
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class XmlMalformed(VerificationError):
    """Not in the one form that is read here."""

    code = "seal_not_over_this_file"


def start_of(name: str, namespace: str) -> bytes:
    """The first bytes of whatever has this root."""
    return f'<{name} xmlns="{namespace}">'.encode("ascii")


def write_elements(root: Element, namespace: str) -> bytes:
    """Raises ValueError for characters that XML cannot carry."""
    text = "".join(_pieces(root))
    if _NOT_IN_XML.search(text):
        raise ValueError("text with characters that XML does not know")
    name, _ = root
    return start_of(name, namespace) + text[len(name) + 2 :].encode()


def read_elements(data: bytes, name: str, namespace: str) -> Element:
    """The root, whose name and namespace are these. Raises XmlMalformed."""
    start = start_of(name, namespace)
    if not data.startswith(start):
        raise XmlMalformed
    try:
        text = f"<{name}>" + data[len(start) :].decode("utf-8")
    except UnicodeDecodeError:
        raise XmlMalformed from None
    root = _read(text)
    try:
        same = write_elements(root, namespace) == data
    except ValueError:
        same = False
    if not same:
        raise XmlMalformed
    return root


def _pieces(element: Element) -> Iterator[str]:
    name, inner = element
    yield f"<{name}>"
    if isinstance(inner, str):
        yield inner.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#xD;")
    else:
        for one in inner:
            yield from _pieces(one)
    yield f"</{name}>"


def _read(text: str) -> Element:
    names: list[str] = []
    filled: list[list[Element | str]] = [[]]
    for token in _TOKEN.finditer(text):
        closing, name, said = token.groups()
        if said is not None:
            filled[-1].append(_ENTITY.sub(lambda found: _MEANT[found[1]], said))
        elif not closing:
            names.append(name)
            filled.append([])
            if len(names) > MAX_DEPTH:
                raise XmlMalformed
        elif not names or names.pop() != name:
            raise XmlMalformed
        else:
            inner = _inner(filled.pop())
            filled[-1].append((name, inner))
    if names or len(filled[0]) != 1 or isinstance(filled[0][0], str):
        raise XmlMalformed
    return filled[0][0]


def _inner(found: list[Element | str]) -> str | tuple[Element, ...]:
    """An element has text or elements, never both."""
    texts = [one for one in found if isinstance(one, str)]
    elements = tuple(one for one in found if not isinstance(one, str))
    if texts and (elements or len(texts) > 1):
        raise XmlMalformed
    return elements or "".join(texts)
