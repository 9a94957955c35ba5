"""Who may vouch for a name, and what does the vouching look like?

Sections: RFC 5280 4 (certificate profile), 4.2.1.10 (name constraints), 6.1 (what the faults break).
Leaves out: CRLs and OCSP, which come with notebook 12.
"""

from .faults import FAULTS, Fault
from .issuing import Authority, Credential
from .policy import Refused
from .profile import LAB_NAMES, Purpose

__all__ = ["FAULTS", "LAB_NAMES", "Authority", "Credential", "Fault", "Purpose", "Refused"]
