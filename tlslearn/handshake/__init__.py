"""What was said in a handshake, what did it mean, and was it true?

Sections: RFC 9846 4, 5, 7; see the modules.
Leaves out: 0-RTT data, and binders, for which a key log holds no secret. For learning: nothing here is constant-time.
"""

from . import capture
from .channel import Refused, Told
from .client import Client, Offer, Settled, fetch
from .opening import Opened, Said, decrypt
from .running import Change, Flight, Transcript, run

__all__ = [
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
    "capture",
    "decrypt",
    "fetch",
    "run",
]
