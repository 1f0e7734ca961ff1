"""A store file, checked without any of our own code: SQLite's reader, zstandard, cbor2 and hashlib
rebuild every record's bytes, digest and chain from docs/store.md alone, and find a store that was changed.

usage: cbor.py STORE_FILL"""
import hashlib
import math
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile

import cbor2

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
from lab.segments import double as encode_float  # noqa: E402
from lab.segments import head as encode_head, unpack  # noqa: E402

STREAMS = {1: "event", 2: "evidence", 3: "period", 4: "minute", 5: "sample", 6: "trend"}
FIELDS = {1: 24, 2: 12, 3: 20, 4: 20, 5: 11, 6: 11}
EMPTY = bytes(32)
CBOR2_ERRS = (65504.0, -65504.0)  # cbor2 writes a single; RFC 8949 appendix A has f97bff


class Broken(Exception):
    """What an auditor would report."""


def need(condition, what):
    if not condition:
        raise Broken(what)


def encode(item):
    """Deterministic encoding (RFC 8949 section 4.2.1) of what a record may hold."""
    if item is None:
        return b"\xf6"
    if isinstance(item, float):
        return encode_float(item)
    if isinstance(item, int):
        return encode_head(0, item) if item >= 0 else encode_head(1, -1 - item)
    if isinstance(item, bytes):
        return encode_head(2, len(item)) + item
    if isinstance(item, str):
        return encode_head(3, len(item.encode())) + item.encode()
    if isinstance(item, list):
        return encode_head(4, len(item)) + b"".join(encode(element) for element in item)
    pairs = sorted((encode(key), encode(value)) for key, value in item.items())
    return encode_head(5, len(pairs)) + b"".join(key + value for key, value in pairs)


def holds(item, numbers):
    """True when a float of these is somewhere in it."""
    if isinstance(item, dict):
        item = list(item.values())
    if isinstance(item, list):
        return any(holds(element, numbers) for element in item)
    return isinstance(item, float) and item in numbers


def check_record(raw, stream, sequence):
    """The record decodes, is what its place says, and has only this one form."""
    record = cbor2.loads(raw)
    need(encode(record) == raw, f"not deterministic: {raw.hex()}")
    if not holds(record, CBOR2_ERRS):
        need(cbor2.dumps(record, canonical=True) == raw, f"cbor2 differs: {raw.hex()}")
    need(record[0] == 1, "version")
    need(record[1] == stream and record[2] == sequence, "stands in the wrong place")
    need(len(record) == FIELDS[stream], f"{len(record)} fields in stream {stream}")
    need((record[3] is None) == (record[6] == 0), "a time without a clock, or none with one")
    if stream >= 5:
        keys = list(record[8])
        need(keys == sorted(keys), "points do not ascend")
        need(set(record[9]) | set(record[10]) <= set(keys), "a quality without its value")
    return record


def check_segment(row, stream, previous):
    """Returns the chain value behind it, and its records."""
    ident, first, last, count, codec, before, after, body = row
    need(ident == stream << 56 | first, "row id is not stream * 2^56 + first")
    need(before == previous, f"{STREAMS[stream]}: the chain breaks before {first}")
    chain, found = before, []
    for raw in unpack(codec, body, first):
        found.append(check_record(raw, stream, first + len(found)))
        chain = hashlib.sha256(chain + hashlib.sha256(raw).digest()).digest()
    need(len(found) == count == last - first + 1, "the number of records is wrong")
    need(chain == after, f"{STREAMS[stream]}: the chain breaks in {first} to {last}")
    return chain, found


def check_stream(database, stream):
    chain, following, found, segments = EMPTY, 1, [], 0
    rows = database.execute(
        "SELECT id,first,last,records,codec,previous,chain,body FROM segments WHERE stream=?"
        " ORDER BY id", (stream,))
    for row in rows:
        need(row[1] == following, f"{STREAMS[stream]}: {following} is not there")
        chain, more = check_segment(row, stream, chain)
        following, segments = row[2] + 1, segments + 1
        found += more
    head = database.execute("SELECT last,chain,records FROM heads WHERE stream=?",
                            (stream,)).fetchone()
    need(head == (following - 1, chain, len(found)), f"{STREAMS[stream]}: head")
    return found, segments


def check_store(path):
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        need(database.execute("PRAGMA application_id").fetchone() == (0x50474154,), "application")
        need(database.execute("PRAGMA user_version").fetchone() == (2,), "format version")
        return {stream: check_stream(database, stream) for stream in STREAMS}
    finally:
        database.close()


def check_contents(streams):
    """What store_fill wrote is what an independent reader finds."""
    for stream, (found, segments) in streams.items():
        assert len(found) >= 6 and segments >= 3, f"stream {stream}: {len(found)}, {segments}"
    scans = streams[5][0]
    values = [value for scan in scans + streams[6][0] for value in scan[8].values()]
    assert any(value == 0 and isinstance(value, float) and math.copysign(1, value) < 0
               for value in values), "negative zero"
    assert (1 << 64) - 1 in [value for value in values if isinstance(value, int)]
    assert min(value for value in values if isinstance(value, int)) < -(1 << 40)
    assert sys.float_info.max in values and "boiler-3" in values
    assert any(scan[10] for scan in scans) and b"\x7f\xc0\x00\x01" in [
        words for scan in scans for words in scan[10].values()], "kept words"
    assert [98, 2] in [quality for scan in scans for quality in scan[9].values()]
    assert any(len(scan[8]) == 0 for scan in streams[6][0]), "a scan with nothing read"
    assert any(event[10] != "" for event in streams[1][0])
    assert all(event[-1]["text"] == "超标" for event in streams[1][0])


def must_be_found(path, what, sql, *values):
    """A store that somebody changed does not pass."""
    changed = path + ".changed"
    shutil.copy(path, changed)
    database = sqlite3.connect(changed)
    assert database.execute(sql, values).rowcount > 0, what
    database.commit()
    database.close()
    try:
        check_store(changed)
    except Broken as broken:
        print(f"found: {what}: {broken}")
        return
    raise AssertionError(f"not found: {what}")


def check_teeth(path):
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    ident, codec, first, body = database.execute(
        "SELECT id, codec, first, body FROM segments WHERE stream=5 AND records>1").fetchone()
    database.close()
    records = unpack(codec, body, first)
    plain = b"".join(len(raw).to_bytes(4, "little") + raw for raw in records)
    at = plain.index(b"boiler-3")
    flipped = plain[:at] + b"boiler-4" + plain[at + 8:]
    shorter = plain[4 + len(records[0]):]
    must_be_found(path, "a changed text", "UPDATE segments SET codec=0, body=? WHERE id=?", flipped,
                  ident)
    must_be_found(path, "a removed record", "UPDATE segments SET codec=0, body=?,"
                  " records=records-1, first=first+1, id=id+1 WHERE id=?", shorter, ident)
    must_be_found(path, "a removed segment", "DELETE FROM segments WHERE id=?", ident)
    must_be_found(path, "a cut tail", "DELETE FROM segments WHERE id=(SELECT max(id) FROM segments"
                  " WHERE stream=6)")


def main():
    directory = tempfile.mkdtemp(prefix="parkgate-cbor-")
    try:
        subprocess.run([sys.argv[1], directory], check=True)
        path = os.path.join(directory, "parkgate.db")
        streams = check_store(path)
        check_contents(streams)
        check_teeth(path)
        total = sum(len(found) for found, _ in streams.values())
        print(f"{total} records in {len(streams)} streams rebuilt, chain whole")
    finally:
        shutil.rmtree(directory)


main()
