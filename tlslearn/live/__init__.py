"""What happens when a client and a server really meet?

Sections: RFC 9846 2 (handshake), 6.2 (alerts); RFC 6066 3 (server name); see the modules.
Leaves out: protocols above TLS but one HTTP request and its answer, and everything that `ssl` cannot do.
"""

from .client import Connection, Evidence, chain_as_sent, connect
from .server import Seen, Server, serve
from .sockets import Address, alert_name
from .trust import Anchor, anchors, client_context, load_anchors, readable, terms

__all__ = [
    "Address",
    "Anchor",
    "Connection",
    "Evidence",
    "Seen",
    "Server",
    "alert_name",
    "anchors",
    "chain_as_sent",
    "client_context",
    "connect",
    "load_anchors",
    "readable",
    "serve",
    "terms",
]
