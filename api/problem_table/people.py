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
        _WRONG_TOKEN,
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
        403,
        ("Cần tài khoản định danh điện tử mức độ cao hơn", "A higher level of electronic identification is needed"),
        (
            "Để có mức độ 2, hãy mang căn cước đến cơ quan công an để đăng ký tài khoản định danh điện tử mức độ 2, "
            "kích hoạt trong ứng dụng VNeID, rồi đăng nhập lại và nộp lại yêu cầu.",
            "To get level 2, take your identity card to a police office and register for a level-2 electronic "
            "identity, activate it in the VNeID app, then sign in again and repeat the request.",
        ),
    ),
    problem(
        identity.WrongKindOfPerson,
        403,
        ("Loại tài khoản này không dùng được ở đây", "This kind of account is not meant for this"),
        (
            "Người dân và cán bộ dùng hai loại tài khoản khác nhau.",
            "Citizens and officials use two kinds of accounts.",
        ),
    ),
    problem(identity.MalformedPersonalId, 422, ("Số định danh không hợp lệ", "The personal number is not valid")),
)
