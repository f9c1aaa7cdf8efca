"""A verdict on a terminal: one word and colour, what to do, the three findings apart, and how old the data is."""

from __future__ import annotations

from datetime import datetime

from rich.console import Console
from rich.markup import escape

from api.languages import Language
from api.present.verdict import FindingView, Method, moment_in_words, verdict_view
from api.present.verdict_words import FINDINGS
from condau.held_bundle import Obtained
from issuance.documents.catalogue import load_catalogue, shipped_types_folder
from issuance.fees.wording import Label
from verification.bundle import Bundle
from verification.verdict import Verdict, VerdictState

# A colour never stands alone: the word is printed with it.
_COLOURS = {
    VerdictState.VALID: "green",
    VerdictState.REVOKED: "red",
    VerdictState.SUSPENDED: "yellow",
    VerdictState.EXPIRED: "yellow",
    VerdictState.NOT_GENUINE: "red",
    VerdictState.UNKNOWN_ISSUER: "yellow",
    VerdictState.UNREADABLE: "yellow",
    VerdictState.STATUS_UNKNOWN: "yellow",
}
_MARKS = {"passed": "✓", "failed": "✗", "unknown": "?"}

_CHECKS = {
    "seal": Label("Con dấu", "Seal"),
    "status": Label("Hiệu lực", "Status"),
    "issuer": Label("Nơi cấp", "Issuer"),
}
_FACTS = {
    "full_name": Label("Họ và tên", "Full name"),
    "birth_date_text": Label("Ngày sinh", "Born"),
    "document_type_name": Label("Loại giấy tờ", "Document"),
    "number_text": Label("Số", "Number"),
    "result_line": Label("Kết quả", "Result"),
    "issued_on_text": Label("Ngày cấp", "Issued"),
    "expires_on": Label("Có giá trị đến hết", "In force to the end of"),
    "withheld_text": Label("Lưu ý", "Note"),
}
_AS_OF = Label("theo dữ liệu lúc", "as of")
_FIRST_DOWNLOAD = Label(
    "LẦN TẢI ĐẦU TIÊN: danh sách tin cậy được chấp nhận như khi tải về; chưa có gì chứng minh nguồn gốc.\n"
    "Hãy so mã sau với mã mà cơ quan công bố qua kênh khác, rồi chạy lại với --anchor để ghim:",
    "FIRST DOWNLOAD: the trust list was taken as it came; nothing has proven where it came from.\n"
    "Compare this digest with the one that the organisation gives you by another way, then pin it with --anchor:",
)
_UNPINNED = Label(
    "CHƯA GHIM: chưa có gì chứng minh danh sách tin cậy này là của cơ quan. Hãy so mã {digest} với mã mà cơ quan công "
    "bố qua kênh khác, rồi chạy lại với --anchor.",
    "NOT PINNED: nothing has proven that this trust list is the organisation’s. Compare {digest} with the digest that "
    "it gives you by another way, then run this with --anchor.",
)
# What helps only where a list is held; the service itself always has the newest.
_OFFLINE = {
    VerdictState.UNKNOWN_ISSUER: Label(
        "Hoặc cập nhật danh sách khi có mạng, vì nơi cấp có thể đã đổi khóa: condau verify --update {address}",
        "Or bring the list up to date where there is a network, for the issuer may sign with another key by now: "
        "condau verify --update {address}",
    ),
}
_REASON = Label("Lý do", "Reason")
_TRUST_LIST = Label("Danh sách tin cậy", "Trust list")
_STATUS_LISTS = Label("Danh sách trạng thái", "Status lists")
_UNTIL = Label("dùng được đến", "good until")
_OVER = Label("ĐÃ QUÁ HẠN", "OUT OF DATE")
_NONE = Label("chưa có", "none")
_NOT_TAKEN = Label("danh sách không được nhận", "lists not taken")

