"""Which certificate, which rule, what did each end see, and what is to be done? The stack trace for TLS.

Sections: see the modules. `explain` takes an exception, `examine` an address.
Leaves out, so far: certificate files, STARTTLS and probing of versions; see notebooks 05 and 07.
"""

from .diagnosis import Diagnosis, Link
from .explaining import examine, explain

__all__ = ["Diagnosis", "Link", "examine", "explain"]
