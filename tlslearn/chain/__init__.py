"""Why is this chain trusted, or at which certificate, by which rule of which section, is it not?

Sections: RFC 5280 3.2 (paths), 6.1 (path validation); the rest stands with each rule in `checks`.
Leaves out: policy trees (RFC 5280 6.1.2 (a), RFC 9618), and fetching certificates or CRLs.
"""

from .checks import RULES
from .records import MOST_CERTIFICATES, MOST_NAMES, MOST_SIGNATURES, MOST_STEPS, Work
from .validation import NAME_NOT_CHECKED, candidate_paths, validate
from .verdict import PathInvalid, Reference, Verdict

__all__ = [
    "MOST_CERTIFICATES",
    "MOST_NAMES",
    "MOST_SIGNATURES",
    "MOST_STEPS",
    "NAME_NOT_CHECKED",
    "RULES",
    "PathInvalid",
    "Reference",
    "Verdict",
    "Work",
    "candidate_paths",
    "validate",
]
