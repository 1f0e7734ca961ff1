"""The centre of the demonstration: subscribes to everything and keeps books by the keys in the
payloads: store, stream, sequence. Hands on what is worth telling. Knows nothing of the gateway
but its payloads (docs/payloads/)."""
import hashlib
import json
import queue
import time
import urllib.parse

import paho.mqtt.client as mqtt

NOT_POINTS = {"device", "t", "quality", "words", "boot", "mono"}
DATA_STREAMS = ("event", "evidence", "period", "minute", "sample", "trend")


def digest(record):
    return hashlib.blake2b(json.dumps(record, sort_keys=True).encode(), digest_size=8).digest()


def count_values(record):
    return len(record.keys() - NOT_POINTS) if "device" in record else 0


class Stream:
    """What arrived of one stream of one store."""

    def __init__(self):
        self.digests = {}  # sequence -> digest of the record as it arrived first
        self.values = 0
        self.duplicates = 0
        self.conflicts = 0  # one key, two contents: must never be

    def take(self, sequence, record):
        new = digest(record)
        known = self.digests.setdefault(sequence, new)
        if known is new:
            self.values += count_values(record)
            return True
        self.duplicates += 1
        self.conflicts += known != new
        return False

    def holes(self):
        """Records missing between the first and the last that arrived."""
        if not self.digests:
            return 0
        return max(self.digests) - min(self.digests) + 1 - len(self.digests)


class Receiver:
    def __init__(self, url, lasting):
        """lasting: the broker keeps our session, so that what it acknowledged to the gateway while
        it came up again is not missed here. Only on a broker of our own."""
        parts = urllib.parse.urlsplit(url if "://" in url else "tcp://" + url)
        secure = parts.scheme in ("tls", "mqtts", "ssl")
        self.streams = {}  # (store, stream) -> Stream
        self.pages = {}    # last part of the topic -> retained page
        self.values = {}   # (device, point) -> (t, value, quality)
        self.newest_t_ms = 0
        self.news = queue.SimpleQueue()  # ("event", record) | ("status", page) | ("link", bool)
        self.client = mqtt.Client(client_id=f"parkgate-story-{time.time_ns()}",
                                  clean_session=not lasting)
        if parts.username:
            self.client.username_pw_set(urllib.parse.unquote(parts.username),
                                        urllib.parse.unquote(parts.password or ""))
        if secure:
            self.client.tls_set()
        self.client.reconnect_delay_set(1, 2)
        self.client.on_connect = self._on_connect
        self.client.on_disconnect = lambda *_: self.news.put(("link", False))
        self.client.on_message = self._on_message
        try:
            self.client.connect(parts.hostname, parts.port or (8883 if secure else 1883),
                                keepalive=10)
        except (OSError, ValueError) as reason:
            raise OSError(f"no broker at {parts.hostname}: {reason}") from reason
        self.client.loop_start()

    def stop(self):
        self.client.disconnect()
        self.client.loop_stop()

    def _on_connect(self, client, _data, _flags, code):
        if code == 0:
            client.subscribe("+/v1/#", qos=1)
            self.news.put(("link", True))

    def _on_message(self, _client, _data, message):
        try:
            payload = json.loads(message.payload)
        except ValueError:
            return
        if not isinstance(payload, dict):
            return
        if payload.get("stream") in DATA_STREAMS and "records" in payload:
            self._take_data(payload)
        else:
            name = "/".join(message.topic.split("/")[4:])
            self.pages[name] = payload
            if name == "status":
                self.news.put(("status", payload))

    def _take_data(self, payload):
        stream = self.streams.setdefault((payload["store"], payload["stream"]), Stream())
        for i, record in enumerate(payload["records"]):
            if not stream.take(payload["first"] + i, record):
                continue
            if "device" in record:
                self._take_scan(record)
            elif payload["stream"] == "event":
                self.news.put(("event", record))

    def _take_scan(self, record):
        t_ms = record.get("t") or 0
        self.newest_t_ms = max(self.newest_t_ms, t_ms)
        quality = record.get("quality") or {}
        for point in record.keys() - NOT_POINTS:
            key = (record["device"], point)
            if t_ms >= self.values.get(key, (0,))[0]:
                self.values[key] = (t_ms, record[point], quality.get(point))

    def records(self):
        return sum(len(stream.digests) for stream in list(self.streams.values()))

    def holes(self):
        return sum(stream.holes() for stream in list(self.streams.values()))

    def take_arrived(self):
        """(store, stream, sequence) -> digest of what arrived under that key."""
        return {(store, name, sequence): known
                for (store, name), stream in list(self.streams.items())
                for sequence, known in list(stream.digests.items())}
