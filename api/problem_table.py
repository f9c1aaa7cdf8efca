"""The one table from errors to HTTP: stable code, status, and words for people. A test holds it against every leaf."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import identity.errors as identity
import issuance.documents.errors as documents
import issuance.errors as issuance
import issuance.fees.errors as fees
import signing.errors as signing
from issuance.fees.wording import Label
from verification.formats import cbor, cms, facts, jws, pdf, pdf_seal, qr, status_list
from verification.register import RegisterUnavailable
from verification.verify_status_list import StatusListRefused

from . import errors as api

INTERNAL = 500


@dataclass(frozen=True, slots=True)
class ProblemType:
    """What callers may rely on. slug: the end of the RFC 9457 `type`; advice: what to do now, where there is something.

    retry_after_seconds: set where the same request may succeed soon without the caller changing anything.
    """

    slug: str
    status: int
    title: Label
    advice: Label | None = None
    retry_after_seconds: int | None = None

    @property
    def code(self) -> str:
        return self.slug.replace("-", "_")


def _problem(
    error: type[Exception],
    status: int,
    title: tuple[str, str],
    advice: tuple[str, str] | None = None,
    retry: int | None = None,
    *,
    slug: str | None = None,
) -> tuple[type[Exception], ProblemType]:
    code = slug or str(vars(error)["code"])
    return error, ProblemType(code.replace("_", "-"), status, Label(*title), Label(*advice) if advice else None, retry)


_NEW_TOKEN = (
    "Hãy đăng nhập lại bằng tài khoản định danh điện tử để có mã truy cập mới.",
    "Sign in again with your electronic identity to get a new access token.",
)
_WRONG_TOKEN = (
    "Ứng dụng gửi yêu cầu phải dùng mã truy cập do hệ thống định danh được tin cậy cấp cho dịch vụ này.",
    "The app must send an access token that a trusted identity provider has issued for this service.",
)
_OUR_FAULT = ("Lỗi của hệ thống, không phải của bạn. Vui lòng thử lại sau.", "Our fault, not yours. Please try later.")
_FAULT = ("Hệ thống gặp lỗi", "The service has failed")

_API = (
    _problem(api.RouteNotFound, 404, ("Không có địa chỉ này", "Nothing is served at this address")),
    _problem(
        api.MethodNotAllowed, 405, ("Địa chỉ này không nhận phương thức đó", "This address does not take that method")
    ),
    _problem(api.MalformedRequest, 400, ("Không đọc được yêu cầu", "The request cannot be read")),
    _problem(
        api.MalformedJson,
        400,
        ("Nội dung không phải JSON hợp lệ", "The body is not valid JSON"),
        (
            "Hãy gửi một đối tượng JSON, mã hóa UTF-8, không trùng tên.",
            "Send one JSON object, in UTF-8, no name twice.",
        ),
    ),
    _problem(
        api.WrongContentType,
        415,
        ("Kiểu nội dung không được hỗ trợ", "This content type is not read here"),
        ("Xem kiểu nội dung của địa chỉ này tại /docs.", "See /docs for the content types of this address."),
    ),
    _problem(api.BodyTooLarge, 413, ("Nội dung gửi lên quá lớn", "The body is too large")),
    _problem(api.BodyTooSlow, 408, ("Nội dung gửi lên quá chậm", "The body took too long to arrive")),
    _problem(
        api.InvalidRequest,
        422,
        ("Một số thông tin chưa đúng", "Some fields are not right"),
        ("Danh sách “problems” chỉ ra từng chỗ cần sửa.", "The list “problems” names each place to mend."),
    ),
    _problem(
        api.AccessTokenMissing,
        401,
        ("Cần đăng nhập", "Sign-in needed"),
        ("Gửi mã truy cập trong tiêu đề Authorization: Bearer.", "Send an access token as Authorization: Bearer."),
    ),
    _problem(
        api.IdempotencyKeyMissing,
        400,
        ("Thiếu tiêu đề Idempotency-Key", "The header Idempotency-Key is missing"),
        (
            "Gửi một mã ngẫu nhiên, và gửi lại đúng mã đó khi thử lại cùng yêu cầu.",
            "Send a random key, and the same key again whenever you retry the same request.",
        ),
    ),
    _problem(
        api.IdempotencyKeyInvalid,
        400,
        ("Idempotency-Key không hợp lệ", "The Idempotency-Key is not valid"),
        ("Dùng từ 1 đến 128 ký tự ASCII nhìn thấy được.", "Use 1 to 128 visible ASCII characters."),
    ),
    _problem(
        api.IdempotencyKeyReused,
        422,
        ("Idempotency-Key này đã dùng cho yêu cầu khác", "This Idempotency-Key belongs to another request"),
        ("Yêu cầu mới cần mã mới.", "A new request needs a new key."),
    ),
    _problem(
        api.TooManyRequests,
        429,
        ("Quá nhiều yêu cầu", "Too many requests"),
        ("Vui lòng chờ rồi thử lại.", "Please wait, then try again."),
    ),
    _problem(
        api.NothingToPay,
        409,
        ("Hồ sơ này không có khoản phải nộp", "Nothing has to be paid for this application"),
    ),
    _problem(
        api.QrTooLong,
        422,
        ("Mã QR quá dài", "The QR text is too long"),
        ("Đây không phải mã QR trên giấy tờ do hệ thống này cấp.", "No document of this service has such a QR code."),
    ),
    _problem(
        api.NotAPdf,
        422,
        ("Tệp này không phải PDF", "This file is not a PDF"),
        ("Hãy chọn đúng tệp PDF đã được cấp.", "Choose the PDF file that was issued."),
    ),
    _problem(api.StatusListNotFound, 404, ("Không có danh sách trạng thái này", "No such status list")),
    _problem(api.NotReady, 503, ("Hệ thống chưa sẵn sàng", "The service is not ready"), retry=5),
    _problem(api.InternalError, INTERNAL, _FAULT, _OUR_FAULT),
)

_IDENTITY = (
    _problem(identity.MalformedToken, 401, ("Mã truy cập sai cấu trúc", "The access token is malformed"), _WRONG_TOKEN),
    _problem(
        identity.HeaderNotAllowed,
        401,
        ("Mã truy cập chứa tham số không được phép", "The access token holds a header that is not allowed"),
        _WRONG_TOKEN,
    ),
    _problem(
        identity.UntrustedIssuer,
        401,
        ("Nơi cấp mã truy cập không được tin cậy", "The access token's issuer is not trusted"),
        _WRONG_TOKEN,
    ),
    _problem(
        identity.AlgorithmNotAllowed,
        401,
        ("Thuật toán ký mã truy cập không được phép", "The access token's algorithm is not allowed"),
        _WRONG_TOKEN,
    ),
    _problem(identity.WrongTokenType, 401, ("Đây không phải mã truy cập", "This is not an access token"), _WRONG_TOKEN),
    _problem(
        identity.UnknownKey,
        401,
        ("Không tìm thấy khóa ký của mã truy cập", "The key of the access token is unknown"),
        _NEW_TOKEN,
    ),
    _problem(
        identity.UnusableKey,
        401,
        ("Khóa ký của mã truy cập không dùng được", "The access token's key is not usable"),
        _WRONG_TOKEN,
    ),
    _problem(
        identity.BadSignature,
        401,
        ("Chữ ký của mã truy cập không đúng", "The access token's signature is wrong"),
        _NEW_TOKEN,
    ),
    _problem(
        identity.MissingClaim, 401, ("Mã truy cập thiếu thông tin", "The access token lacks a claim"), _WRONG_TOKEN
    ),
    _problem(
        identity.InvalidClaim,
        401,
        ("Mã truy cập có thông tin không hợp lệ", "The access token holds a claim that is not valid"),
        _WRONG_TOKEN,
    ),
    _problem(identity.TokenExpired, 401, ("Mã truy cập đã hết hạn", "The access token has expired"), _NEW_TOKEN),
    _problem(identity.TokenTooOld, 401, ("Mã truy cập đã quá cũ", "The access token is too old"), _NEW_TOKEN),
    _problem(
        identity.TokenNotYetValid,
        401,
        ("Mã truy cập chưa có hiệu lực", "The access token is not valid yet"),
        _NEW_TOKEN,
    ),
    _problem(
        identity.WrongAudience,
        401,
        ("Mã truy cập dành cho dịch vụ khác", "The access token is meant for another service"),
        _WRONG_TOKEN,
    ),
    _problem(
        identity.ProofOfPossessionRequired,
        401,
        ("Chưa chứng minh được quyền giữ mã truy cập", "Possession of the access token was not proven"),
        _WRONG_TOKEN,
    ),
    _problem(
        identity.ProviderUnavailable,
        503,
        ("Hệ thống định danh tạm thời không phản hồi", "The identity provider does not answer at the moment"),
        ("Vui lòng thử lại sau ít phút.", "Please try again in a few minutes."),
        5,
    ),
    _problem(
        identity.LevelTooLow,
        403,
        ("Cần tài khoản định danh điện tử mức độ cao hơn", "A higher level of electronic identification is needed"),
        (
            "Để có mức độ 2, hãy mang căn cước đến cơ quan công an để đăng ký tài khoản định danh điện tử mức độ 2, "
            "kích hoạt trong ứng dụng VNeID, rồi đăng nhập lại và nộp lại yêu cầu.",
            "To get level 2, take your identity card to a police office and register for a level-2 electronic "
            "identity, activate it in the VNeID app, then sign in again and repeat the request.",
        ),
    ),
    _problem(
        identity.WrongKindOfPerson,
        403,
        ("Loại tài khoản này không dùng được ở đây", "This kind of account is not meant for this"),
        (
            "Người dân và cán bộ dùng hai loại tài khoản khác nhau.",
            "Citizens and officials use two kinds of accounts.",
        ),
    ),
    _problem(identity.MalformedPersonalId, 422, ("Số định danh không hợp lệ", "The personal number is not valid")),
)

_ISSUANCE = (
    _problem(
        issuance.ApplicationNotFound,
        404,
        ("Không tìm thấy hồ sơ", "No such application"),
        ("Hãy kiểm tra lại mã hồ sơ và tài khoản.", "Check the application's code and the account."),
    ),
    _problem(issuance.CertificateNotFound, 404, ("Không tìm thấy giấy tờ", "No such document")),
    _problem(
        issuance.CertificateNotReady,
        409,
        ("Giấy tờ chưa được cấp", "The document is not issued yet"),
        ("Xem tiến độ trong hồ sơ, rồi thử lại sau.", "See the application for its progress, then try again."),
        30,
        slug="document_not_ready",
    ),
    _problem(
        issuance.IllegalMove,
        409,
        ("Hồ sơ không thể chuyển sang trạng thái đó", "The application cannot move to that state"),
    ),
    _problem(issuance.AlreadyDecided, 409, ("Hồ sơ đã được quyết định", "The application is decided already")),
    _problem(
        issuance.SelfDealing,
        403,
        ("Không được giải quyết hồ sơ của chính mình", "Nobody settles an application of his or her own"),
        ("Hãy chuyển hồ sơ cho cán bộ khác.", "Leave the application to another official."),
    ),
    _problem(issuance.RoleMissing, 403, ("Bước này thuộc vai trò khác", "This step belongs to another role")),
    _problem(
        issuance.WrongChannel,
        403,
        ("Ứng dụng này không được nộp loại hồ sơ đó", "This app may not submit that kind of application"),
        ("Hãy dùng một kênh có tên trong danh mục dịch vụ.", "Use a channel that the service's entry names."),
    ),
    _problem(
        issuance.RegisterNotConsulted,
        409,
        ("Chưa có kết quả tra cứu lý lịch tư pháp", "The judicial register has not answered yet"),
        ("Câu hỏi đã được gửi; hãy thử lại sau.", "The question is on its way; try again later."),
        10,
    ),
    _problem(
        issuance.RegisterUnavailable,
        503,
        ("Cơ sở dữ liệu lý lịch tư pháp không phản hồi", "The judicial register does not answer"),
        retry=30,
    ),
    _problem(issuance.NotApproved, 409, ("Hồ sơ chưa được phê duyệt", "The application is not approved")),
    _problem(
        issuance.FeeUndecided,
        409,
        ("Chưa quyết định phí của hồ sơ", "The fee of this application is not decided"),
        ("Cán bộ phải quyết định phí trước.", "An official has to decide the fee first."),
    ),
    _problem(
        issuance.FeeNotReferred,
        409,
        ("Phí của hồ sơ này đã được xác định", "The fee of this application is decided already"),
    ),
    _problem(
        issuance.PaymentOutstanding,
        409,
        ("Chưa nhận được khoản thanh toán", "The payment has not arrived"),
        ("Khoản chuyển có thể cần ít phút; hãy thử lại sau.", "A transfer may take some minutes; try again later."),
        30,
    ),
    _problem(
        issuance.PaymentMismatch,
        409,
        ("Khoản thanh toán không khớp với hồ sơ", "The payment does not fit the application"),
        ("Cán bộ sẽ xem xét khoản thanh toán này.", "An official will look at this payment."),
    ),
    _problem(
        issuance.GatewayUnavailable,
        503,
        ("Nơi nhận thanh toán tạm thời không phản hồi", "The payment provider does not answer at the moment"),
        retry=30,
    ),
    _problem(issuance.AlreadyRevoked, 409, ("Giấy tờ đã bị thu hồi", "The document is revoked already")),
    _problem(
        issuance.DailyCodesExhausted,
        503,
        ("Hôm nay đơn vị không nhận thêm được hồ sơ", "The unit cannot take more applications today"),
        ("Vui lòng nộp lại vào ngày mai.", "Please apply again tomorrow."),
        3600,
    ),
    _problem(
        issuance.InvalidCursor,
        422,
        ("Không có trang này trong danh sách", "The list has no such page"),
        ("Hãy bắt đầu lại từ trang đầu.", "Start again at the first page."),
    ),
    _problem(
        issuance.ConcurrentChange,
        409,
        ("Hồ sơ vừa được người khác thay đổi", "Somebody else has just changed this"),
        ("Hãy xem lại rồi thử lại.", "Look again, then retry."),
        1,
    ),
)

_DOCUMENTS = (
    _problem(
        documents.UnknownDocumentType,
        404,
        ("Không có loại giấy tờ này", "No such document type"),
        ("Xem danh mục tại /v1/services.", "See the catalogue at /v1/services."),
    ),
    _problem(
        documents.InvalidInput,
        422,
        ("Một số thông tin chưa đúng", "Some fields are not right"),
        ("Danh sách “problems” chỉ ra từng chỗ cần sửa.", "The list “problems” names each place to mend."),
    ),
    *(
        _problem(error, INTERNAL, _FAULT, _OUR_FAULT)
        for error in (
            documents.BrokenDocumentType,
            documents.NoIssuingBody,
            documents.InvalidContent,
            documents.FontsMissing,
            documents.RenderFailed,
            documents.QrTooLarge,
            documents.LintRefused,
        )
    ),
)

_FEES = (
    _problem(
        fees.FactsRefused,
        422,
        ("Không thể tính phí với thông tin này", "No fee can be told for these facts"),
        ("Hãy kiểm tra số bản và ngày.", "Check the number of copies and the day."),
    ),
    _problem(fees.ReferredHasNoAmount, INTERNAL, _FAULT, _OUR_FAULT),
    _problem(fees.AssessmentUnreadable, INTERNAL, _FAULT, _OUR_FAULT),
    _problem(fees.PolicyRefused, INTERNAL, _FAULT, _OUR_FAULT),
)

_VERIFICATION = (
    _problem(
        RegisterUnavailable,
        503,
        ("Sổ đăng ký giấy tờ tạm thời không phản hồi", "The register of documents does not answer at the moment"),
        retry=10,
        slug="document_register_unavailable",
    ),
    # A verifier turns these into verdicts; one that comes out is a fault of ours.
    *(
        _problem(error, INTERNAL, _FAULT, _OUR_FAULT)
        for error in (
            cbor.CborMalformed,
            cms.CmsMalformed,
            facts.FactsMalformed,
            jws.JwsMalformed,
            pdf.PdfMalformed,
            pdf_seal.SealMisplaced,
            pdf_seal.SealMissing,
            qr.QrMalformed,
            status_list.StatusListMalformed,
            StatusListRefused,
        )
    ),
)

_SIGNING = (
    _problem(
        signing.KeyUnavailable,
        503,
        ("Khóa ký tạm thời không dùng được", "The signing key is not available at the moment"),
        retry=30,
    ),
    *(
        _problem(error, INTERNAL, _FAULT, _OUR_FAULT)
        for error in (
            signing.AuthorityExists,
            signing.ContentNotSealable,
            signing.KeyUnsuitable,
            signing.KeyringMalformed,
            signing.PermitAlreadyRedeemed,
            signing.PermitForOtherPurpose,
            signing.SelfCheckFailed,
            signing.UnexpectedPdfStructure,
        )
    ),
)

PROBLEMS: Mapping[type[Exception], ProblemType] = MappingProxyType(
    dict((*_API, *_IDENTITY, *_ISSUANCE, *_DOCUMENTS, *_FEES, *_VERIFICATION, *_SIGNING))
)
BY_SLUG: Mapping[str, ProblemType] = MappingProxyType({one.slug: one for one in PROBLEMS.values()})


def problem_of(error: Exception) -> ProblemType:
    """The entry of the error's own class, else of its nearest base that has one, else the internal error's."""
    for kind in type(error).__mro__:
        if kind in PROBLEMS:
            return PROBLEMS[kind]
    return PROBLEMS[api.InternalError]
