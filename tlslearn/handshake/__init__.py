"""What was said in a handshake, what did it mean, and was it true?

Sections: RFC 9846 4, 5, 7; see the modules.
Leaves out: 0-RTT data, and binders, for which a key log holds no secret. For learning: nothing here is constant-time.
"""

from . import capture, telling
from .channel import Refused, Told
from .client import SUITES, Client, Offer, Settled
from .opening import Opened, Said, decrypt
from .running import Change, Flight, Transcript, run
from .visiting import Visit, fetch, visit

__all__ = [
    "SUITES",
    "Change",
    "Client",
    "Flight",
    "Offer",
    "Opened",
    "Refused",
    "Said",
    "Settled",
    "Told",
    "Transcript",
    "Visit",
    "capture",
    "decrypt",
    "fetch",
    "run",
    "telling",
    "visit",
]
