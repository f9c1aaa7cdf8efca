"""Reasons that officials choose from. The citizen reads the Vietnamese words, in whatever language they were chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from issuance.fees.wording import Label

from ...languages import Language

REASONS: Mapping[str, Mapping[str, Label]] = MappingProxyType(
    {
        "refuse": {
            "not_entitled": Label(
                "Người yêu cầu không thuộc đối tượng được cấp giấy tờ này theo quy định.",
                "The applicant is not among those to whom this document is issued.",
            ),
            "facts_differ": Label(
                "Thông tin đã khai không khớp với dữ liệu của cơ quan nhà nước.",
                "What was stated does not agree with the state’s records.",
            ),
            "papers_invalid": Label(
                "Giấy tờ kèm theo không hợp lệ hoặc đã hết giá trị sử dụng.",
                "The papers enclosed are not valid, or no longer.",
            ),
            "twice": Label(
                "Yêu cầu trùng với một hồ sơ khác đang được giải quyết.",
                "The same was asked for in another application that is under way.",
            ),
            "not_competent": Label(
                "Việc giải quyết yêu cầu không thuộc thẩm quyền của cơ quan.",
                "The matter is not for this agency to decide.",
            ),
        },
        "stop": {
            "papers_never_came": Label(
                "Công dân không bổ sung giấy tờ trong thời hạn đã thông báo.",
                "The papers asked for have not come in time.",
            ),
            "no_longer_wanted": Label(
                "Công dân cho biết không còn nhu cầu giải quyết hồ sơ.",
                "The citizen has said that it is no longer wanted.",
            ),
            "other_proceedings": Label(
                "Phải chờ kết quả giải quyết của cơ quan khác theo quy định.",
                "What another agency decides has to be awaited.",
            ),
        },
        "return": {
            "check_register": Label(
                "Cần kiểm tra lại kết quả tra cứu cơ sở dữ liệu.", "The registers’ answers have to be checked again."
            ),
            "check_papers": Label("Cần xem xét lại giấy tờ kèm theo.", "The papers have to be looked at again."),
            "say_more": Label("Cần nêu rõ hơn căn cứ đề xuất.", "What the proposal rests on has to be said."),
        },
        "papers": {
            "identity": Label(
                "Bản chụp rõ nét hai mặt thẻ căn cước còn hiệu lực.",
                "A clear picture of both sides of the identity card.",
            ),
            "residence": Label("Giấy tờ chứng minh nơi cư trú hiện nay.", "A paper that shows the present residence."),
            "abroad": Label(
                "Giấy tờ về thời gian cư trú ở nước ngoài, kèm bản dịch tiếng Việt.",
                "Papers on the time abroad, with a translation into Vietnamese.",
            ),
            "other_name": Label("Giấy tờ về việc thay đổi họ, tên hoặc chữ đệm.", "A paper on the change of a name."),
            "category": Label(
                "Giấy tờ chứng minh thuộc đối tượng được miễn, giảm phí.",
                "A paper that shows why less is to be paid.",
            ),
        },
        "paper": {
            "unreadable": Label("Ảnh chụp mờ, không đọc được nội dung.", "The picture cannot be read."),
            "expired": Label("Giấy tờ đã hết giá trị sử dụng.", "The paper is no longer valid."),
            "of_another": Label("Giấy tờ không phải của người yêu cầu.", "The paper is somebody else’s."),
            "proves_nothing": Label(
                "Giấy tờ không chứng minh được nội dung cần xác nhận.",
                "The paper does not prove what it was brought for.",
            ),
        },
        "apology": {
            "workload": Label(
                "Số lượng hồ sơ tăng cao hơn khả năng giải quyết của đơn vị.",
                "More applications came than the unit could settle.",
            ),
            "other_agency": Label("Cơ quan phối hợp chưa trả lời kịp thời.", "Another agency did not answer in time."),
            "system": Label("Hệ thống thông tin gặp sự cố.", "A system of ours has failed."),
            "our_mistake": Label("Sai sót trong quá trình xử lý của đơn vị.", "The unit has made a mistake."),
        },
    }
)


def options_of(kind: str, language: Language) -> Sequence[tuple[str, str]]:
    """For a list to choose from."""
    return [(name, text.in_language(language)) for name, text in REASONS[kind].items()]


def words_chosen(kind: str, chosen: str, own: str) -> str:
    """What the citizen reads: the words chosen, then the official's own. Empty where there are neither."""
    known = REASONS[kind].get(chosen)
    return " ".join(part for part in ("" if known is None else known.vi, own.strip()) if part)
