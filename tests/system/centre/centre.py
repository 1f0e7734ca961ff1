"""A centre for tests: a real mosquitto with a configuration of its own, a receiver that keeps every
message, and an independent check of what a payload promises: the schema, each record's CBOR, the chain
and the signature, rebuilt from the JSON alone."""
import glob
import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
import time

import cbor2
import jsonschema
import paho.mqtt.client as paho

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../.."))
BASE = "parkgate/v1/testpark/box/"
STREAMS = ["event", "evidence", "period", "minute", "sample", "trend"]
CLOCKS = ["unknown", "restored", "synchronised", "set"]


def clock_number(name):
    """Placed by its boot's time zero: unknown in the record itself."""
    return 0 if name == "placed" else CLOCKS.index(name)
PATIENCE_S = 30 * int(os.environ.get("PARKGATE_SLACK", "1"))
CHILDREN = []  # whatever happens, none of them outlives the test


def start(command, **options):
    process = subprocess.Popen(command, **options)
    CHILDREN.append(process)
    return process


def end_children():
    for process in CHILDREN:
        if process.poll() is None:
            process.kill()
            process.wait()


def wait(condition, what, seconds=PATIENCE_S):
    """Polls until the condition holds; its value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.02)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Broker:
    def __init__(self, directory, lines=(), port=None):
        self.port = port or free_port()
        self.path = os.path.join(directory, f"mosquitto-{self.port}.conf")
        with open(self.path, "w") as file:
            file.write("persistence false\nlog_type error\nlog_type warning\n")
            file.write(f"listener {self.port} 127.0.0.1\n")
            if not any(line.startswith(("allow_anonymous", "password_file")) for line in lines):
                file.write("allow_anonymous true\n")
            file.writelines(line + "\n" for line in lines)
        self.process = None
        self.start()

    def start(self):
        self.process = start(["mosquitto", "-c", self.path])

        def listens():
            assert self.process.poll() is None, "mosquitto ended"
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0

        wait(listens, "mosquitto listens")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Receiver:
    """Subscribes to everything of the gateway and keeps it in order of arrival."""

    def __init__(self, port, client_id="centre", tls=None):
        self.messages = []
        self.ready = threading.Event()
        self.client = paho.Client(client_id=client_id)
        if tls:
            self.client.tls_set(**tls)
        self.client.on_connect = lambda c, *_: c.subscribe("parkgate/#", 1)
        self.client.on_subscribe = lambda *_: self.ready.set()
        self.client.on_message = lambda _c, _u, message: self.messages.append(message)
        self.client.connect("localhost" if tls else "127.0.0.1", port)
        self.client.loop_start()
        assert self.ready.wait(PATIENCE_S)

    def payloads(self, *topics):
        """Data payloads as objects, in order."""
        wanted = [BASE + topic for topic in topics or ("events", "statistics", "samples")]
        return [json.loads(m.payload) for m in list(self.messages) if m.topic in wanted]

    def last(self, topic):
        found = [m for m in list(self.messages) if m.topic == BASE + topic]
        return found[-1] if found else None

    def sequences(self, stream):
        return [number for payload in self.payloads() if payload["stream"] == stream
                for number in range(payload["first"], payload["last"] + 1)]

    def publish(self, topic, payload, retain=False):
        self.client.publish(BASE + topic, payload, 1, retain).wait_for_publish()

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


class Probe:
    """forward_probe: see its head for the commands."""

    def __init__(self, program, directory, port, *options, environment=None):
        command = [program, "-p", str(port), *options, directory]
        self.process = start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True,
                             env={**os.environ, **(environment or {})})
        self.log = []
        self.reader = threading.Thread(target=self._read_log, daemon=True)
        self.reader.start()
        self.ready = self._answer()

    def _read_log(self):
        for line in self.process.stderr:
            sys.stderr.write("    " + line)
            self.log.append(line)

    def _answer(self):
        line = self.process.stdout.readline()
        assert line, "the probe ended"
        return json.loads(line)

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self._answer()

    def idle(self, seconds=PATIENCE_S):
        state = self.ask(f"idle {int(seconds * 1000)}")
        assert sum(state["queued"]) == 0, f"still queued: {state}"
        return state

    def said(self, text):
        return any(text in line for line in list(self.log))

    def quit(self, grace_ms=3000):
        state = self.ask(f"quit {grace_ms}")
        assert self.process.wait(PATIENCE_S) == 0
        self.reader.join(PATIENCE_S)
        return state


# ---- what a payload promises ----

def schemas():
    found = {}
    for path in glob.glob(os.path.join(ROOT, "docs/payloads/*.schema.json")):
        with open(path) as file:
            topic = os.path.basename(path).split(".")[0]
            found[topic] = jsonschema.Draft202012Validator(json.load(file))
    return found


def check_schema(message, validators):
    """A message of the gateway against the schema of its topic."""
    if not message.topic.startswith(BASE) or not message.payload:
        return
    topic = message.topic[len(BASE):].split("/")[0]
    validators[topic].validate(json.loads(message.payload))


class Book:
    """Numbers of names, as the catalogue says them."""

    def __init__(self, ready):
        self.points = {name: tuple(entry) for name, entry in ready["points"].items()}
        self.devices = ready["devices"]
        self.qualities = quality_numbers()

    def quality(self, text):
        if text in self.qualities:
            return self.qualities[text], 0
        name, _, detail = text.rpartition("-")
        return self.qualities[name], int(detail)


def quality_numbers():
    """Names from docs/payloads/README.md: what a receiver has to go by."""
    numbers = {}
    with open(os.path.join(ROOT, "docs/payloads/README.md")) as file:
        for line in file:
            cells = [cell.strip() for cell in line.split("|")]
            if len(cells) > 4 and cells[1].isdigit() and cells[2].startswith("`"):
                numbers[cells[2].strip("`")] = int(cells[1])
    assert numbers["good"] == 0 and len(numbers) > 20
    return numbers


def number(value):
    return None if value is None else float(value)


def scan_body(record, book):
    device = record["device"]
    values, qualities, words = {}, {}, {}
    for key, value in record.items():
        if key in ("device", "t", "boot", "mono", "quality", "words"):
            continue
        point, kind = book.points[f"{device}.{key}"]
        if value is not None and kind in ("u64", "s64"):
            value = int(value)
        elif isinstance(value, (int, float)):
            value = float(value)
        values[point] = value
    for key, text in record.get("quality", {}).items():
        qualities[book.points[f"{device}.{key}"][0]] = list(book.quality(text))
    for key, text in record.get("words", {}).items():
        words[book.points[f"{device}.{key}"][0]] = bytes.fromhex(text)
    return [book.devices[device], values, qualities, words]


def statistic_body(record, book):
    periods = ["", "minute", "ten-minutes", "quarter", "hour", "day", "month", "five-minutes"]
    return [book.points[record["point"]][0], periods.index(record["period"]), record["start"],
            record["end"], record["revision"], number(record["min"]), number(record["max"]),
            number(record["mean"]), number(record["sum"]), record["count"], record["valid"],
            record["expected"], record["letter"]]


def opened_of(record, opening):
    """Store and sequence of the opening record, as a record that does not open carries them."""
    store, _, sequence = record["id"].rpartition("-")
    return ("", 0) if opening else (store, int(sequence))


def event_body(record, book, payload):
    phases = ["", "opened", "updated", "closed", "noted"]
    severities = ["info", "warning", "alarm"]
    store, sequence = opened_of(record, record["phase"] in ("opened", "noted"))
    clock = record.get("since_clock", payload["clock"])
    return [record["kind"], phases.index(record["phase"]), severities.index(record["severity"]),
            store, sequence, record.get("subject", ""),
            book.points[record["point"]][0] if "point" in record else 0,
            record["since"], record.get("since_boot", payload["boot"]), record["since_mono"],
            clock_number(clock), record.get("duration_ms", -1), number(record.get("value")),
            number(record.get("peak")), number(record.get("limit")), record.get("averaging", ""),
            record.get("details", {})]


def evidence_body(record, book, payload):
    store, sequence = opened_of(record, False)
    count = len(record["values"])
    boots = record.get("values_boot", [payload["boot"]] * count)
    clocks = record.get("values_clock", [payload["clock"]] * count)
    values = [[reading[0], boots[i], record["values_mono"][i], clock_number(clocks[i]),
               number(reading[1]), book.quality(reading[2])[0]]
              for i, reading in enumerate(record["values"])]
    return [store, sequence, record["kind"],
            book.points[record["point"]][0] if "point" in record else 0, values]


def head_bytes(major, count):
    """The first byte or two of an array (4) or map (5)."""
    return bytes([major << 5 | count]) if count < 24 else bytes([major << 5 | 24, count])


def in_order(details):
    """A map whose keys stay as they stand in the payload."""
    pairs = [cbor2.dumps(key, canonical=True) + cbor2.dumps(value, canonical=True)
             for key, value in details.items()]
    return head_bytes(5, len(pairs)) + b"".join(pairs)


def record_bytes(payload, index, book):
    """The record's deterministic CBOR, from the JSON alone."""
    record, stream = payload["records"][index], payload["stream"]
    if stream == "event":
        own = event_body(record, book, payload)
    elif stream == "evidence":
        own = evidence_body(record, book, payload)
    elif stream in ("period", "minute"):
        own = statistic_body(record, book)
    else:
        own = scan_body(record, book)
    placed = payload["clock"] == "placed"  # by its boot's time zero: the record itself has no time
    head = [1, STREAMS.index(stream) + 1, payload["first"] + index, None if placed else record["t"],
            payload["boot"], payload["mono"][index], clock_number(payload["clock"])]
    items = [cbor2.dumps(item, canonical=True) for item in head + own]
    if stream == "event":
        items[-1] = in_order(own[-1])
    return head_bytes(4, len(items)) + b"".join(items)


def check_payload(payload, book):
    """The chain, and that the envelope fits its records."""
    chain = bytes.fromhex(payload["previous"])
    count = payload["last"] - payload["first"] + 1
    assert count == len(payload["records"]) == len(payload["mono"])
    for index in range(count):
        digest = hashlib.sha256(record_bytes(payload, index, book)).digest()
        chain = hashlib.sha256(chain + digest).digest()
    assert chain.hex() == payload["chain"], f"chain of {payload['stream']} {payload['first']}"


def check_chain(payloads, book):
    """Every payload rebuilds its chain, and each goes on where the one before it in sequence ends."""
    for stream in STREAMS:
        ends = {0: "0" * 64}
        of_stream = [p for p in payloads if p["stream"] == stream]
        for payload in of_stream:
            check_payload(payload, book)
            ends[payload["last"]] = payload["chain"]
        for payload in of_stream:
            if payload["first"] - 1 in ends:
                assert payload["previous"] == ends[payload["first"] - 1]


def check_once(receiver, stream, count):
    """Each record from 1 to count came, and came once."""
    wait(lambda: len(receiver.sequences(stream)) >= count, f"{count} of {stream}")
    assert sorted(receiver.sequences(stream)) == list(range(1, count + 1)), stream
