"""Tokens and the people behind them."""

from __future__ import annotations

import identity.errors as identity

from .entry import problem

_NEW_TOKEN = (
    "Hãy đăng nhập lại bằng tài khoản định danh điện tử để có mã truy cập mới.",
    "Sign in again with your electronic identity to get a new access token.",
)
_WRONG_TOKEN = (
    "Ứng dụng gửi yêu cầu phải dùng mã truy cập do hệ thống định danh được tin cậy cấp cho dịch vụ này.",
    "The app must send an access token that a trusted identity provider has issued for this service.",
)
_PROVE = (
    "Mã truy cập này gắn với một khóa: hãy gửi bằng Authorization: DPoP, kèm trường DPoP chứa bằng chứng của khóa đó.",
    "This access token is bound to a key: send it as Authorization: DPoP, with that key's proof in the header DPoP.",
)

IDENTITY = (
    problem(identity.MalformedToken, 401, ("Mã truy cập sai cấu trúc", "The access token is malformed"), _WRONG_TOKEN),
    problem(
        identity.HeaderNotAllowed,
        401,
        ("Mã truy cập chứa tham số không được phép", "The access token holds a header that is not allowed"),
        _WRONG_TOKEN,
    ),
    problem(
        identity.UntrustedIssuer,
        401,
        ("Nơi cấp mã truy cập không được tin cậy", "The access token's issuer is not trusted"),
        _WRONG_TOKEN,
    ),
    problem(
        identity.AlgorithmNotAllowed,
        401,
        ("Thuật toán ký mã truy cập không được phép", "The access token's algorithm is not allowed"),
        _WRONG_TOKEN,
    ),
    problem(identity.WrongTokenType, 401, ("Đây không phải mã truy cập", "This is not an access token"), _WRONG_TOKEN),
    problem(
        identity.UnknownKey,
        401,
        ("Không tìm thấy khóa ký của mã truy cập", "The key of the access token is unknown"),
        _NEW_TOKEN,
    ),
    problem(
        identity.UnusableKey,
        401,
        ("Khóa ký của mã truy cập không dùng được", "The access token's key is not usable"),
        _WRONG_TOKEN,
    ),
    problem(
        identity.BadSignature,
        401,
        ("Chữ ký của mã truy cập không đúng", "The access token's signature is wrong"),
        _NEW_TOKEN,
    ),
    problem(
        identity.MissingClaim, 401, ("Mã truy cập thiếu thông tin", "The access token lacks a claim"), _WRONG_TOKEN
    ),
    problem(
        identity.InvalidClaim,
        401,
        ("Mã truy cập có thông tin không hợp lệ", "The access token holds a claim that is not valid"),
        _WRONG_TOKEN,
    ),
    problem(identity.TokenExpired, 401, ("Mã truy cập đã hết hạn", "The access token has expired"), _NEW_TOKEN),
    problem(identity.TokenTooOld, 401, ("Mã truy cập đã quá cũ", "The access token is too old"), _NEW_TOKEN),
    problem(
        identity.TokenNotYetValid,
        401,
        ("Mã truy cập chưa có hiệu lực", "The access token is not valid yet"),
        _NEW_TOKEN,
    ),
    problem(
        identity.WrongAudience,
        401,
        ("Mã truy cập dành cho dịch vụ khác", "The access token is meant for another service"),
        _WRONG_TOKEN,
    ),
    problem(
        identity.ProofOfPossessionRequired,
        401,
        ("Chưa chứng minh được quyền giữ mã truy cập", "Possession of the access token was not proven"),
        _PROVE,
    ),
    problem(
        identity.ProviderUnavailable,
        503,
        ("Hệ thống định danh tạm thời không phản hồi", "The identity provider does not answer at the moment"),
        ("Vui lòng thử lại sau ít phút.", "Please try again in a few minutes."),
        5,
    ),
    problem(
        identity.LevelTooLow,
        401,
        ("Cần tài khoản định danh điện tử mức độ cao hơn", "A higher level of electronic identification is needed"),
        (
            "Hãy đăng nhập lại ở mức độ cao hơn rồi gửi lại yêu cầu. Nếu tài khoản của bạn chưa có mức độ đó, hãy mang "
            "căn cước đến cơ quan công an để đăng ký tài khoản định danh điện tử mức độ 2 và kích hoạt trong ứng dụng "
            "VNeID.",
            "Sign in again at the higher level, then repeat the request. If your account does not have that level yet, "
            "take your identity card to a police office, register for a level-2 electronic identity and activate it in "
            "the VNeID app.",
        ),
    ),
    problem(
        identity.WrongKindOfPerson,
        403,
        ("Loại tài khoản này không dùng được ở đây", "This kind of account is not meant for this"),
        (
            "Người dân, cán bộ và hệ thống của cơ quan dùng các loại tài khoản khác nhau.",
            "Citizens, officials and agencies' systems use accounts of different kinds.",
        ),
    ),
    problem(
        identity.TokenKindNotAccepted,
        401,
        ("Loại mã truy cập này không được chấp nhận", "This kind of access token is not accepted"),
        _WRONG_TOKEN,
    ),
    problem(
        identity.TokenNotActive, 401, ("Mã truy cập không còn hiệu lực", "The access token is not active"), _NEW_TOKEN
    ),
    problem(identity.TokenAlreadyUsed, 401, ("Mã này đã được dùng", "This was used before"), _NEW_TOKEN),
    problem(
        identity.InvalidProofOfPossession,
        401,
        ("Bằng chứng giữ khóa (DPoP) không hợp lệ", "The proof of possession (DPoP) is not valid"),
        (
            "Kiểm tra bằng chứng: htm và htu là phương thức và địa chỉ của chính yêu cầu này, ath là mã băm của mã "
            "truy cập, jti mới cho mỗi yêu cầu, thời gian đúng, và được ký bằng khóa gắn với mã truy cập. Mã truy cập "
            "không gắn với khóa nào thì gửi bằng Authorization: Bearer.",
            "Check the proof: htm and htu are this request's method and address, ath is the access token's digest, jti "
            "is new for every request, the times are right, and the key is the one that the token is bound to. A token "
            "that is bound to no key is sent as Authorization: Bearer.",
        ),
    ),
    problem(
        identity.ProofAlreadyUsed,
        401,
        ("Bằng chứng giữ khóa (DPoP) đã được dùng", "The proof of possession (DPoP) was used before"),
        (
            "Ứng dụng tạo bằng chứng mới cho mỗi yêu cầu rồi gửi lại.",
            "The app makes a new proof for every request and sends it again.",
        ),
    ),
    problem(
        identity.ProofNonceNeeded,
        401,
        ("Bằng chứng giữ khóa cần số dùng một lần mới", "The proof of possession needs a fresh nonce"),
        (
            "Ứng dụng lấy số mới từ trường DPoP-Nonce của phản hồi này rồi gửi lại yêu cầu.",
            "The app takes the new nonce from this answer's DPoP-Nonce header and repeats the request.",
        ),
    ),
    problem(
        identity.UnknownConfirmation,
        401,
        ("Cách ràng buộc mã truy cập không được hỗ trợ", "The access token is bound in a way that is not supported"),
        _WRONG_TOKEN,
    ),
    problem(
        identity.AuthenticationTooOld,
        401,
        ("Cần đăng nhập lại", "A fresh sign-in is needed"),
        (
            "Việc này cần lần đăng nhập mới. Vui lòng đăng nhập lại rồi gửi lại yêu cầu.",
            "This needs a recent sign-in. Sign in again, then repeat the request.",
        ),
    ),
    problem(
        identity.UnknownClient,
        403,
        ("Ứng dụng chưa đăng ký", "The application is not registered"),
        (
            "Đơn vị vận hành ứng dụng cần đăng ký ứng dụng với dịch vụ này.",
            "Whoever runs the application has to register it with this service.",
        ),
    ),
    problem(
        identity.OriginNotRegistered,
        403,
        ("Nguồn gửi yêu cầu chưa đăng ký", "The request's origin is not registered"),
        (
            "Đơn vị vận hành ứng dụng cần đăng ký địa chỉ trang gửi yêu cầu.",
            "Whoever runs the application has to register the origin of its pages.",
        ),
    ),
    problem(
        identity.ScopeMissing,
        403,
        ("Ứng dụng không được phép làm việc này", "The application may not do this"),
        (
            "Mã truy cập hoặc đăng ký của ứng dụng không gồm quyền này.",
            "The access token or the application's registration does not include this scope.",
        ),
    ),
    problem(
        identity.OfficialNotRegistered,
        403,
        ("Tài khoản chưa có trong danh sách cán bộ", "The account is not in the register of officials"),
        ("Liên hệ người quản trị của đơn vị.", "Ask your unit's administrator."),
    ),
    problem(
        identity.OfficialNotActive,
        403,
        ("Tài khoản cán bộ đã ngừng hoạt động", "The official's account is not active any more"),
        ("Liên hệ người quản trị của đơn vị.", "Ask your unit's administrator."),
    ),
    problem(
        identity.SignInRefused,
        403,
        ("Hệ thống định danh từ chối đăng nhập", "The identity provider refused the sign-in"),
        ("Vui lòng thử đăng nhập lại.", "Please try to sign in again."),
    ),
    problem(
        identity.SignInUnknown,
        400,
        ("Lần đăng nhập này đã hết hạn hoặc không bắt đầu ở đây", "This sign-in has ended or was not begun here"),
        (
            "Có thể đã quá mười phút, có quá nhiều cửa sổ đăng nhập cùng mở, hoặc trình duyệt không cho phép cookie "
            "của trang này. Vui lòng đăng nhập lại.",
            "It may have taken more than ten minutes, too many windows may have been signing in at once, or your "
            "browser does not allow this site's cookies. Please sign in again.",
        ),
    ),
    problem(
        identity.IssuerMixUp,
        400,
        ("Phản hồi đến từ hệ thống định danh khác", "The answer came from another identity provider"),
        ("Vui lòng đăng nhập lại.", "Please sign in again."),
    ),
    problem(
        identity.SessionEnded,
        401,
        ("Bạn chưa đăng nhập hoặc phiên đã kết thúc", "You are not signed in, or your session has ended"),
        ("Vui lòng đăng nhập lại.", "Please sign in again."),
    ),
    problem(
        identity.FormNotOurs,
        403,
        ("Biểu mẫu không được gửi từ trang này", "The form was not sent from this site"),
        ("Mở lại trang rồi gửi lại biểu mẫu.", "Open the page again and send the form once more."),
    ),
    problem(
        identity.FormOutdated,
        403,
        ("Trang đã cũ, hãy mở lại", "This page is old, please open it again"),
        (
            "Sau khi mở trang này, bạn đã đăng nhập lại ở cửa sổ khác. Vừa rồi chưa có gì được thực hiện.",
            "You have signed in again in another window since this page was opened. Nothing was done just now.",
        ),
    ),
    problem(
        identity.NotTheGuardian,
        403,
        (
            "Cơ sở dữ liệu dân cư không ghi nhận bạn là cha, mẹ hoặc người giám hộ",
            "The population register does not show you as parent or guardian",
        ),
        (
            "Kiểm tra lại số định danh của trẻ. Nếu đúng, mang giấy khai sinh đến công an cấp xã để cập nhật.",
            "Check the child's personal number. If it is right, take the birth certificate to the commune police "
            "to have the register corrected.",
        ),
    ),
    problem(
        identity.NotAChild,
        403,
        ("Người này đã đủ tuổi tự nộp hồ sơ", "This person is of age"),
        ("Người này nộp hồ sơ bằng tài khoản của mình.", "This person applies with an account of his or her own."),
    ),
    problem(
        identity.PopulationRegisterUnavailable,
        503,
        ("Cơ sở dữ liệu dân cư tạm thời không phản hồi", "The population register does not answer at the moment"),
        ("Vui lòng thử lại sau ít phút.", "Please try again in a few minutes."),
        5,
    ),
    problem(
        identity.StoreUnavailable,
        503,
        ("Hệ thống tạm thời không tra cứu được dữ liệu", "Our own records cannot be asked at the moment"),
        ("Vui lòng thử lại sau ít phút.", "Please try again in a few minutes."),
        5,
    ),
    problem(identity.MalformedPersonalId, 422, ("Số định danh không hợp lệ", "The personal number is not valid")),
)
