"""What stands on the wire? TLS records and handshake messages from bytes, each field with its place, and back.

Sections: RFC 9846 4, 5, 6, B (TLS 1.3); RFC 5246 7.4, RFC 8422 5 (TLS 1.2, as far as its own handshakes need).
Leaves out: keys, and whether what is said is true; see `handshake`.
"""

from . import extensions, names
from .extensions import Extension, KeyShare
from .messages import (
    RETRY_RANDOM,
    TLS_1_2,
    TLS_1_3,
    Certificate,
    CertificateEntry,
    CertificateRequest,
    CertificateStatus,
    CertificateVerify,
    ClientHello,
    ClientKeyExchange,
    Empty,
    EncryptedExtensions,
    Finished,
    KeyUpdate,
    Message,
    NewSessionTicket,
    ServerHello,
    ServerKeyExchange,
    Unknown,
    message,
    messages,
    whole,
)
from .reading import Field, Malformed, is_grease, named, vector
from .records import Alert, Record, alert, records, records_end
from .writing import client_hello, encode, frame, record

__all__ = [
    "RETRY_RANDOM",
    "TLS_1_2",
    "TLS_1_3",
    "Alert",
    "Certificate",
    "CertificateEntry",
    "CertificateRequest",
    "CertificateStatus",
    "CertificateVerify",
    "ClientHello",
    "ClientKeyExchange",
    "Empty",
    "EncryptedExtensions",
    "Extension",
    "Field",
    "Finished",
    "KeyShare",
    "KeyUpdate",
    "Malformed",
    "Message",
    "NewSessionTicket",
    "Record",
    "ServerHello",
    "ServerKeyExchange",
    "Unknown",
    "alert",
    "client_hello",
    "encode",
    "extensions",
    "frame",
    "is_grease",
    "message",
    "messages",
    "named",
    "names",
    "record",
    "records",
    "records_end",
    "vector",
    "whole",
]
