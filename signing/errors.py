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


class KeyUnsuitable(SigningError):
    """The key can't make this kind of seal (algorithm, missing certificate, id)."""

    code = "key_unsuitable"


class KeyringMalformed(SigningError):
    """The key ring's file is not as documented, or disagrees with the keys."""

    code = "keyring_malformed"


class AuthorityExists(SigningError):
    """The folder already holds something; keys are never overwritten."""

    code = "authority_exists"


class UnexpectedPdfStructure(SigningError):
    """The PDF is not as the layout engine makes it, or has no single empty box for the signature."""

    code = "unexpected_pdf_structure"


class ContentNotSealable(SigningError):
    """The content doesn't fit the format (too long, an index outside of the list, …)."""

    code = "content_not_sealable"


class SelfCheckFailed(SigningError):
    """Our own verifier does not accept what was just sealed; it must not leave the house."""

    code = "self_check_failed"
