"""Answers to the exercises of notebook 05: other right ones, and typical wrong ones with a part of their reply."""

from . import Cases

EXERCISES = {
    "05-diagnose": Cases(
        accepted=(
            # upwards by recursion, with all that bear the name looked at in one walk
            """
def diagnose(leaf, sent, anchors):
    if leaf in anchors:
        return leaf, "trusted"
    word = "nobody"
    for one in [*anchors, *sent]:
        if one == leaf or one.subject != leaf.issuer:
            continue
        if linked(leaf, one):
            return diagnose(one, sent, anchors)
        word = "another key"
    return leaf, "self-signed" if linked(leaf, leaf) else word
""",
            # with cryptography's call itself, and the self-signed asked for first
            """
def diagnose(leaf, sent, anchors):
    here = leaf
    while True:
        if here in anchors:
            return (here, "trusted")
        try:
            here.verify_directly_issued_by(here)
            return (here, "self-signed")
        except (ValueError, InvalidSignature):
            pass
        named = [c for c in list(sent) + list(anchors) if c.subject == here.issuer]
        fitting = next((c for c in named if linked(here, c)), None)
        if fitting is None:
            return (here, "another key") if named else (here, "nobody")
        here = fitting
""",
        ),
        mutants=(
            (  # goes by names alone
                """
def diagnose(leaf, sent, anchors):
    here = leaf
    while here not in anchors:
        above = [one for one in (*anchors, *sent) if one.subject == here.issuer and one != here]
        if not above:
            return here, "self-signed" if here.subject == here.issuer else "nobody"
        here = above[0]
    return here, "trusted"
""",
                "A name only makes a candidate",
            ),
            (  # believes a root because the server sent it
                """
def diagnose(leaf, sent, anchors):
    here, known = leaf, [*anchors, *sent]
    while here not in anchors:
        named = [one for one in known if one.subject == here.issuer and one != here]
        above = [one for one in named if linked(here, one)]
        if above:
            here = above[0]
        elif linked(here, here):
            return here, "trusted" if here in known else "self-signed"
        else:
            return here, "another key" if named else "nobody"
    return here, "trusted"
""",
                "Who sent it proves nothing",
            ),
            (  # takes the order of what was sent for the order of the path
                """
def diagnose(leaf, sent, anchors):
    here = leaf
    for one in [*sent, *anchors]:
        if here in anchors:
            break
        if one.subject != here.issuer:
            return here, "self-signed" if linked(here, here) else "nobody"
        if not linked(here, one):
            return here, "another key"
        here = one
    if here in anchors:
        return here, "trusted"
    return here, "self-signed" if linked(here, here) else "nobody"
""",
                "three intermediates, sent upside down",
            ),
            (  # looks for issuers among what was sent alone
                """
def diagnose(leaf, sent, anchors):
    here = leaf
    while here not in anchors:
        named = [one for one in sent if one.subject == here.issuer and one != here]
        above = [one for one in named if linked(here, one)]
        if above:
            here = above[0]
        elif linked(here, here):
            return here, "self-signed"
        else:
            return here, "another key" if named else "nobody"
    return here, "trusted"
""",
                "Look for the issuer among the anchors",
            ),
            (  # climbs from a self-signed certificate to itself, for ever
                """
def diagnose(leaf, sent, anchors):
    here = leaf
    while here not in anchors:
        above = [one for one in (*anchors, *sent, here) if linked(here, one)]
        if not above:
            return here, "another key" if any(o.subject == here.issuer for o in (*anchors, *sent)) else "nobody"
        here = above[0]
    return here, "trusted"
""",
                "for an untrusted root that was sent along; expected an answer within a moment. A self-signed",
            ),
            (  # tries the first of that name and no other
                """
def diagnose(leaf, sent, anchors):
    here = leaf
    while here not in anchors:
        named = [one for one in (*anchors, *sent) if one.subject == here.issuer and one != here]
        if linked(here, here):
            return here, "self-signed"
        if not named:
            return here, "nobody"
        if not linked(here, named[0]):
            return here, "another key"
        here = named[0]
    return here, "trusted"
""",
                "not of the first alone",
            ),
            (  # one word for whoever is not trusted
                """
def diagnose(leaf, sent, anchors):
    here = leaf
    while here not in anchors:
        above = [one for one in (*anchors, *sent) if one != here and linked(here, one)]
        if not above:
            return here, "self-signed" if linked(here, here) else "nobody"
        here = above[0]
    return here, "trusted"
""",
                "a word of its own",
            ),
            (  # asks for a self-signed leaf first, and forgets that it may be an anchor
                """
def diagnose(leaf, sent, anchors):
    here = leaf
    while not linked(here, here):
        named = [one for one in (*anchors, *sent) if one.subject == here.issuer]
        above = [one for one in named if linked(here, one)]
        if not above:
            return here, "another key" if named else "nobody"
        here = above[0]
    return here, "trusted" if here in anchors and here != leaf else "self-signed"
""",
                "Before anything else ask",
            ),
            (  # always says it of the leaf
                """
def diagnose(leaf, sent, anchors):
    here = leaf
    while here not in anchors:
        named = [one for one in (*anchors, *sent) if one.subject == here.issuer and one != here]
        above = [one for one in named if linked(here, one)]
        if not above:
            return leaf, "self-signed" if linked(here, here) else "another key" if named else "nobody"
        here = above[0]
    return here, "trusted"
""",
                '"nobody" at orders.harbour.example for a root that this client has never heard of',
            ),
            (  # the word alone
                """
def diagnose(leaf, sent, anchors):
    found = paths(leaf, sent, anchors)
    return "trusted" if found else "nobody"
""",
                "Return both: here, word",
            ),
            (  # the certificate's name in place of the certificate
                """
def diagnose(leaf, sent, anchors):
    found = paths(leaf, sent, anchors)
    return (who(found[0][-1]), "trusted") if found else (str(leaf.subject), "nobody")

def who(certificate):
    return certificate.subject.rfc4514_string()
""",
                "('CN=Harbour Root', 'trusted')",
            ),
        ),
    ),
    "05-first-good": Cases(
        accepted=(
            # one way after the other, without building them all first
            """
def first_good(leaf, sent, anchors, failed):
    def climb(way):
        if way[-1] in anchors:
            return None if failed(way) else way
        for one in [*anchors, *sent]:
            if one not in way and linked(way[-1], one):
                found = climb([*way, one])
                if found:
                    return found
        return None
    return climb([leaf])
""",
            # level by level
            """
def first_good(leaf, sent, anchors, failed):
    ways = [(leaf,)]
    while ways:
        longer = []
        for way in ways:
            if way[-1] in anchors:
                if failed(way) == []:
                    return way
                continue
            longer += [(*way, one) for one in (*sent, *anchors) if one not in way and linked(way[-1], one)]
        ways = longer
""",
        ),
        mutants=(
            (  # the colleague's
                """
def first_good(leaf, sent, anchors, failed):
    path = [leaf]
    while path[-1] not in anchors:
        path.append(next(one for one in (*sent, *anchors) if one.subject == path[-1].issuer))
    return None if failed(path) else path
""",
                "StopIteration for the new root alone",
            ),
            (  # the other way round: anchors first, and still no way back
                """
def first_good(leaf, sent, anchors, failed):
    path = [leaf]
    while path[-1] not in anchors:
        path.append(next(one for one in (*anchors, *sent) if linked(path[-1], one)))
    return None if failed(path) else path
""",
                "None for an intermediate that ended",
            ),
            (  # the first path there is, unjudged
                """
def first_good(leaf, sent, anchors, failed):
    found = paths(leaf, sent, anchors)
    return found[0] if found else None
""",
                "of which failed says",
            ),
            (  # forgets that there may be none
                """
def first_good(leaf, sent, anchors, failed):
    return next(path for path in paths(leaf, sent, anchors) if not failed(path))
""",
                "Where no way leads to an anchor, return None",
            ),
            (  # the list of all
                """
def first_good(leaf, sent, anchors, failed):
    return [path for path in paths(leaf, sent, anchors) if not failed(path)]
""",
                "Return one path, or None",
            ),
            (  # yes or no
                """
def first_good(leaf, sent, anchors, failed):
    return any(not failed(path) for path in paths(leaf, sent, anchors))
""",
                "a bool for",
            ),
            (  # gives back the path with the fewest failures
                """
def first_good(leaf, sent, anchors, failed):
    found = paths(leaf, sent, anchors)
    return min(found, key=lambda path: len(failed(path)), default=None)
""",
                "Nothing may fail in the path",
            ),
            (  # ends at whatever signed itself
                """
def first_good(leaf, sent, anchors, failed):
    def climb(way):
        if way[-1] in anchors or linked(way[-1], way[-1]):
            return None if failed(way) else way
        found = [climb([*way, one]) for one in (*anchors, *sent) if one not in way and linked(way[-1], one)]
        return next(filter(None, found), None)
    return climb([leaf])
""",
                "A path ends at one of the anchors",
            ),
            (  # goes in circles
                """
def first_good(leaf, sent, anchors, failed):
    def climb(way):
        if way[-1] in anchors:
            return None if failed(way) else way
        above = [one for one in (*anchors, *sent) if one != way[-1] and linked(way[-1], one)]
        return next(filter(None, (climb([*way, one]) for one in above)), None)
    return climb([leaf])
""",
                "A certificate may occur once in a path",
            ),
            (  # by names alone, and no way back from a namesake
                """
def first_good(leaf, sent, anchors, failed):
    def climb(way):
        if way[-1] in anchors:
            return way
        for one in (*anchors, *sent):
            if one not in way and one.subject == way[-1].issuer:
                return climb([*way, one])
        return None
    found = climb([leaf])
    return None if found is None or failed(found) else found
""",
                "A name only makes a candidate: ask linked, and try all",
            ),
            (  # leaves the anchor out
                """
def first_good(leaf, sent, anchors, failed):
    for path in paths(leaf, sent, anchors):
        if not failed(path):
            return path[:-1]
""",
                "orders.harbour.example ← Harbour Issuing CA for leaf, intermediate, root",
            ),
        ),
    ),
    "05-covers": Cases(
        accepted=(
            # label by label
            """
def covers(certificate, hostname):
    found = [one.value for one in certificate.extensions if isinstance(one.value, x509.SubjectAlternativeName)]
    if not found:
        return False
    try:
        address = ipaddress.ip_address(hostname)
    except ValueError:
        pass
    else:
        return any(isinstance(one, x509.IPAddress) and one.value == address for one in found[0])
    labels = hostname.lower().split(".")
    for one in found[0]:
        if isinstance(one, x509.DNSName):
            first, *rest = one.value.lower().split(".")
            if "*" not in "".join(rest) and rest == labels[1:] and first in ("*", labels[0]):
                return True
    return False
""",
            # the library's
            """
def covers(certificate, hostname):
    return names.check_host(certificate, hostname).state == "pass"
""",
        ),
        mutants=(
            (  # as they stand, letter by letter
                """
def covers(certificate, hostname):
    san = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return hostname in san.get_values_for_type(x509.DNSName)
""",
                "Host names are the same in capitals",
            ),
            (  # small letters on one side only
                """
def covers(certificate, hostname):
    san = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return hostname.lower() in san.get_values_for_type(x509.DNSName)
""",
                "The certificate's name may be in capitals too",
            ),
            (  # a star for everything that ends so
                """
def covers(certificate, hostname):
    san = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    wanted = hostname.lower()
    for name in san.get_values_for_type(x509.DNSName):
        name = name.lower()
        if name == wanted or (name.startswith("*.") and wanted.endswith(name[1:])):
            return True
    return False
""",
                "eu.orders.harbour.example, where",
            ),
            (  # the domain itself as well
                """
def covers(certificate, hostname):
    san = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    wanted = hostname.lower()
    for name in san.get_values_for_type(x509.DNSName):
        name = name.lower()
        if name == wanted or (name.startswith("*.") and name[2:] in (wanted, wanted.partition(".")[2])):
            return True
    return False
""",
                "True for harbour.example, where",
            ),
            (  # patterns of file names
                """
def covers(certificate, hostname):
    from fnmatch import fnmatch
    san = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return any(fnmatch(hostname.lower(), name.lower().replace("*", "[!.]*"))
               for name in san.get_values_for_type(x509.DNSName)
               if hostname.count(".") == name.count("."))
""",
                "the DNS name o*.harbour.example",
            ),
            (  # a pattern in which a dot is any sign
                """
def covers(certificate, hostname):
    import re
    san = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return any(re.fullmatch(name.lower().replace("*", "[^.]+"), hostname.lower()) is not None
               for name in san.get_values_for_type(x509.DNSName))
""",
                "A dot is a dot",
            ),
            (  # a star in any label
                """
def covers(certificate, hostname):
    san = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    wanted = hostname.lower().split(".")
    for name in san.get_values_for_type(x509.DNSName):
        labels = name.lower().split(".")
        if len(labels) == len(wanted) and all(a in ("*", b) for a, b in zip(labels, wanted)):
            return True
    return False
""",
                "the DNS name orders.*.example",
            ),
            (  # two stars
                """
def covers(certificate, hostname):
    san = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    wanted = hostname.lower().split(".")
    for name in san.get_values_for_type(x509.DNSName):
        labels = name.lower().split(".")
        while labels[0] == "*" and len(labels) > 1 and len(labels) == len(wanted):
            labels, wanted = labels[1:], wanted[1:]
        if labels == wanted:
            return True
        wanted = hostname.lower().split(".")
    return False
""",
                "the DNS name *.*.example",
            ),
            (  # the first name alone
                """
def covers(certificate, hostname):
    san = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return san.get_values_for_type(x509.DNSName)[0].lower() == hostname.lower()
""",
                "look at all of them",
            ),
            (  # falls back to the common name
                """
def covers(certificate, hostname):
    first, _, rest = hostname.lower().partition(".")
    try:
        san = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        listed = [name.lower() for name in san.get_values_for_type(x509.DNSName)]
    except x509.ExtensionNotFound:
        listed = [certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value]
    return hostname.lower() in listed or f"*.{rest}" in listed
""",
                "True for orders.harbour.example, where the leaf has that common name",
            ),
            (  # does not expect a leaf without names
                """
def covers(certificate, hostname):
    first, _, rest = hostname.lower().partition(".")
    san = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    listed = [name.lower() for name in san.get_values_for_type(x509.DNSName)]
    return hostname.lower() in listed or f"*.{rest}" in listed
""",
                "ExtensionNotFound",
            ),
            (  # no addresses
                """
def covers(certificate, hostname):
    first, _, rest = hostname.lower().partition(".")
    try:
        san = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    listed = [name.lower() for name in san.get_values_for_type(x509.DNSName)]
    return hostname.lower() in listed or f"*.{rest}" in listed
""",
                "False for 192.0.2.7, where the leaf has the address",
            ),
            (  # addresses as text
                """
def covers(certificate, hostname):
    first, _, rest = hostname.lower().partition(".")
    try:
        san = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    listed = [str(entry.value).lower() for entry in san]
    return hostname.lower() in listed or f"*.{rest}" in listed
""",
                "False for 2001:DB8:0:0:0:0:0:7",
            ),
            (  # an address may also be found among the names
                """
def covers(certificate, hostname):
    first, _, rest = hostname.lower().partition(".")
    try:
        san = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    listed = [name.lower() for name in san.get_values_for_type(x509.DNSName)]
    try:
        if ipaddress.ip_address(hostname) in san.get_values_for_type(x509.IPAddress):
            return True
    except ValueError:
        pass
    return hostname.lower() in listed or f"*.{rest}" in listed
""",
                "addresses have a type",
            ),
            (  # an address is kept from plain names, not from wildcards
                """
def covers(certificate, hostname):
    first, _, rest = hostname.lower().partition(".")
    try:
        san = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    listed = [name.lower() for name in san.get_values_for_type(x509.DNSName)]
    try:
        address = ipaddress.ip_address(hostname)
        listed = [name for name in listed if name != hostname]
        if address in san.get_values_for_type(x509.IPAddress):
            return True
    except ValueError:
        pass
    return hostname.lower() in listed or f"*.{rest}" in listed
""",
                "so no wildcard covers it",
            ),
            (  # the name that covers, or None
                """
def covers(certificate, hostname):
    san = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    for name in san.get_values_for_type(x509.DNSName):
        if name.lower() == hostname.lower():
            return name
""",
                "Return True or False in every case",
            ),
        ),
    ),
}
