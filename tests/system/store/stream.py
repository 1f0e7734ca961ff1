#!/usr/bin/python3
"""What mosquitto_sub recorded is verified by parkgatectl verify --stream from the file alone; and
what was done to a recording is told apart: any digit changed, lines removed, repeated, swapped or
cut, a signature cut, content that was forged with a chain of its own."""
import hashlib
import json
import os
import struct
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", ".."), os.path.join(HERE, "..", "centre")]
import centre  # noqa: E402
from lab.broker import Broker  # noqa: E402
from lab.case import check, run_case  # noqa: E402
from lab.gateway import Gateway  # noqa: E402
from lab.processes import wait_for  # noqa: E402
from lab.slave import COUNTER, Slave  # noqa: E402

SITE = """
gateway: {{park: test, name: stream}}
buses:
  line: {{tcp: "127.0.0.1:{slave}"}}
devices:
  cems:
    bus: line
    unit: 1
    every: 200ms
    points:
      so2: {{holding: 0, type: float32, unit: mg/m3}}
      scaled: {{holding: 2, type: s16, scale: 0.1, offset: -40, unit: degC}}
      natural: {{holding: 4, type: u64}}
      whole: {{holding: 8, type: s64}}
      huge: {{holding: 12, type: float64}}
      name: {{holding: 16, type: string, registers: 3}}
      odd: {{holding: 20, type: float32}}
      minus: {{holding: 22, type: float32}}
      gone: {{holding: 700}}
  plc: {{bus: line, unit: 2, every: 300ms, points: {{reads: {{holding: {counter}, {more}}}}}}}
assets:
  boiler:
    kind: boiler
    outlet: DA001
    from: cems
    limits: {{so2: {{at-most: 50 mg/m3, averaging: instant}}}}
destinations:
  centre: {{mqtt: "tcp://127.0.0.1:{broker}"}}
"""
BASE = "parkgate/v1/test/stream/"
DATA = ("events", "statistics", "samples")


def words(form, value):
    data = struct.pack(">" + form, value)
    return list(struct.unpack(f">{len(data) // 2}H", data))


HOLDING = {0: words("f", 31.2), 2: words("h", -123), 4: words("Q", 2**64 - 2),
           8: words("q", -2**62 - 3), 12: words("d", 12345678901234567168.0),
           16: words("6s", b"A-1\xc3\xa9"), 20: words("I", 0x7FC00002), 22: words("f", -0.0)}


# ---- the recording ----

class Recorder:
    """mosquitto_sub as a centre would let it write a file."""

    def __init__(self, lab, port):
        self.child = lab.start("recorder", [
            "/usr/bin/mosquitto_sub", "-h", "127.0.0.1", "-p", str(port), "-q", "1", "-c",
            "-i", "recorder", "-t", BASE + "#", "-F", "%t %p"])
        wait_for(lambda: self._is_subscribed(lab, port), 10, "mosquitto_sub is subscribed")

    def _is_subscribed(self, lab, port):
        lab.start("probe", ["/usr/bin/mosquitto_pub", "-h", "127.0.0.1", "-p", str(port), "-t",
                            BASE + "probe", "-q", "1", "-m", "a word"]).process.wait()
        return self.lines()

    def lines(self):
        """Those that are whole."""
        with open(self.child.output, encoding="utf-8") as file:
            return [line.rstrip("\n") for line in file if line.endswith("\n")]


def payload_of(line):
    """The payload of a line of data, or None."""
    topic, _, text = line.partition(" ")
    return json.loads(text) if topic[len(BASE):] in DATA else None


def keys_of(lines):
    payloads = [payload for payload in map(payload_of, lines) if payload]
    return {(payload["store"], payload["stream"], sequence) for payload in payloads
            for sequence in range(payload["first"], payload["last"] + 1)}


def record(lab):
    """The gateway, ended, and what was recorded of all it stored, under two catalogues."""
    slave, broker = Slave(lab, {"holding": HOLDING}), Broker(lab)
    recorder = Recorder(lab, broker.port)
    site = {"slave": slave.port, "broker": broker.port, "counter": COUNTER}
    gateway = Gateway(lab, SITE.format(more="unit: s", **site)).start()

    def streams():
        return {key[1] for key in keys_of(recorder.lines())}

    wait_for(lambda: "sample" in streams(), 20, "the first payload")
    slave.set("holding", 0, words("f", 60.5))
    wait_for(lambda: any(event.get("kind") == "exceedance.realtime" for payload in
                         filter(None, map(payload_of, recorder.lines()))
                         for event in payload["records"]), 20, "an exceedance opens")
    slave.set("holding", 0, words("f", 12.25))
    wait_for(lambda: "evidence" in streams(), 20, "evidence")
    gateway.write(SITE.format(more="unit: kg", **site))  # another meaning: another number
    gateway.reload()
    wait_for(lambda: "minute" in streams(), 90, "the minute's record")
    gateway.stop()
    stored = gateway.records().keys()
    wait_for(lambda: stored <= keys_of(recorder.lines()), 10, "every stored record arrives")
    return gateway, recorder.lines()