_REFUSALS = {
    "bundle_missing": Label(
        "Máy này chưa có dữ liệu kiểm tra. Khi có mạng, hãy chạy: condau verify --update https://<máy chủ>",
        "This machine has nothing to check with yet. Where there is a network, run: "
        "condau verify --update https://<host>",
    ),
    "bundle_of_another_anchor": Label(
        "Dữ liệu trên máy này được ghim bằng mã khác với --anchor. Nếu cơ quan đã công bố mã này thay cho mã cũ, "
        "hãy chạy cùng --update; nếu vẫn không được, hãy xóa tệp dữ liệu (thường là "
        "~/.local/share/condau/bundle.json) rồi tải lại bằng --update và --anchor.",
        "The bundle on this machine was pinned with another digest than --anchor says. If the organisation has "
        "published this one in its place, run it with --update; if that is refused, remove the file of the bundle "
        "(usually ~/.local/share/condau/bundle.json) and begin anew with --update and --anchor.",
    ),
    "bundle_not_of_anchor": Label(
        "Danh sách trên máy này không phải của khóa đã nêu ở --anchor: đừng dùng. Hãy xóa tệp dữ liệu (thường là "
        "~/.local/share/condau/bundle.json) rồi tải lại bằng --update và --anchor này.",
        "The list held is not of the key that --anchor names: do not use it. Remove the file of the bundle (usually "
        "~/.local/share/condau/bundle.json) and download again with --update and this --anchor.",
    ),
    "trust_list_not_of_anchor": Label(
        "Danh sách tải về không do khóa đã nêu ở --anchor ký. Không có gì được thay đổi. Cơ quan có thể đã đổi khóa: "
        "hãy hỏi cơ quan mã hiện nay.",
        "The list fetched is not signed by the key that --anchor names. Nothing was changed. The organisation may sign "
        "with another key by now: ask the organisation for the digest of today.",
    ),
    "trust_list_rolled_back": Label(
        "Danh sách tải về cũ hơn danh sách đang có nên không được nhận. Hãy thử lại sau.",
        "The list fetched is older than the one held, so it was not taken. Try again later.",
    ),
    "trust_list_from_the_future": Label(
        "Danh sách tải về có ngày sau đồng hồ của máy này. Hãy xem lại ngày giờ của máy.",
        "The list fetched is dated after this machine's clock. Look at the machine's date and time.",
    ),
    "trust_list_expired": Label(
        "Danh sách tải về đã hết hạn. Hãy xem lại ngày giờ của máy, rồi thử lại.",
        "The list fetched is out of date. Look at the machine's date and time, then try again.",
    ),
    "trust_list_signer_unknown": Label(
        "Danh sách tải về do một khóa không có trong danh sách đang có ký. Hãy hỏi cơ quan mã hiện nay; nếu họ xác "
        "nhận đã đổi khóa, hãy xóa tệp dữ liệu (thường là ~/.local/share/condau/bundle.json) rồi tải lại bằng --update "
        "và --anchor với mã đó.",
        "The list fetched is signed by a key that the list held does not know. Ask the organisation for the digest of "
        "today; if it says that it has changed its key, remove the file of the bundle (usually "
        "~/.local/share/condau/bundle.json) and begin anew with --update and --anchor.",
    ),
    "download_malformed": Label(
        "Tệp hay địa chỉ nêu ở --update không phải dữ liệu kiểm tra: cần đúng nội dung của "
        "https://<máy chủ>/.well-known/condau-bundle. Dữ liệu trên máy này không thay đổi.",
        "What --update names is no download of a bundle: it has to be the body of "
        "https://<host>/.well-known/condau-bundle. The bundle on this machine stays as it was.",
    ),
    "file_too_large": Label("Tệp lớn hơn 5 MB.", "The file is larger than 5 MB."),
    "anchor_malformed": Label("--anchor phải là 64 chữ số thập lục phân.", "--anchor must be 64 hexadecimal digits."),
}
_BUNDLE_BROKEN = Label(
    "Dữ liệu kiểm tra trên máy này bị hỏng hoặc không phải của chương trình này ({code}). Hãy xóa tệp đó (thường là "
    "~/.local/share/condau/bundle.json) rồi tải lại bằng --update.",
    "The bundle on this machine is damaged, or no bundle ({code}). Remove it (usually "
    "~/.local/share/condau/bundle.json) and fetch it anew with --update.",
)
_REFUSED = Label("Không nhận được dữ liệu: {code}", "The data was refused: {code}")


