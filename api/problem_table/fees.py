"""Fee policies and how they are changed, and the papers that prove who pays less."""

from __future__ import annotations

import issuance.errors as issuance
import issuance.fees.errors as fees
from issuance.fee_policies.install import ShippedPolicyChanged
from issuance.fees.rehearsal.shares import PopulationRefused

from .entry import our_fault, problem

_READ_AGAIN = (
    "Hãy đọc lại bản dự thảo để lấy ETag mới, xem thay đổi rồi gửi lại.",
    "Read the draft again for its new ETag, look at what has changed, then send yours again.",
)

EVIDENCE = (
    problem(
        issuance.AlreadyClosed,
        409,
        ("Hồ sơ đã kết thúc", "The application has ended"),
        ("Hồ sơ này không nhận thêm giấy tờ.", "Nothing more can be brought to it."),
    ),
    problem(issuance.EvidenceNotFound, 404, ("Hồ sơ không có giấy tờ này", "The application has no such paper")),
    problem(
        issuance.EvidenceRefused,
        422,
        ("Không nhận được tệp này", "This file cannot be taken as a paper"),
        (
            "Mỗi giấy tờ là một tệp PDF, PNG hoặc JPEG, tối đa 5 MB; mỗi hồ sơ tối đa 10 giấy tờ.",
            "Each paper is one PDF, PNG or JPEG file of at most 5 MB; an application takes at most 10 papers.",
        ),
    ),
    problem(
        issuance.EvidenceRemoved,
        410,
        ("Tệp của giấy tờ này đã được xóa", "The file of this paper has been deleted"),
        (
            "Tệp chỉ được giữ đến hết thời hạn lưu sau khi hồ sơ kết thúc; kết quả xem xét vẫn còn.",
            "Files are kept for a limited time after an application has ended; what was decided stays.",
        ),
    ),
    problem(
        issuance.EvidenceDecided,
        409,
        ("Giấy tờ này đã được chấp nhận hoặc từ chối", "The paper is accepted or rejected already"),
    ),
)

FEE_POLICIES = (
    problem(issuance.DraftNotFound, 404, ("Không có bản dự thảo này", "No such draft")),
    problem(
        issuance.FeePolicyNotFound,
        404,
        ("Không có chính sách phí này", "No such fee policy"),
        ("Xem danh sách tại /v1/fee-policies.", "See the list at /v1/fee-policies."),
    ),
    problem(issuance.RehearsalNotFound, 404, ("Không có lần chạy thử này", "No such rehearsal")),
    problem(
        issuance.ActNotFound,
        404,
        ("Không có tệp của văn bản này", "No file of this act is here"),
        (
            "Chưa lưu, hoặc đã mất hay hỏng trên máy chủ: gửi tệp lên tại /v1/fee-policies/acts.",
            "It was never stored, or is lost or damaged on the server: upload it at /v1/fee-policies/acts.",
        ),
    ),
    problem(
        issuance.ActRefused,
        422,
        ("Không lưu được tệp này làm văn bản căn cứ", "This file cannot be kept as a legal act"),
        (
            "Gửi một tệp PDF, hoặc tệp văn bản (.txt, .md) mã hóa UTF-8; không rỗng và không quá cỡ cho phép. Tên tệp "
            "gồm tối đa 100 chữ cái không dấu, chữ số, dấu chấm, gạch nối, gạch dưới; không có khoảng trắng.",
            "Send one PDF file, or a text file (.txt, .md) in UTF-8; not empty and not too large. Its name has at most "
            "100 letters without diacritics, digits, dots, hyphens and underscores, and no blank.",
        ),
    ),
    problem(
        issuance.DraftChanged,
        412,
        ("Bản dự thảo đã thay đổi sau khi bạn đọc", "The draft has changed since you read it"),
        _READ_AGAIN,
    ),
    problem(
        issuance.DraftNotReady,
        409,
        ("Bản dự thảo chưa ở bước cho phép việc này", "The draft is not at the step for this"),
        (
            "“state” là bước hiện tại; thứ tự là: kiểm tra, chạy thử, phê duyệt, ấn định ngày hiệu lực.",
            "“state” is where it stands; the order is: check, rehearse, approve, schedule.",
        ),
    ),
    problem(
        issuance.DraftHasProblems,
        409,
        ("Bản dự thảo có lỗi cần sửa trước", "The draft has problems that must be mended first"),
        ("Danh sách “problems” chỉ ra từng chỗ.", "The list “problems” names each place."),
    ),
    problem(
        issuance.SameAuthor,
        403,
        ("Người soạn không được tự phê duyệt", "Nobody approves what he or she has written"),
        (
            "Phải do một người khác, chưa từng sửa bản dự thảo này, phê duyệt.",
            "Another person, who has never written at this draft, has to approve it.",
        ),
    ),
    problem(
        issuance.VersionTaken,
        409,
        ("Chính sách đã có phiên bản mang số này", "The policy has a version of this number already"),
        (
            "Hãy dùng số phiên bản mới; một phiên bản đã có không bao giờ được viết lại.",
            "Take a new number; a version that exists is never written anew.",
        ),
    ),
    problem(
        issuance.NothingToWithdraw,
        409,
        (
            "Từ ngày mai phiên bản này không còn quyết định gì",
            "From tomorrow on this version decides nothing any more",
        ),
    ),
    problem(
        PopulationRefused,
        422,
        ("Không chạy thử được theo kế hoạch này", "No rehearsal can be made from this plan"),
        ("Danh sách “problems” cho biết cần sửa gì.", "The list “problems” says what to mend."),
    ),
    our_fault(ShippedPolicyChanged),
    problem(
        fees.PolicyRefused,
        422,
        ("Văn bản chính sách phí chưa đúng", "The fee policy document is not right"),
        (
            "Danh sách “problems” chỉ ra từng chỗ; lược đồ có tại /v1/fee-policies/schema.",
            "The list “problems” names each place; the schema is at /v1/fee-policies/schema.",
        ),
    ),
)