# ---- asking ----

class Judge:
    def __init__(self, lab, gateway, lines):
        self.lab, self.gateway, self.lines = lab, gateway, lines
        self.key = next(json.loads(line.split(" ", 1)[1])["public_key"] for line in lines
                        if line.startswith(BASE + "catalog/key "))
        self.data = [at for at, line in enumerate(lines) if payload_of(line)]

    def of(self, stream):
        """Places of the stream's lines, by sequence."""
        places = [at for at in self.data if payload_of(self.lines[at])["stream"] == stream]
        return sorted(places, key=lambda at: payload_of(self.lines[at])["first"])

    def ask(self, lines, key=True):
        path = self.lab.path("recording")
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n" if lines else "")
        options = ["--key", self.key] if key is True else ["--key", key] if key else []
        return self.gateway.ctl("verify", *options, "--stream", path)

    def fine(self, what, lines, *words_said, key=True):
        done = self.ask(lines, key)
        check(done.returncode == 0 and "NOT whole" not in done.stdout and "line " not in
              done.stdout, f"{what}: exit code {done.returncode}: {done.stdout}{done.stderr}")
        self.said(what, done, words_said)
        return done.stdout

    def wrong(self, what, lines, *words_said, key=True):
        done = self.ask(lines, key)
        check(done.returncode == 1, f"{what}: exit code {done.returncode}: {done.stdout}")
        self.said(what, done, words_said)
        return done.stdout

    def said(self, what, done, words_said):
        missing = [text for text in words_said if text not in done.stdout]
        check(not missing, f"{what}: not said: {missing}; but: {done.stdout}{done.stderr}")

    def changed(self, at, text):
        return self.lines[:at] + [text] + self.lines[at + 1:]


# ---- the cases ----

def whole(judge):
    counts = {}
    for _, stream, _ in keys_of(judge.lines):
        counts[stream] = counts.get(stream, 0) + 1
    check({"event", "evidence", "minute", "sample", "trend"} <= counts.keys(), f"{counts}")
    lines = [f"{stream}: {count} records, 1 to {count}, chain whole"
             for stream, count in counts.items()]
    judge.fine("whole", judge.lines, *lines, f"{len(judge.data)} payloads, 2 catalogues",
               f"signatures: {len(judge.data)} fit the key, 0 do not")
    judge.fine("without key", judge.lines, *lines, "signatures: not looked at", key=None)
    bare = [line.split(" ", 1)[1] for line in judge.lines if not line.startswith(BASE + "probe")]
    bare = [line for line in bare if '"points"' not in line] + [
        line for line in bare if '"points"' in line]
    judge.fine("payloads alone, catalogues last", bare, *lines)
    other = hashlib.sha256(judge.key.encode()).hexdigest()
    judge.wrong("another key", judge.lines, "the signature does not fit the key",
                f"0 fit the key, {len(judge.data)} do not", key=other)


def doubles(text):
    """What it says, numbers as doubles; None where it is no JSON (a number that begins with 0)."""
    try:
        return json.loads(text, parse_int=float)
    except json.JSONDecodeError:
        return None


def digits(judge):
    """Each digit of one payload a stream: the record, what stands around it, the signature. Alone
    the version of the catalogue may change: another one that gives the chain is right as well."""
    for stream in ("event", "evidence", "minute", "sample", "trend"):
        at = min(judge.of(stream), key=lambda place: len(judge.lines[place]))
        topic, text = judge.lines[at].split(" ", 1)
        version = f'"catalog":{payload_of(judge.lines[at])["catalog"]},'
        free = range(text.index(version), text.index(version) + len(version))
        tried = 0
        pages = [line for line in judge.lines if line.startswith(BASE + "catalog/points ")]
        for place, digit in enumerate(text):
            if not digit.isdigit() or place in free:
                continue
            text_now = text[:place] + str((int(digit) + 1) % 10) + text[place + 1:]
            lines = pages + [f"{topic} {text_now}"]
            if doubles(text_now) == doubles(text):  # a digit beyond a double's: no change
                judge.fine(f"{stream}: digit {place} of {text}", lines)
                continue
            said = judge.wrong(f"{stream}: digit {place} of {text}", lines)
            check(f"line {len(pages) + 1}: " in said, f"digit {place} of {text}: {said}")
            tried += 1
        check(tried > 200, f"{stream}: {tried} digits only")


