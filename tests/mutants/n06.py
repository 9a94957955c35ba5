"""Answers to the exercises of notebook 06: other right ones, and typical wrong ones with a part of their reply."""

from . import Cases

_CHAIN = """
    chain = folder / "fullchain.pem"
    chain.write_text((folder / "leaf.pem").read_text() + (folder / "issuing.pem").read_text())
"""
_CLIENT = """
    client = ssl.create_default_context(cafile=folder / "root.pem")
"""
_SERVER = """
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(chain, folder / "key.pem")
"""
_RETURN = """
    return client, server
"""


def _ends(chain: str = _CHAIN, client: str = _CLIENT, server: str = _SERVER, end: str = _RETURN) -> str:
    return f"def both_ends(folder):{chain}{client}{server}{end}"


EXERCISES = {
    "06-both-ends": Cases(
        accepted=(
            # purposes instead of protocols, and the root at the end of the chain
            """
def both_ends(folder):
    chain = folder / "chain-to-present.pem"
    parts = [(folder / name).read_bytes() for name in ("leaf.pem", "issuing.pem", "root.pem", "key.pem")]
    chain.write_bytes(b"".join(parts))
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(cafile=folder / "root.pem")
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=None)
    server.load_cert_chain(chain)
    return client, server
""",
            _ends(client='    client = ssl.create_default_context(cadata=(folder / "root.pem").read_text())\n'),
        ),
        mutants=(
            (  # the colleague's
                """
def both_ends(folder):
    chain = folder / "fullchain.pem"
    chain.write_text((folder / "issuing.pem").read_text() + (folder / "leaf.pem").read_text())
    client = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    client.load_verify_locations(folder / "root.pem")
    server = ssl.create_default_context(ssl.Purpose.SERVER_AUTH)
    server.check_hostname = False
    server.verify_mode = ssl.CERT_NONE
    server.load_cert_chain(chain, folder / "key.pem")
    return client, server
""",
                "KEY_VALUES_MISMATCH",
            ),
            (  # the order alone repaired
                """
def both_ends(folder):
    chain = folder / "fullchain.pem"
    chain.write_text((folder / "leaf.pem").read_text() + (folder / "issuing.pem").read_text())
    client = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    client.load_verify_locations(folder / "root.pem")
    server = ssl.create_default_context(ssl.Purpose.SERVER_AUTH)
    server.check_hostname = False
    server.verify_mode = ssl.CERT_NONE
    server.load_cert_chain(chain, folder / "key.pem")
    return client, server
""",
                "Correct the purposes, and keep `return client, server`",
            ),
            (  # both right, in the other order
                _ends(end="\n    return server, client\n"),
                "expected client, server. Exchange the two.",
            ),
            (  # the client's purpose swapped
                _ends(
                    client="""
    client = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=folder / "root.pem")
"""
                ),
                "a context for servers in the place of the client's",
            ),
            (  # the server's purpose swapped
                _ends(
                    server="""
    server = ssl.create_default_context()
    server.load_cert_chain(chain, folder / "key.pem")
"""
                ),
                "a context for clients in the place of the server's",
            ),
            (  # the switches moved to the client
                _ends(client=_CLIENT + "    client.check_hostname = False\n    client.verify_mode = ssl.CERT_NONE\n"),
                "a client that talks to anyone",
            ),
            (  # no host name
                _ends(client=_CLIENT + "    client.check_hostname = False\n"),
                "accepts the blog's certificate",
            ),
            (  # adds to the system's roots
                _ends(
                    client="""
    client = ssl.create_default_context()
    client.load_verify_locations(folder / "root.pem")
"""
                ),
                "trusts others besides root.pem",
            ),
            (  # trusts what the server presents
                _ends(client='    client = ssl.create_default_context(cafile=folder / "fullchain.pem")\n'),
                "does not trust the root",
            ),
            (  # the leaf alone
                _ends(chain='\n    chain = folder / "leaf.pem"\n'),
                "breaks off above the leaf",
            ),
            (  # loads no chain
                _ends(server="\n    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\n"),
                "when a good client connects",
            ),
            (  # asks for client certificates
                _ends(
                    server=_SERVER
                    + """    server.load_verify_locations(folder / "root.pem")
    server.verify_mode = ssl.CERT_REQUIRED
"""
                ),
                "asks its clients for certificates",
            ),
            (  # a root in the server's store
                _ends(server=_SERVER + '    server.load_verify_locations(folder / "root.pem")\n'),
                "a server with roots in its store",
            ),
            (  # the client alone
                _ends(end="\n    return client\n"),
                "End with: return client, server",
            ),
            (  # the article's arguments
                _ends(
                    server="""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate=chain, private_key=folder / "key.pem")
"""
                ),
                "TypeError",
            ),
        ),
    ),
    "06-front": Cases(
        accepted=(
            """
def front(contexts):
    def choose(tls, name, context):
        if name is None:
            return None
        own = contexts.get(name.lower())
        if own is None:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        tls.context = own
        return None

    for context in contexts.values():
        context.sni_callback = choose
    return list(contexts.values())[0]
""",
            # the number itself, and a dictionary of its own
            """
def front(contexts):
    own = {name.casefold(): context for name, context in contexts.items()}
    own[None] = first = next(iter(contexts.values()))
    def choose(tls, name, _):
        key = name.casefold() if name else None
        if key not in own:
            return 112
        tls.context = own[key]
    first.sni_callback = choose
    return first
""",
        ),
        mutants=(
            (  # the worked example: whoever is unknown gets the first
                """
def front(contexts):
    first = next(iter(contexts.values()))
    def choose(tls, name, context):
        if name and name.lower() in contexts:
            tls.context = contexts[name.lower()]
    first.sni_callback = choose
    return first
""",
                "the certificate of desk.test, for a client that asks for vault.test",
            ),
            (  # the first name of the text, and not the first of what comes
                """
def front(contexts):
    first = contexts["shop.test"]
    def choose(tls, name, context):
        if name is None:
            return None
        if name.lower() not in contexts:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        tls.context = contexts[name.lower()]
    first.sni_callback = choose
    return first
""",
                "take the first of whatever comes",
            ),
            (  # the alphabet's first
                """
def front(contexts):
    first = contexts[min(contexts)]
    def choose(tls, name, context):
        if name is None:
            return None
        if name.lower() not in contexts:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        tls.context = contexts[name.lower()]
    first.sni_callback = choose
    return first
""",
                "the certificate of blog.test, for a client that names nobody",
            ),
            (  # the end of a name
                """
def front(contexts):
    first = next(iter(contexts.values()))
    def choose(tls, name, context):
        if name is None:
            return None
        for own in contexts:
            if name.lower().endswith(own):
                tls.context = contexts[own]
                return None
        return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
    first.sni_callback = choose
    return first
""",
                "the certificate of blog.test, for a client that asks for notblog.test",
            ),
            (  # a name and all below it
                """
def front(contexts):
    first = next(iter(contexts.values()))
    def choose(tls, name, context):
        if name is None:
            return None
        for own in contexts:
            if name.lower() == own or name.lower().endswith("." + own):
                tls.context = contexts[own]
                return None
        return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
    first.sni_callback = choose
    return first
""",
                "the certificate of blog.test, for a client that asks for a.blog.test",
            ),
            (  # the beginning of a name
                """
def front(contexts):
    first = next(iter(contexts.values()))
    def choose(tls, name, context):
        if name is None:
            return None
        for own in contexts:
            if name.lower().startswith(own):
                tls.context = contexts[own]
                return None
        return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
    first.sni_callback = choose
    return first
""",
                "the certificate of blog.test, for a client that asks for blog.test.vault.test",
            ),
            (  # capitals
                """
def front(contexts):
    first = next(iter(contexts.values()))
    def choose(tls, name, context):
        if name in contexts:
            tls.context = contexts[name]
        elif name is not None:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
    first.sni_callback = choose
    return first
""",
                "for a client that asks for Cellar.TEST",
            ),
            (  # no name, no lower()
                """
def front(contexts):
    first = next(iter(contexts.values()))
    def choose(tls, name, context):
        if name.lower() not in contexts:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        tls.context = contexts[name.lower()]
    first.sni_callback = choose
    return first
""",
                "AttributeError in your callback, for a client that names nobody",
            ),
            (  # turns away who names nobody
                """
def front(contexts):
    first = next(iter(contexts.values()))
    def choose(tls, name, context):
        if not name or name.lower() not in contexts:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        tls.context = contexts[name.lower()]
    first.sni_callback = choose
    return first
""",
                "TLSV1_UNRECOGNIZED_NAME, for a client that names nobody",
            ),
            (  # an error for what is unknown
                """
def front(contexts):
    first = next(iter(contexts.values()))
    def choose(tls, name, context):
        if name:
            tls.context = contexts[name.lower()]
    first.sni_callback = choose
    return first
""",
                "KeyError in your callback, for a client that asks for vault.test",
            ),
            (  # raises on purpose
                """
def front(contexts):
    first = next(iter(contexts.values()))
    def choose(tls, name, context):
        if name and name.lower() not in contexts:
            raise ValueError(name)
        if name:
            tls.context = contexts[name.lower()]
    first.sni_callback = choose
    return first
""",
                "ValueError in your callback",
            ),
            (  # returns the context
                """
def front(contexts):
    first = next(iter(contexts.values()))
    first.sni_callback = lambda tls, name, context: contexts.get(name, first)
    return first
""",
                "TypeError in your callback",
            ),
            (  # returns False, which is alert 0
                """
def front(contexts):
    first = next(iter(contexts.values()))
    def choose(tls, name, context):
        if name is None:
            return None
        if name.lower() not in contexts:
            return False
        tls.context = contexts[name.lower()]
    first.sni_callback = choose
    return first
""",
                "an end without an alert",
            ),
            (  # another alert
                """
def front(contexts):
    first = next(iter(contexts.values()))
    def choose(tls, name, context):
        if name is None:
            return None
        if name.lower() not in contexts:
            return ssl.ALERT_DESCRIPTION_HANDSHAKE_FAILURE
        tls.context = contexts[name.lower()]
    first.sni_callback = choose
    return first
""",
                "SSLV3_ALERT_HANDSHAKE_FAILURE, for a client that asks for vault.test",
            ),
            (  # a loop whose last name wins
                """
def front(contexts):
    first = next(iter(contexts.values()))
    for name, own in contexts.items():
        first.sni_callback = lambda tls, asked, context: setattr(tls, "context", own)
    return first
""",
                "the certificate of cellar.test, for a client that asks for desk.test",
            ),
            (  # no callback at all
                """
def front(contexts):
    return next(iter(contexts.values()))
""",
                "the certificate of desk.test, for a client that asks for blog.test",
            ),
            (  # a new context, without a certificate
                """
def front(contexts):
    empty = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    def choose(tls, name, context):
        if name is None:
            return None
        if name.lower() not in contexts:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        tls.context = contexts[name.lower()]
    empty.sni_callback = choose
    return empty
""",
                "SSLV3_ALERT_HANDSHAKE_FAILURE, for a client that names nobody",
            ),
            (  # the callback itself
                """
def front(contexts):
    def choose(tls, name, context):
        tls.context = contexts[name.lower()]
    return choose
""",
                "Return the context that the server starts with",
            ),
        ),
    ),
}
