"""Which certificate, which rule, what did each end see, and what is to be done? The stack trace for TLS.

Sections: see the modules. `explain` takes an exception, `examine` an address or certificate files.
Leaves out: whatever would change the server, or this machine.
"""

from .diagnosis import Diagnosis, Link
from .examining import examine
from .explaining import explain
from .probing import probe
from .reading import load_trust, trust_notes

__all__ = ["Diagnosis", "Link", "examine", "explain", "load_trust", "probe", "trust_notes"]
