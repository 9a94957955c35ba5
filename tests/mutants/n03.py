"""Answers to the exercises of notebook 03: other right ones, and typical wrong ones with a part of their reply."""

from . import Cases

# The bytes of an encrypted key, as most answers below make them.
_ENCODE = """
    data = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase),
    )"""
_PRIVATE = "os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600"

EXERCISES = {
    "03-save": Cases(
        accepted=(
            # the standard library's temporary file, in the same folder
            f"""
def save_private(path, key, passphrase):
    from tempfile import NamedTemporaryFile{_ENCODE}
    with NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(data)
    Path(file.name).replace(path)
""",
            # the umask, put back
            f"""
def save_private(path, key, passphrase):{_ENCODE}
    before = os.umask(0o077)
    try:
        new = path.with_suffix(".new")
        new.write_bytes(data)
        os.rename(new, path)
    finally:
        os.umask(before)
""",
            # an opener, and a link that is then renamed
            f"""
def save_private(path, key, passphrase):{_ENCODE}
    new = str(path) + "~"
    with open(new, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(data)
    os.replace(new, path)
""",
        ),
        mutants=(
            (  # the careless way
                f"""
def save_private(path, key, passphrase):{_ENCODE}
    path.write_bytes(data)
""",
                "others could open the file",
            ),
            (  # chmod before the bytes come: too late as well, and half a key in between
                f"""
def save_private(path, key, passphrase):{_ENCODE}
    new = path.with_name("key.new")
    new.touch()
    new.chmod(0o600)
    new.write_bytes(data)
    os.replace(new, path)
""",
                "others could open the second file",
            ),
            (  # private, but in place
                f"""
def save_private(path, key, passphrase):{_ENCODE}
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
""",
                "a moment at which the file had 0 bytes",
            ),
            (  # removes the old one first
                f"""
def save_private(path, key, passphrase):{_ENCODE}
    new = path.with_name("key.new")
    with os.fdopen(os.open(new, {_PRIVATE}), "wb") as file:
        file.write(data)
    path.unlink(missing_ok=True)
    new.rename(path)
""",
                "a moment without any key",
            ),
            (  # the name must be free
                f"""
def save_private(path, key, passphrase):{_ENCODE}
    new = path.with_name("key.new")
    with os.fdopen(os.open(new, {_PRIVATE}), "wb") as file:
        file.write(data)
    os.link(new, path)
    new.unlink()
""",
                "FileExistsError where an older key was",
            ),
            (  # the system's folder for temporary files, which may be another disk
                f"""
def save_private(path, key, passphrase):
    from tempfile import mkstemp{_ENCODE}
    descriptor, new = mkstemp()
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    os.replace(new, path)
""",
                "made in another folder",
            ),
            (  # copies the finished file
                f"""
def save_private(path, key, passphrase):
    from shutil import copyfile{_ENCODE}
    new = path.with_name("key.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, {_PRIVATE}), "wb") as file:
        file.write(data)
    before = os.umask(0o077)
    copyfile(new, path)
    os.umask(before)
""",
                "a copy takes several steps",
            ),
            (  # leaves its second file behind
                f"""
def save_private(path, key, passphrase):{_ENCODE}
    for name in ("key.bak", "key.new"):
        path.with_name(name).unlink(missing_ok=True)
        with os.fdopen(os.open(path.with_name(name), {_PRIVATE}), "wb") as file:
            file.write(data)
    path.with_name("key.new").replace(path)
""",
                "a second file left in the folder",
            ),
            (  # changes the rights of every file that the program makes from now on
                f"""
def save_private(path, key, passphrase):{_ENCODE}
    os.umask(0o077)
    new = path.with_suffix(".new")
    new.write_bytes(data)
    new.replace(path)
""",
                "a umask of 077 after the call",
            ),
            (  # forgets the passphrase
                f"""
def save_private(path, key, passphrase):
    data = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    new = path.with_name("key.new")
    with os.fdopen(os.open(new, {_PRIVATE}), "wb") as file:
        file.write(data)
    os.replace(new, path)
""",
                "a key that anyone can load",
            ),
            (  # the older form
                f"""
def save_private(path, key, passphrase):{_ENCODE.replace("PKCS8", "TraditionalOpenSSL")}
    new = path.with_name("key.new")
    with os.fdopen(os.open(new, {_PRIVATE}), "wb") as file:
        file.write(data)
    os.replace(new, path)
""",
                "BEGIN EC PRIVATE KEY",
            ),
            (  # DER
                f"""
def save_private(path, key, passphrase):{_ENCODE.replace("PEM", "DER")}
    new = path.with_name("key.new")
    with os.fdopen(os.open(new, {_PRIVATE}), "wb") as file:
        file.write(data)
    os.replace(new, path)
""",
                "does not begin with -----BEGIN",
            ),
            (  # encodes when the new file is there already
                f"""
def save_private(path, key, passphrase):
    new = path.with_name("key.new")
    with os.fdopen(os.open(new, {_PRIVATE}), "wb") as file:
        {_ENCODE.replace(chr(10) + "    ", chr(10) + "        ").strip()}
        file.write(data)
    os.replace(new, path)
""",
                "an unfinished file left in the folder",
            ),
            (  # takes an empty passphrase for none
                f"""
def save_private(path, key, passphrase):
    data = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption(),
    )
    new = path.with_name("key.new")
    with os.fdopen(os.open(new, {_PRIVATE}), "wb") as file:
        file.write(data)
    os.replace(new, path)
""",
                "no error for an empty passphrase",
            ),
        ),
    ),
    "03-tlv": Cases(
        accepted=(
            # builds the one right form of the length, and compares
            """
def tlv(data, offset):
    header = data[offset : offset + 2]
    if len(header) < 2:
        raise ValueError("cut off")
    if header[1] < 128:
        length, start = header[1], offset + 2
    else:
        start = offset + 2 + (header[1] & 127)
        length = int.from_bytes(data[offset + 2 : start], "big")
        shortest = length.to_bytes((length.bit_length() + 7) // 8, "big")
        if length < 128 or data[offset + 2 : start] != shortest or header[1] & 127 != len(shortest):
            raise ValueError("not DER")
    if len(data) - start < length:
        raise ValueError("cut off")
    return header[0], start, start + length
""",
            # lets the package judge
            """
def tlv(data, offset):
    for end in range(offset + 1, len(data) + 1):
        try:
            node = der.parse(data[offset:end])
        except ValueError:
            continue
        return node.tag, offset + node.header, end
    raise ValueError("no element here")
""",
        ),
        mutants=(
            (  # the short form alone
                """
def tlv(data, offset):
    if data[offset + 1] >= 0x80:
        raise ValueError("too long")
    return data[offset], offset + 2, offset + 2 + data[offset + 1]
""",
                "ValueError for an element of 128 bytes",
            ),
            (  # the first byte as a number
                """
def tlv(data, offset):
    return data[offset], offset + 2, offset + 2 + data[offset + 1]
""",
                "129 bytes of content for an element of 128 bytes",
            ),
            (  # two length bytes at most, as in most examples
                """
def tlv(data, offset):
    tag, length, start = data[offset], data[offset + 1], offset + 2
    if length == 0x81:
        length, start = data[start], start + 1
    elif length == 0x82:
        length, start = data[start] * 256 + data[start + 1], start + 2
    return tag, start, start + length
""",
                "131 bytes of content for an element of 65536 bytes",
            ),
            (  # little-endian
                """
def tlv(data, offset):
    tag, length, start = data[offset], data[offset + 1], offset + 2
    if length > 0x80:
        count = length - 0x80
        length, start = int.from_bytes(data[start : start + count], "little"), start + count
    return tag, start, start + length
""",
                "1 bytes of content for an element of 256 bytes",
            ),
            (  # the length in the place of the end
                """
def tlv(data, offset):
    return data[offset], offset + 2, data[offset + 1]
""",
                "Add the length to the start",
            ),
            (  # the bytes themselves
                """
def tlv(data, offset):
    start = offset + 2
    return data[offset], data[start : start + data[offset + 1]]
""",
                "three numbers: tag, start, end",
            ),
            (  # counts from the element
                """
def tlv(data, offset):
    return data[offset], 2, 2 + data[offset + 1]
""",
                "places counted from the element",
            ),
            (  # reads at the beginning of the data
                """
def tlv(data, offset):
    return data[0], offset + 2, offset + 2 + data[offset + 1]
""",
                "The tag is the byte at offset",
            ),
            (  # believes the length
                """
def tlv(data, offset):
    tag, length, start = data[offset], data[offset + 1], offset + 2
    if length >= 0x80:
        more = data[start : start + length - 0x80]
        start, length = start + length - 0x80, int.from_bytes(more, "big")
        if length < 0x80 or more[0] == 0:
            raise ValueError
    return tag, start, start + length
""",
                "for 0403aabb, which breaks off in its content",
            ),
            (  # runs into the end of the data
                """
def tlv(data, offset):
    tag, length, start = data[offset], data[offset + 1], offset + 2
    if length >= 0x80:
        more = data[start : start + length - 0x80]
        start, length = start + length - 0x80, int.from_bytes(more, "big")
        if length < 0x80 or more[0] == 0:
            raise ValueError
    if start + length > len(data):
        raise ValueError
    return tag, start, start + length
""",
                "IndexError for 04, a tag alone",
            ),
            (  # an indefinite length as 0
                """
def tlv(data, offset):
    if offset + 2 > len(data):
        raise ValueError
    tag, length, start = data[offset], data[offset + 1], offset + 2
    if length >= 0x80:
        count = length - 0x80
        length, start = int.from_bytes(data[start : start + count], "big"), start + count
    if start + length > len(data):
        raise ValueError
    return tag, start, start + length
""",
                "(36, 2, 2) for 2480040100",
            ),
            (  # the long form for a short length
                """
def tlv(data, offset):
    if offset + 2 > len(data) or data[offset + 1] == 0x80:
        raise ValueError
    tag, length, start = data[offset], data[offset + 1], offset + 2
    if length >= 0x80:
        count = length - 0x80
        length, start = int.from_bytes(data[start : start + count], "big"), start + count
    if start + length > len(data):
        raise ValueError
    return tag, start, start + length
""",
                "5 in the long form",
            ),
            (  # zeros in front of a length
                """
def tlv(data, offset):
    if offset + 2 > len(data):
        raise ValueError
    tag, length, start = data[offset], data[offset + 1], offset + 2
    if length >= 0x80:
        count = length - 0x80
        length, start = int.from_bytes(data[start : start + count], "big"), start + count
        if length < 0x80:
            raise ValueError
    if start + length > len(data):
        raise ValueError
    return tag, start, start + length
""",
                "a length that begins with 00",
            ),
        ),
    ),
    "03-ask": Cases(
        accepted=(
            # no loop, and a common name that is one of the names where it fits
            """
def ask(key, names):
    san = []
    for name in names:
        address = name.replace(".", "").isdigit() or ":" in name
        san.append(x509.IPAddress(ipaddress.ip_address(name)) if address else x509.DNSName(name))
    subject = [x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])] if len(names[0]) <= 64 else []
    builder = x509.CertificateSigningRequestBuilder(x509.Name(subject))
    builder = builder.add_extension(x509.SubjectAlternativeName(san), critical=not subject)
    try:
        return builder.sign(key, hashes.SHA256())
    except ValueError:
        return builder.sign(key, None)
""",
            """
def ask(key, names):
    return csr.create(key, names)
""",
        ),
        mutants=(
            (  # the article's
                """
def ask(key, names):
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Example Domain")])
    return x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
""",
                "without subject alternative name",
            ),
            (  # the first name in the common name, the others in the SAN
                """
def ask(key, names):
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    san = x509.SubjectAlternativeName([x509.DNSName(name) for name in names[1:] or names])
    return builder.add_extension(san, critical=False).sign(key, hashes.SHA256())
""",
                "The common name is no second place to look",
            ),
            (  # everything in one entry
                """
def ask(key, names):
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    san = x509.SubjectAlternativeName([x509.DNSName(", ".join(names))])
    return builder.add_extension(san, critical=False).sign(key, hashes.SHA256())
""",
                "one entry that says 'shop.example, www.shop.example'",
            ),
            (  # an address among the DNS names
                """
def ask(key, names):
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    san = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
    return builder.add_extension(san, critical=False).sign(key, hashes.SHA256())
""",
                "127.0.0.1 as a DNS name",
            ),
            (  # four numbers are an address, and nothing else is
                """
def ask(key, names):
    def entry(name):
        four = name.replace(".", "").isdigit()
        return x509.IPAddress(ipaddress.ip_address(name)) if four else x509.DNSName(name)
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    san = x509.SubjectAlternativeName([entry(name) for name in names])
    return builder.add_extension(san, critical=False).sign(key, hashes.SHA256())
""",
                "::1 as a DNS name",
            ),
            (  # keeps the first name in the subject
                """
def ask(key, names):
    def entry(name):
        try:
            return x509.IPAddress(ipaddress.ip_address(name))
        except ValueError:
            return x509.DNSName(name)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    san = x509.SubjectAlternativeName([entry(name) for name in names])
    return builder.add_extension(san, critical=False).sign(key, hashes.SHA256())
""",
                "A common name has 64 at most",
            ),
            (  # one hash for all kinds of key
                """
def ask(key, names):
    def entry(name):
        try:
            return x509.IPAddress(ipaddress.ip_address(name))
        except ValueError:
            return x509.DNSName(name)
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    san = x509.SubjectAlternativeName([entry(name) for name in names])
    return builder.add_extension(san, critical=False).sign(key, hashes.SHA256())
""",
                "ValueError for an Ed25519 key",
            ),
            (  # keeps the article's common name beside the right names
                """
def ask(key, names):
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Example Domain")])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    san = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
    return builder.add_extension(san, critical=False).sign(key, hashes.SHA256())
""",
                "the common name 'Example Domain'",
            ),
            (  # asks for more than it needs
                """
def ask(key, names):
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    san = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return builder.add_extension(san, critical=False).sign(key, hashes.SHA256())
""",
                "a request to become a CA",
            ),
            (  # a key of its own
                """
def ask(key, names):
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    san = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
    return builder.add_extension(san, critical=False).sign(key, hashes.SHA256())
""",
                "a request for another key",
            ),
            (  # the text of it
                """
def ask(key, names):
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    san = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
    request = builder.add_extension(san, critical=False).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM)
""",
                "Return what .sign(…) returns",
            ),
            (  # a wildcard on top
                """
def ask(key, names):
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    san = x509.SubjectAlternativeName([x509.DNSName(name) for name in [*names, "*." + names[0]]])
    return builder.add_extension(san, critical=False).sign(key, hashes.SHA256())
""",
                "as well",
            ),
        ),
    ),
}
