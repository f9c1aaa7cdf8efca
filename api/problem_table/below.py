"""Documents, fees, checks and seals: most that goes wrong there is a fault of ours."""

from __future__ import annotations

import issuance.documents.errors as documents
import issuance.fees.errors as fees
import signing.errors as signing
from verification.bundle import BundleRefused
from verification.formats import (
    cbor,
    cms,
    facts,
    holder_key,
    jwk,
    jws,
    pdf_seal,
    pdf_updates,
    pdf_values,
    plain_xml,
    qr,
    sd_jwt,
    status_list,
    timestamp,
    trust_list,
)
from verification.read_upload import UploadRefused
from verification.register import RegisterUnavailable
from verification.verify_status_list import StatusListRefused
from verification.verify_timestamp import TimestampAuthorityUnknown
from verification.verify_trust_list import TrustListRefused

from .entry import our_fault, problem

DOCUMENTS = (
    problem(
        documents.UnknownDocumentType,
        404,
        ("Không có loại giấy tờ này", "No such document type"),
        ("Xem danh mục tại /v1/services.", "See the catalogue at /v1/services."),
    ),
    problem(
        documents.ServiceNotInForce,
        409,
        ("Dịch vụ này hiện không tiếp nhận hồ sơ", "This service takes no applications now"),
        ("Xem thời gian áp dụng tại /v1/services.", "See at /v1/services from when until when it does."),
    ),
    problem(
        documents.InvalidInput,
        422,
        ("Một số thông tin chưa đúng", "Some fields are not right"),
        ("Danh sách “problems” chỉ ra từng chỗ cần sửa.", "The list “problems” names each place to mend."),
    ),
    *(
        our_fault(error)
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

FEES = (
    problem(
        fees.FactsRefused,
        422,
        ("Không thể tính phí với thông tin này", "The fee cannot be worked out from these facts"),
        ("Hãy kiểm tra số bản và ngày.", "Check the number of copies and the day."),
    ),
    our_fault(fees.ReferredHasNoAmount),
    our_fault(fees.AssessmentUnreadable),
)

VERIFICATION = (
    problem(
        RegisterUnavailable,
        503,
        ("Sổ đăng ký giấy tờ tạm thời không phản hồi", "The register of documents does not answer at the moment"),
        retry=10,
        slug="document_register_unavailable",
    ),
    # A verifier turns these into verdicts; one that comes out is a fault of ours.
    *(
        our_fault(error)
        for error in (
            BundleRefused,
            cbor.CborMalformed,
            cms.CmsMalformed,
            facts.FactsMalformed,
            holder_key.HolderKeyMalformed,
            jwk.JwkMalformed,
            jws.JwsMalformed,
            pdf_values.PdfMalformed,
            plain_xml.XmlMalformed,
            pdf_seal.SealMisplaced,
            pdf_seal.SealMissing,
            qr.QrMalformed,
            sd_jwt.CredentialMalformed,
            sd_jwt.DisclosureRefused,
            status_list.StatusListMalformed,
            StatusListRefused,
            TimestampAuthorityUnknown,
            timestamp.TimestampAltered,
            timestamp.TimestampMalformed,
            pdf_updates.UpdateNotAllowed,
            UploadRefused,
            trust_list.TrustListMalformed,
            TrustListRefused,
        )
    ),
)

SIGNING = (
    problem(
        signing.KeyUnavailable,
        503,
        ("Khóa ký tạm thời không dùng được", "The signing key is not available at the moment"),
        retry=30,
    ),
    *(
        our_fault(error)
        for error in (
            signing.ArchiveFailed,
            signing.AuthorityExists,
            signing.ContentNotSealable,
            signing.KeyChangeRefused,
            signing.KeyCompromised,
            signing.KeyUnsuitable,
            signing.KeyringMalformed,
            signing.PermitAlreadyRedeemed,
            signing.PermitForOtherPurpose,
            signing.SelfCheckFailed,
            signing.TimestampRefused,
            signing.TimestampUnavailable,
            signing.UnexpectedPdfStructure,
        )
    ),
)
