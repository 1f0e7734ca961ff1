"""Bodies of segments unpacked without any of our own code, from docs/store.md alone."""
import struct

import zstandard

SEQUENCE, INTEGER, NATURAL, DOUBLE, TEXT, BYTES = range(0xE0, 0xE6)
MASK = (1 << 64) - 1


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, length):
        assert self.at + length <= len(self.data), "cut short"
        self.at += length
        return self.data[self.at - length:self.at]

    def varint(self):
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value


def signed(word):
    return word - (1 << 64) if word >> 63 else word


def unfold(word):
    return (word >> 1 ^ (MASK if word & 1 else 0)) & MASK


def inflate(data, raw):
    return zstandard.ZstdDecompressor().decompress(data, max_output_size=raw)


def words_of(form, width, first, planes, rows):
    """The 64-bit words of a column."""
    predictor, width = width >> 4, width & 15
    kind, exponent = form >> 4, form & 15
    data = planes.take(width * (rows - 1) if rows else 0)
    told = [sum(data[j * (rows - 1) + i] << (8 * j) for j in range(width)) for i in range(rows - 1)]
    whole = first if kind == 3 else unfold(first)
    words, step = [whole], 0
    for difference in told:
        if kind == 3:
            whole ^= difference
        elif predictor == 0:
            whole = unfold(difference)
        else:
            step = (unfold(difference) + (step if predictor == 2 else 0)) & MASK
            whole = (whole + step) & MASK
        words.append(whole)
    if kind in (1, 2):
        numbers = [signed(word) / 10.0 ** exponent for word in words]
        if kind == 2:
            numbers = [struct.unpack("<f", struct.pack("<f", number))[0] for number in numbers]
        words = [struct.unpack("<Q", struct.pack("<d", number))[0] for number in numbers]
    return words[:rows]


def head(major, value):
    """RFC 8949 section 3: the shortest head."""
    if value < 24:
        return bytes([major << 5 | value])
    for code, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if value < 1 << 8 * size:
            return bytes([major << 5 | code]) + value.to_bytes(size, "big")
    raise ValueError(value)


def double(number):
    """The shortest of half, single and double that keeps the number."""
    for code, form in ((b"\xf9", ">e"), (b"\xfa", ">f")):
        try:
            short = struct.pack(form, number)
        except OverflowError:
            continue
        if struct.unpack(form, short)[0] == number:
            return code + short
    return b"\xfb" + struct.pack(">d", number)


def take_head(shape):
    start = shape.at
    first = shape.take(1)[0]
    info = first & 31
    value = info if info < 24 else int.from_bytes(shape.take(1 << (info - 24)), "big")
    return first >> 5, value, shape.data[start:shape.at]


def walk(shape, fill):
    """The bytes of one item of a shape; holes are filled by fill(hole)."""
    if SEQUENCE <= shape.data[shape.at] <= BYTES:
        return fill(shape.take(1)[0])
    major, value, raw = take_head(shape)
    if major in (2, 3):
        return raw + shape.take(value)
    if major == 4:
        return raw + b"".join(walk(shape, fill) for _ in range(value))
    if major != 5:
        return raw
    parts, key = [raw], 0
    for _ in range(value):
        kind, number, text = take_head(shape)
        if kind == 0:
            key += number
            parts.append(head(0, key))
        else:
            parts.append(text + shape.take(number))
        parts.append(walk(shape, fill))
    return b"".join(parts)


def holes_of(shape):
    holes = []

    def note(hole):
        if hole != SEQUENCE:
            holes.append(hole)
        return b""
    walk(Reader(shape), note)
    return holes


def leaf(hole, word):
    if hole == INTEGER:
        number = signed(word)
        return head(0, number) if number >= 0 else head(1, -1 - number)
    if hole == NATURAL:
        return head(0, word)
    return double(struct.unpack("<d", struct.pack("<Q", word))[0])


class Group:
    def __init__(self, index):
        self.rows = index.varint()
        self.shape = index.take(index.varint())
        self.holes, self.leaves, self.row = holes_of(self.shape), [], 0

    def take_columns(self, forms, widths, firsts, planes):
        for hole in self.holes:
            form, width, first = forms.take(1)[0], widths.take(1)[0], firsts.varint()
            total = firsts.varint() if hole in (TEXT, BYTES) else 0
            words = words_of(form, width, first, planes, self.rows)
            if hole in (TEXT, BYTES):
                text = Reader(planes.take(total))
                major = 3 if hole == TEXT else 2
                self.leaves.append([head(major, word) + text.take(word) for word in words])
            else:
                self.leaves.append([leaf(hole, word) for word in words])

    def record(self, sequence):
        column, row = iter(self.leaves), self.row
        self.row += 1
        return walk(Reader(self.shape),
                    lambda hole: head(0, sequence) if hole == SEQUENCE else next(column)[row])


def unpack_columns(body, first):
    rest = Reader(body)
    plain, records, groups, raw, stored = (rest.varint() for _ in range(5))
    index = Reader(inflate(rest.take(stored), raw) if stored else rest.take(raw))
    form, width = index.take(2)
    order = words_of(form, width, index.varint(), index, records)
    groups = [Group(index) for _ in range(groups)]
    waiting = iter(groups)
    while index.at < len(index.data):
        count, heads, planes, stored = (index.varint() for _ in range(4))
        frame = rest.take(stored or heads + planes)
        frame = inflate(frame, heads + planes) if stored else frame
        members = [next(waiting) for _ in range(count)]
        columns = sum(len(group.holes) for group in members)
        parts = [Reader(part) for part in (frame[:columns], frame[columns:2 * columns],
                                           frame[2 * columns:heads], frame[heads:])]
        for group in members:
            group.take_columns(*parts)
    found = [groups[number].record(first + i) for i, number in enumerate(order)]
    assert sum(4 + len(record) for record in found) == plain, "length"
    return found


def unpack(codec, body, first):
    """The records of a segment, each as its bytes."""
    assert codec in (0, 1, 2), f"codec {codec}"
    if codec == 1:
        return unpack_columns(body, first)
    if codec == 2:
        rest = Reader(body)
        raw = rest.varint()
        body = inflate(body[rest.at:], raw)
    rest, found = Reader(body), []
    while rest.at < len(body):
        found.append(rest.take(int.from_bytes(rest.take(4), "little")))
    return found
