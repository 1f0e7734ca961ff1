"""MQTT on the wire, 3.1.1 and 5, as far as a broker needs it: read by hand, so that what a gateway
really sends is seen and what no broker would send can be sent."""

CONNECT, CONNACK, PUBLISH, PUBACK = 1, 2, 3, 4
SUBSCRIBE, SUBACK, PINGREQ, PINGRESP, DISCONNECT = 8, 9, 12, 13, 14

# MQTT 5.0 section 2.2.2.2: identifier -> (name, kind)
PROPERTIES = {
    0x01: ("payload-format", "1"), 0x02: ("expiry", "4"), 0x03: ("content-type", "text"),
    0x08: ("response-topic", "text"), 0x09: ("correlation", "bytes"),
    0x0B: ("subscription", "number"), 0x11: ("session-expiry", "4"),
    0x12: ("assigned-client", "text"), 0x13: ("server-keepalive", "2"), 0x15: ("method", "text"),
    0x16: ("authentication", "bytes"), 0x17: ("problem-information", "1"),
    0x18: ("will-delay", "4"), 0x19: ("response-information", "1"), 0x1C: ("server", "text"),
    0x1F: ("reason", "text"), 0x21: ("receive-maximum", "2"), 0x22: ("alias-maximum", "2"),
    0x23: ("alias", "2"), 0x24: ("maximum-qos", "1"), 0x25: ("retain", "1"),
    0x26: ("user", "pair"), 0x27: ("maximum-packet", "4"), 0x28: ("wildcards", "1"),
    0x29: ("subscription-ids", "1"), 0x2A: ("shared", "1"),
}
NUMBERS = {name: (code, kind) for code, (name, kind) in PROPERTIES.items()}


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if self.at + count > len(self.data):
            raise ValueError("a packet ends within a field")
        part = self.data[self.at:self.at + count]
        self.at += count
        return part

    def number(self, size):
        return int.from_bytes(self.take(size), "big")

    def bytes(self):
        return self.take(self.number(2))

    def text(self):
        return self.bytes().decode()

    def variable(self):
        value = shift = 0
        while True:
            byte = self.number(1)
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def rest(self):
        return self.take(len(self.data) - self.at)

    def properties(self):
        """{name: value}; user properties as {"user": {name: value}}."""
        inner, found = Reader(self.take(self.variable())), {}
        while inner.at < len(inner.data):
            name, kind = PROPERTIES[inner.variable()]
            if kind == "pair":
                key = inner.text()
                found.setdefault("user", {})[key] = inner.text()
            elif name in found:
                raise ValueError(f"{name} stands twice")
            else:
                found[name] = (inner.text() if kind == "text" else
                               inner.bytes() if kind == "bytes" else
                               inner.variable() if kind == "number" else inner.number(int(kind)))
        return found


def variable(value):
    data = b""
    while True:
        value, byte = value >> 7, value & 127
        data += bytes([byte | (128 if value else 0)])
        if not value:
            return data


def properties(values):
    data = b""
    for name, value in values.items():
        code, kind = NUMBERS[name]
        body = (len(value.encode()).to_bytes(2, "big") + value.encode() if kind == "text"
                else value.to_bytes(int(kind), "big"))
        data += bytes([code]) + body
    return variable(len(data)) + data


def packet(kind, body=b"", flags=0):
    return bytes([kind << 4 | flags]) + variable(len(body)) + body


def receive(sock):
    """(kind, flags, body) of the next packet, or None at the end of the connection."""
    def exactly(count):
        data = b""
        while len(data) < count:
            part = sock.recv(count - len(data))
            if not part:
                raise EOFError
            data += part
        return data
    try:
        first, length, shift = exactly(1)[0], 0, 0
        while True:
            byte = exactly(1)[0]
            length |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        return first >> 4, first & 15, exactly(length)
    except (EOFError, OSError):
        return None


def parse_connect(body):
    """What a CONNECT says, by name."""
    reader = Reader(body)
    said = {"protocol": reader.text(), "version": reader.number(1)}
    flags = reader.number(1)
    said.update(clean=bool(flags & 2), will_retain=bool(flags & 32), will_qos=flags >> 3 & 3,
                keepalive=reader.number(2))
    said["properties"] = reader.properties() if said["version"] == 5 else {}
    said["client"] = reader.text()
    if flags & 4:
        said["will_properties"] = reader.properties() if said["version"] == 5 else {}
        said["will_topic"], said["will"] = reader.text(), reader.bytes()
    said["user"] = reader.text() if flags & 128 else None
    said["password"] = reader.bytes() if flags & 64 else None
    if reader.at != len(body):
        raise ValueError("bytes behind the end of CONNECT")
    return said


def parse_publish(flags, body, version):
    reader = Reader(body)
    said = {"topic": reader.text(), "qos": flags >> 1 & 3, "retain": bool(flags & 1),
            "again": bool(flags & 8), "size": len(body)}
    said["id"] = reader.number(2) if said["qos"] else 0
    said["properties"] = reader.properties() if version == 5 else {}
    said["payload"] = reader.rest()
    return said