def show_verdict(verdict: Verdict, method: Method, language: Language, console: Console, *, updates_at: str) -> None:
    """updates_at: the address of the service whose list is held."""
    view = verdict_view(verdict, method, load_catalogue(shipped_types_folder()), language)
    colour = _COLOURS[verdict.state]
    console.print(f"\n[bold {colour}]{verdict.state.name} · {escape(view['title'])}[/]", highlight=False)
    console.print(f"{escape(view['instruction'])}", highlight=False)
    if verdict.state in _OFFLINE:
        cure = _OFFLINE[verdict.state].in_language(language).format(address=_printable(updates_at))
        console.print(escape(cure), highlight=False, soft_wrap=True)
    console.print()
    if view["facts"] is not None:
        for name, label in _FACTS.items():
            said = view["facts"].get(name)
            if said:
                _line(label, str(said), language, console, bold=name in {"full_name", "birth_date_text"})
        console.print()
    if view["note"] is not None:
        console.print(f"{escape(view['note'])}\n", highlight=False)
    if verdict.state is VerdictState.UNREADABLE:
        words = FINDINGS.get(verdict.reason)
        reason = verdict.reason if words is None else f"{words.in_language(language)} ({verdict.reason})"
        _line(_REASON, reason, language, console)
    findings: dict[str, FindingView] = {"seal": view["seal"], "status": view["status"], "issuer": view["issuer"]}
    for name, finding in findings.items():
        text = f"{_MARKS[finding['outcome']]} {finding['text']} ({finding['code']})"
        if finding["as_of"] is not None:
            text += f", {_AS_OF.in_language(language)} {_moment(datetime.fromisoformat(finding['as_of']), language)}"
        if name == "issuer" and view["issuer_name"]:
            text += f": {view['issuer_name']}"
        _line(_CHECKS[name], text, language, console)


def show_bundle(held: Obtained, at: datetime, language: Language, console: Console) -> None:
    """How old everything is that the verdict rests on."""
    trust = held.bundle.trust
    until = "" if trust.fresh_until is None else _period(trust.as_of, trust.fresh_until, at, language)
    _line(_TRUST_LIST, f"{trust.issuer}, № {trust.sequence}, {until}", language, console)
    snapshots = [one.snapshot for one in held.bundle.status_lists.values()]
    if snapshots:
        oldest = min(snapshots, key=lambda one: one.fresh_until)
        said = f"{len(snapshots)}, {_period(oldest.issued_at, oldest.fresh_until, at, language)}"
    else:
        said = _NONE.in_language(language)
    _line(_STATUS_LISTS, said, language, console)
    note = unpinned_note(held.bundle, language)
    if note is not None:
        console.print(f"[yellow]{escape(note)}[/]", highlight=False, soft_wrap=True)
    if held.refused:
        _line(_NOT_TAKEN, ", ".join(held.refused), language, console)


def unpinned_note(bundle: Bundle, language: Language) -> str | None:
    """What everybody has to be told who relies on a list that was taken as it came; None for a pinned one."""
    if bundle.pinned is not None:
        return None
    return _UNPINNED.in_language(language).format(digest=bundle.signed_by.hex())


def show_first_download(bundle: Bundle, language: Language, console: Console) -> None:
    console.print(f"[yellow]{escape(_FIRST_DOWNLOAD.in_language(language))}[/]", highlight=False, soft_wrap=True)
    console.print(f"  {bundle.signed_by.hex()}", highlight=False, soft_wrap=True)


def show_refusal(error: Exception, language: Language, console: Console) -> None:
    """Why no verdict could be reached."""
    code = getattr(error, "code", None)
    if isinstance(error, OSError):
        said = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)
    elif code is None:
        said = str(error)
    elif code in _REFUSALS:
        said = _REFUSALS[code].in_language(language)
    else:
        broken = code.startswith("bundle_")
        said = (_BUNDLE_BROKEN if broken else _REFUSED).in_language(language).format(code=code)
    console.print(f"[red]condau verify:[/] {escape(said)}", highlight=False, soft_wrap=True)


def _line(label: Label, text: str, language: Language, console: Console, *, bold: bool = False) -> None:
    shown = escape(_printable(text))
    said = f"[bold]{shown}[/]" if bold else shown
    console.print(f"{label.in_language(language) + ':':<24}{said}", highlight=False, soft_wrap=True)


def _printable(text: str) -> str:
    # An issuer whose list was taken as it came may have sealed commands to the terminal into a name.
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _period(since: datetime, until: datetime, at: datetime, language: Language) -> str:
    over = f" — {_OVER.in_language(language)}" if at >= until else ""
    return (
        f"{_AS_OF.in_language(language)} {_moment(since, language)}, "
        f"{_UNTIL.in_language(language)} {_moment(until, language)}{over}"
    )


def _moment(moment: datetime, language: Language) -> str:
    return moment_in_words(moment, language)
