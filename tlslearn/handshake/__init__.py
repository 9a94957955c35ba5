"""What was said in a handshake, what did it mean, and was it true?

Sections: RFC 9846 4, 5, 7; see the modules.
Leaves out: 0-RTT data, and binders, for which a key log holds no secret. For learning: nothing here is constant-time.
"""

from .opening import Opened, Said, decrypt
from .running import Change, Flight, Transcript, run

__all__ = ["Change", "Flight", "Opened", "Said", "Transcript", "decrypt", "run"]
