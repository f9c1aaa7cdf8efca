"""What the ways in refuse themselves."""

from __future__ import annotations

from .. import errors as api
from .entry import our_fault, problem

API = (
    problem(api.RouteNotFound, 404, ("Không có địa chỉ này", "Nothing is served at this address")),
    problem(
        api.MethodNotAllowed, 405, ("Địa chỉ này không nhận phương thức đó", "This address does not take that method")
    ),
    problem(api.MalformedRequest, 400, ("Không đọc được yêu cầu", "The request cannot be read")),
    problem(
        api.MalformedJson,
        400,
        ("Nội dung không phải JSON hợp lệ", "The body is not valid JSON"),
        (
            "Hãy gửi một đối tượng JSON, mã hóa UTF-8, không có tên trường nào lặp lại, không có ký tự NUL.",
            "Send one JSON object, in UTF-8, with no field name twice and no NUL character.",
        ),
    ),
    problem(
        api.WrongContentType,
        415,
        ("Kiểu nội dung không được hỗ trợ", "This content type is not read here"),
        ("Xem kiểu nội dung của địa chỉ này tại /docs.", "See /docs for the content types of this address."),
    ),
    problem(
        api.BodyTooLarge,
        413,
        ("Nội dung gửi lên quá lớn", "The body is too large"),
        (
            "Tệp để kiểm tra được lớn tối đa 5 MB. Nếu là ảnh, hãy chụp lại ở cỡ nhỏ hơn hoặc chỉ chụp phần có mã QR.",
            "A file to check may have 5 MB at most. Take a photo again in a smaller size, or only of the QR code.",
        ),
    ),
    problem(
        api.BodyTooSlow,
        408,
        ("Nội dung gửi lên quá chậm", "The body took too long to arrive"),
        (
            "Đường truyền quá chậm hoặc bị ngắt quãng. Hãy gửi lại ở nơi có mạng tốt hơn, hoặc gửi tệp nhỏ hơn.",
            "The connection was too slow, or stood still. Send it again over a better one, or send a smaller file.",
        ),
    ),
    problem(
        api.InvalidRequest,
        422,
        ("Một số thông tin chưa đúng", "Some fields are not right"),
        ("Danh sách “problems” chỉ ra từng chỗ cần sửa.", "The list “problems” names each place to mend."),
    ),
    problem(
        api.AccessTokenMissing,
        401,
        ("Cần đăng nhập", "Sign-in needed"),
        (
            "Gửi mã truy cập trong tiêu đề Authorization, kiểu Bearer hoặc DPoP.",
            "Send an access token in the header Authorization, as Bearer or DPoP.",
        ),
    ),
    problem(
        api.AuthorizationAmbiguous,
        400,
        ("Có nhiều hơn một tiêu đề Authorization", "More than one Authorization header"),
        ("Chỉ gửi một mã truy cập cho mỗi yêu cầu.", "Send one access token with a request."),
    ),
    problem(
        api.IdempotencyKeyMissing,
        400,
        ("Thiếu tiêu đề Idempotency-Key", "The header Idempotency-Key is missing"),
        (
            "Gửi một mã ngẫu nhiên, và gửi lại đúng mã đó khi thử lại cùng yêu cầu.",
            "Send a random key, and the same key again whenever you retry the same request.",
        ),
    ),
    problem(
        api.IdempotencyKeyInvalid,
        400,
        ("Idempotency-Key không hợp lệ", "The Idempotency-Key is not valid"),
        ("Dùng từ 1 đến 128 ký tự ASCII nhìn thấy được.", "Use 1 to 128 visible ASCII characters."),
    ),
    problem(
        api.IdempotencyKeyReused,
        422,
        ("Idempotency-Key này đã dùng cho yêu cầu khác", "This Idempotency-Key belongs to another request"),
        ("Yêu cầu mới cần mã mới.", "A new request needs a new key."),
    ),
    problem(
        api.TooManyRequests,
        429,
        ("Quá nhiều yêu cầu", "Too many requests"),
        ("Vui lòng chờ rồi thử lại.", "Please wait, then try again."),
    ),
    problem(
        api.IfMatchMissing,
        428,
        ("Thiếu tiêu đề If-Match", "The header If-Match is missing"),
        (
            "Đọc bản dự thảo, rồi gửi lại ETag của bản đã đọc trong If-Match.",
            "Read the draft, then send the ETag of what you have read in If-Match.",
        ),
    ),
    problem(
        api.NothingToPay,
        409,
        ("Hồ sơ này không có khoản phải nộp", "Nothing has to be paid for this application"),
    ),
    problem(
        api.QrTooLong,
        422,
        ("Mã QR quá dài", "The QR text is too long"),
        ("Đây không phải mã QR trên giấy tờ do hệ thống này cấp.", "No document of this service has such a QR code."),
    ),
    problem(
        api.UploadNotRecognised,
        422,
        ("Không nhận ra loại tệp này", "This kind of file is not recognised"),
        (
            "Hãy chọn tệp PDF đã được cấp, hoặc ảnh chụp giấy tờ dạng PNG hay JPEG.",
            "Choose the PDF file that was issued, or a photo of the paper as PNG or JPEG.",
        ),
    ),
    problem(
        api.NotAPdf,
        422,
        ("Tệp này không phải PDF", "This file is not a PDF"),
        ("Hãy chọn đúng tệp PDF đã được cấp.", "Choose the PDF file that was issued."),
    ),
    problem(api.StatusListNotFound, 404, ("Không có danh sách trạng thái này", "No such status list")),
    problem(
        api.NotAcceptable,
        406,
        ("Không có dạng dữ liệu được yêu cầu", "Not available in the form asked for"),
        (
            "Có application/statuslist+jwt và application/statuslist+cwt.",
            "There are application/statuslist+jwt and application/statuslist+cwt.",
        ),
    ),
    problem(
        api.NoPaymentCode,
        404,
        ("Không có mã VietQR để nộp tiền", "There is no VietQR code to pay with"),
        (
            "Hồ sơ không chờ nộp tiền, hoặc hệ thống chưa có tài khoản nhận. Hãy xem mục thanh toán của hồ sơ.",
            "The application waits for no payment, or no account is set up. Its member `payment` says which.",
        ),
    ),
    problem(
        api.PictureNotOffered,
        406,
        ("Không có dạng ảnh được yêu cầu", "Not available in the form asked for"),
        ("Có image/svg+xml và image/png.", "There are image/svg+xml and image/png."),
    ),
    problem(
        api.CodeFormNotOffered,
        406,
        ("Không có dạng dữ liệu được yêu cầu", "Not available in the form asked for"),
        ("Có image/svg+xml, image/png và text/plain.", "There are image/svg+xml, image/png and text/plain."),
    ),
    problem(
        api.DocumentNotInForce,
        409,
        ("Giấy tờ không còn hiệu lực", "The document is not in force"),
        (
            "Mã QR chỉ được đưa ra khi giấy tờ còn hiệu lực. Hồ sơ cho biết lý do.",
            "Its QR code is shown only while it is in force. The application says why it is not.",
        ),
    ),
    problem(api.NotReady, 503, ("Hệ thống chưa sẵn sàng", "The service is not ready"), retry=5),
    our_fault(api.InternalError),
)
