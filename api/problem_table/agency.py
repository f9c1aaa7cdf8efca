"""The agency's work: applications, payments, issued documents."""

from __future__ import annotations

import issuance.errors as issuance

from .entry import our_fault, problem

ISSUANCE = (
    problem(
        issuance.ApplicationNotFound,
        404,
        ("Không tìm thấy hồ sơ", "No such application"),
        ("Hãy kiểm tra lại mã hồ sơ và tài khoản.", "Check the application's code and the account."),
    ),
    problem(
        issuance.ErasureHeld,
        409,
        ("Chưa thể xóa dữ liệu", "The data cannot be erased yet"),
        (
            "Còn hồ sơ, khoản tiền hoặc câu hỏi đang được giải quyết; hãy đề nghị lại khi đã xong.",
            "An application, money or a question is still being dealt with; ask again when that has ended.",
        ),
    ),
    problem(
        issuance.PersonErased,
        410,
        ("Dữ liệu cá nhân đã được xóa", "The personal data was erased"),
        (
            "Dữ liệu đã được xóa theo yêu cầu của người dân hoặc vì hết thời hạn lưu giữ; không thể khôi phục.",
            "It was erased at the person's request, or its time was over; nothing brings it back.",
        ),
    ),
    problem(issuance.CertificateNotFound, 404, ("Không tìm thấy giấy tờ", "No such document")),
    problem(
        issuance.CertificateNotReady,
        409,
        ("Giấy tờ chưa được cấp", "The document is not issued yet"),
        ("Xem tiến độ trong hồ sơ, rồi thử lại sau.", "See the application for its progress, then try again."),
        30,
        slug="document_not_ready",
    ),
    problem(
        issuance.NoCredential,
        404,
        ("Giấy tờ này không có bản cho ví điện tử", "This document has no credential"),
        (
            "Bản cho ví điện tử chỉ có ở loại giấy tờ và từ ngày mà hệ thống hỗ trợ. Tệp PDF vẫn dùng được.",
            "Some types have none, nor have documents issued before there were any. The PDF serves all the same.",
        ),
    ),
    problem(
        issuance.IllegalMove,
        409,
        ("Hồ sơ không thể chuyển sang trạng thái đó", "The application cannot move to that state"),
    ),
    problem(issuance.AlreadyDecided, 409, ("Hồ sơ đã được quyết định", "The application is decided already")),
    problem(
        issuance.SelfDealing,
        403,
        (
            "Không được giải quyết hồ sơ của chính mình hoặc của con mình",
            "Nobody settles an application of his or her own, or one for his or her own child",
        ),
        ("Hãy chuyển hồ sơ cho cán bộ khác.", "Leave the application to another official."),
    ),
    problem(
        issuance.NotPrintable,
        422,
        ("Một số thông tin không in được lên giấy tờ", "Some facts cannot be printed on the document"),
        (
            "Danh sách “problems” chỉ ra từng chỗ. Tên do tài khoản định danh cung cấp: hãy đến bộ phận một cửa.",
            "The list “problems” names each. For a name given by the identity provider, turn to the one-stop desk.",
        ),
    ),
    problem(
        issuance.NoReceiptXml,
        404,
        ("Biên lai này không có bản XML", "This receipt has no XML"),
        (
            "Biên lai lập trước khi hệ thống hỗ trợ XML chỉ có tệp PDF; tệp đó vẫn dùng được.",
            "Receipts issued before there was any have the PDF alone, which serves all the same.",
        ),
    ),
    our_fault(issuance.IntentBroken),
    problem(issuance.RoleMissing, 403, ("Bước này thuộc vai trò khác", "This step belongs to another role")),
    problem(
        issuance.WrongChannel,
        403,
        ("Ứng dụng này không được nộp loại hồ sơ đó", "This app may not submit that kind of application"),
        ("Hãy dùng một kênh có tên trong danh mục dịch vụ.", "Use a channel that the service's entry names."),
    ),
    problem(
        issuance.GuardianNotAccepted,
        403,
        ("Không nhận hồ sơ nộp thay cho trẻ em", "Nobody can ask for this on behalf of a child"),
        (
            "Danh mục dịch vụ cho biết ai được yêu cầu loại giấy tờ này. Hãy đến bộ phận một cửa.",
            "The service's entry says who may ask for this document. Turn to the one-stop desk.",
        ),
    ),
    problem(
        issuance.NotAProceduralBody,
        403,
        ("Đơn vị không phải là cơ quan tiến hành tố tụng", "Your unit conducts no proceedings"),
    ),
    problem(
        issuance.BodyNotAccepted,
        403,
        (
            "Cơ quan tiến hành tố tụng không yêu cầu được loại giấy tờ này",
            "Bodies that conduct proceedings cannot ask for this",
        ),
    ),
    problem(
        issuance.RegisterNotConsulted,
        409,
        ("Chưa có đủ kết quả tra cứu", "A register has not answered yet"),
        ("Câu hỏi đã được gửi; hãy thử lại sau.", "The question is on its way; try again later."),
        10,
    ),
    problem(
        issuance.RegisterUnavailable,
        503,
        ("Cơ sở dữ liệu cần tra cứu không phản hồi", "The register does not answer"),
        retry=30,
    ),
    problem(
        issuance.RegisterAnswerStale,
        409,
        ("Kết quả tra cứu đã quá cũ", "A register's answer has become too old"),
        ("Hãy yêu cầu tra cứu lại rồi quyết định.", "Have the register asked again, then decide."),
    ),
    problem(issuance.NotApproved, 409, ("Hồ sơ chưa được phê duyệt", "The application is not approved")),
    problem(
        issuance.FeeUndecided,
        409,
        ("Chưa quyết định phí của hồ sơ", "The fee of this application is not decided"),
        ("Cán bộ phải quyết định phí trước.", "An official has to decide the fee first."),
    ),
    problem(
        issuance.FeeNotReferred,
        409,
        ("Phí của hồ sơ này đã được xác định", "The fee of this application is decided already"),
    ),
    problem(
        issuance.PaymentOutstanding,
        409,
        ("Chưa nhận được khoản thanh toán", "The payment has not arrived"),
        ("Khoản chuyển có thể cần ít phút; hãy thử lại sau.", "A transfer may take some minutes; try again later."),
        30,
    ),
    problem(
        issuance.PaymentMismatch,
        409,
        ("Khoản thanh toán không khớp với hồ sơ", "The payment does not fit the application"),
        ("Cán bộ sẽ xem xét khoản thanh toán này.", "An official will look at this payment."),
    ),
    problem(
        issuance.GatewayUnavailable,
        503,
        ("Nơi nhận thanh toán tạm thời không phản hồi", "The payment provider does not answer at the moment"),
        retry=30,
    ),
    problem(issuance.AlreadyRevoked, 409, ("Giấy tờ đã bị thu hồi", "The document is revoked already")),
    problem(issuance.AlreadySuspended, 409, ("Giấy tờ đã bị tạm ngừng hiệu lực", "The document is suspended already")),
    problem(issuance.NotSuspended, 409, ("Giấy tờ không bị tạm ngừng hiệu lực", "The document is not suspended")),
    problem(
        issuance.DailyCodesExhausted,
        503,
        ("Hôm nay đơn vị không nhận thêm được hồ sơ", "The unit cannot take more applications today"),
        ("Vui lòng nộp lại vào ngày mai.", "Please apply again tomorrow."),
        3600,
    ),
    problem(
        issuance.InvalidCursor,
        422,
        ("Không có trang này trong danh sách", "The list has no such page"),
        ("Hãy bắt đầu lại từ trang đầu.", "Start again at the first page."),
    ),
    problem(
        issuance.ConcurrentChange,
        409,
        ("Hồ sơ vừa được người khác thay đổi", "Somebody else has just changed this"),
        ("Hãy xem lại rồi thử lại.", "Look again, then retry."),
        1,
    ),
)
