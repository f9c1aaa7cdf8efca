"""What can go wrong when sealing. Each leaf has a stable `code`; nothing has been sealed when one is raised."""


class SigningError(Exception):
    """Base of this package's errors."""

    code: str = "signing_error"


class PermitAlreadyRedeemed(SigningError):
    code = "permit_already_redeemed"


class PermitForOtherPurpose(SigningError):
    """The permit was granted for another kind of seal than the one asked for."""

    code = "permit_for_other_purpose"


class KeyUnavailable(SigningError):
    """No usable key: none active, a wrong passphrase, a missing file or a device that doesn't answer."""

    code = "key_unavailable"


class KeyCompromised(SigningError):
    """The key was marked compromised: what was meant to be sealed with it takes another one."""

    code = "key_compromised"


class KeyUnsuitable(SigningError):
    """The key can't make this kind of seal (algorithm, missing certificate, id)."""

    code = "key_unsuitable"


class KeyringMalformed(SigningError):
    """The key ring's file is not as documented, or disagrees with the keys."""

    code = "keyring_malformed"


class KeyChangeRefused(SigningError):
    """The ring can't be changed like that, or not now; the message says why, and everything is as it was."""

    code = "key_change_refused"


class AuthorityExists(SigningError):
    """The folder already holds something; keys are never overwritten."""

    code = "authority_exists"


class UnexpectedPdfStructure(SigningError):
    """The PDF is not as the layout engine makes it, or has no single empty box for the signature."""

    code = "unexpected_pdf_structure"


class ContentNotSealable(SigningError):
    """The content doesn't fit the format (too long, an index outside of the list, …)."""

    code = "content_not_sealable"


class TimestampUnavailable(SigningError):
    """The timestamping authority doesn't answer, or says that it can't serve now; tried again later."""

    code = "timestamp_unavailable"


class TimestampRefused(SigningError):
    """What the authority answered is no timestamp for this request: nonce, imprint, policy, signature or chain."""

    code = "timestamp_refused"


class ArchiveFailed(SigningError):
    """The sealed file could not be given its validation data and archive timestamp; the document stays what it was."""

    code = "archive_failed"


class SelfCheckFailed(SigningError):
    """Our own verifier does not accept what was just sealed; it must not leave the house."""

    code = "self_check_failed"
