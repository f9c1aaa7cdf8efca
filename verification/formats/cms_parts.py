"""What every CMS SignedData is made of (RFC 5652), in the one shape that counts: for seals of PDFs and timestamps."""

from cryptography import x509
from cryptography.hazmat import asn1


@asn1.sequence
class AlgorithmIdentifier:
    algorithm: x509.ObjectIdentifier
    parameters: asn1.Null | None


@asn1.sequence
class Attribute:
    type: x509.ObjectIdentifier
    values: asn1.SetOf[asn1.TLV]


@asn1.sequence
class IssuerAndSerialNumber:
    issuer: asn1.TLV
    serial_number: int