def span(payload):
    """The payload's records, as a sentence about them begins."""
    if payload["first"] == payload["last"]:
        return f"record {payload['first']} is"
    return f"records {payload['first']} to {payload['last']} are"


def order(judge):
    """Removed is missing, unless nothing shows that it was there; repeated and swapped are fine."""
    trend = judge.of("trend")
    at = trend[len(trend) // 2]
    gone = payload_of(judge.lines[at])
    behind = trend[len(trend) // 2 + 1] - (1 if trend[len(trend) // 2 + 1] > at else 0)
    count = gone["last"] - gone["first"] + 1
    judge.wrong("one line removed", judge.lines[:at] + judge.lines[at + 1:],
                f"line {behind + 1}: trend: {span(gone)} not there",
                f", {count} missing, NOT whole")
    last = trend[-1]
    judge.fine("the last line removed", judge.lines[:last] + judge.lines[last + 1:])
    judge.fine("one line repeated", judge.lines[:at + 1] + judge.lines[at:],
               f", {count} repeated, chain whole")
    swapped = list(judge.lines)
    swapped[trend[1]], swapped[trend[2]] = swapped[trend[2]], swapped[trend[1]]
    check(judge.fine("two lines swapped", swapped) == judge.fine("whole", judge.lines),
          "two lines swapped: another verdict")
    judge.fine("backwards", judge.lines[::-1])


def cuts(judge):
    at = judge.of("sample")[1]
    payload = payload_of(judge.lines[at])
    place = f"line {at + 1}: sample: {span(payload).rsplit(' ', 1)[0]}: "
    short = dict(payload, signature=payload["signature"][:-2])
    text = judge.lines[at].split(" ", 1)[0] + " " + json.dumps(short)
    for key in (True, None):
        judge.wrong("a signature cut", judge.changed(at, text),
                    place + "the signature is not 128 hexadecimal digits", key=key)
    none = judge.lines[at].split(" ", 1)[0] + " " + json.dumps(dict(payload, signature=None))
    judge.wrong("no signature", judge.changed(at, none), place + "not signed")
    judge.fine("no signature, no key", judge.changed(at, none), key=None)
    judge.wrong("a line cut", judge.changed(at, judge.lines[at][:-40]),
                f"line {at + 1}: ?: not whole JSON", f"sample: {span(payload)} not there")
    judge.wrong("nothing", [], "no payload with records")
    judge.wrong("without catalogue", [line for line in judge.lines if '"points"' not in line],
                "no catalogue of this gateway is in the file")


def forge(judge, at, change):
    """The line with changed content and a chain that fits it, by centre.py's rebuilding."""
    payload = payload_of(judge.lines[at])
    change(payload["records"][0])
    pages = [json.loads(line.split(" ", 1)[1]) for line in judge.lines
             if line.startswith(BASE + "catalog/points ")]
    page = next(page for page in pages if page["version"] == payload["catalog"])
    book = centre.Book({
        "points": {f"{point['device']}.{point['name']}": [point["number"], point["type"]]
                   for point in page["points"]},
        "devices": {device["name"]: device["number"] for device in page["devices"]}})
    chain = bytes.fromhex(payload["previous"])
    for index in range(len(payload["records"])):
        digest = hashlib.sha256(centre.record_bytes(payload, index, book)).digest()
        chain = hashlib.sha256(chain + digest).digest()
    payload["chain"] = chain.hex()
    return judge.lines[at].split(" ", 1)[0] + " " + json.dumps(payload)


def forged(judge):
    sample = judge.of("sample")
    at, behind = sample[1], payload_of(judge.lines[sample[2]])
    first = payload_of(judge.lines[at])["first"]
    line = forge(judge, at, lambda found: found.update(so2=1.5))
    same = forge(judge, at, lambda found: None)
    check(json.loads(same.split(" ", 1)[1]) == payload_of(judge.lines[at]),
          "centre.py rebuilds another chain")
    judge.wrong("forged, in its place", judge.changed(at, line),
                f"sample: the chain breaks before record {behind['first']}\n", key=None)
    said = judge.wrong("forged, as a repeat", judge.lines + [line],
                       f"line {len(judge.lines) + 1}: sample: record {first} is another than in"
                       f" line {at + 1}\n", key=None)
    check("does not fit the content" not in said, f"it fits by itself: {said}")
    judge.wrong("forged, with the key", judge.changed(at, line),
                f"line {at + 1}: sample: ", "the signature does not fit the key")


def case(lab):
    gateway, lines = record(lab)
    judge = Judge(lab, gateway, lines)
    for part in (whole, order, cuts, forged, digits):
        part(judge)
        print(f"{part.__name__}: ok", file=sys.stderr)


run_case(case)
