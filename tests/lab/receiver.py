"""What a receiver that is not ours gets: mosquitto_sub with a session, every message a line."""
import json

from lab.payloads import plain
from lab.processes import Failure, wait_for

STREAMS = ("event", "evidence", "period", "minute", "sample", "trend")


class Receiver:
    """`records`: {(store, stream, sequence): [record, ...]}, one entry a delivery."""

    def __init__(self, lab, port, name="receiver"):
        self.child = lab.start(name, [
            "/usr/bin/mosquitto_sub", "-h", "127.0.0.1", "-p", str(port), "-q", "1", "-c",
            "-i", name, "-t", "#", "-F", "%r %t %x"])
        self.taken, self.rest = 0, ""
        self.envelopes, self.records, self.pages, self.messages = [], {}, {}, []
        wait_for(lambda: self._is_subscribed(lab, port), 10, "mosquitto_sub is subscribed")

    def _is_subscribed(self, lab, port):
        probe = lab.start("probe", ["/usr/bin/mosquitto_pub", "-h", "127.0.0.1", "-p", str(port),
                                    "-t", "probe", "-q", "1", "-m", "{}"])
        probe.process.wait()
        return any(topic == "probe" for topic, _, _ in self.take().messages)

    def take(self):
        """Reads on; returns itself."""
        with open(self.child.output, encoding="utf-8") as file:
            file.seek(self.taken)
            text = file.read()
            self.taken = file.tell()
        *lines, self.rest = (self.rest + text).split("\n")
        for line in lines:
            self._take_line(line)
        return self

    def _take_line(self, line):
        retained, topic, payload = line.split(" ", 2)
        page = json.loads(plain(bytes.fromhex(payload))) if payload else None
        self.messages.append((topic, retained == "1", page))
        if isinstance(page, dict) and "records" in page and "stream" in page:
            self._take_envelope(page)
        else:
            self.pages.setdefault("/".join(topic.split("/")[4:]), []).append(page)

    def _take_envelope(self, envelope):
        self.envelopes.append(envelope)
        for i, record in enumerate(envelope["records"]):
            key = (envelope["store"], envelope["stream"], envelope["first"] + i)
            self.records.setdefault(key, []).append(record)

    def of(self, stream):
        """The stream's records in the order of their keys, each once."""
        return [self.records[key][0] for key in sorted(self.records) if key[1] == stream]

    def events(self, kind, phase=None):
        return [event for event in self.of("event")
                if event["kind"] == kind and phase in (None, event["phase"])]

    def wait_all(self, stored, seconds=10):
        """Every one of these records arrives, as it is stored."""
        def missing():
            return sorted(stored.keys() - self.take().records.keys())
        try:
            wait_for(lambda: not missing(), seconds, "every stored record arrives")
        except Failure as reason:
            raise Failure(f"{reason}; missing are {missing()[:8]}") from None
        differing = [key for key in stored if self.records[key][0] != stored[key]]
        if differing:
            raise Failure(f"sent otherwise than stored: {sorted(differing)[:8]}")

    def page(self, name):
        """The newest page of that topic under park and gateway; None when there is none."""
        return self.pages.get(name, [None])[-1]

    def changed(self):
        """Keys that came more than once with different content: there must be none."""
        return [key for key, copies in self.records.items()
                if any(copy != copies[0] for copy in copies)]
