"""A broker that misbehaves on demand: one listening port each, its manners may change at any time.
What it has acknowledged counts as delivered."""
import json
import socket
import threading

from lab import mqttwire as wire
from lab.payloads import plain
from lab.processes import free_port


class BadBroker:
    """manners:
    connack (reason code; 3.1.1's own codes for a version 4 client), answers (properties of
    CONNACK), at_connect ("mute": CONNECT gets no answer, "hang-up", "garbage", "huge"),
    goodbye (reason of a DISCONNECT after the subscriptions), publish ("ack", "never", "drop": the
    connection ends at each PUBLISH), refuse ({last word of a topic, or "": reason of PUBACK})."""

    def __init__(self, **manners):
        self.port, self.lock = free_port(), threading.Lock()
        self.connects, self.publishes, self.mistakes = [], [], []
        self.records, self.most_under_way = {}, 0
        self.listener, self.peers = None, set()
        self.behave(**manners)
        self.open()

    def behave(self, **manners):
        """From now on; what is not said is as a good broker does it."""
        self.manners = {"connack": 0, "answers": {}, "at_connect": None, "goodbye": None,
                        "publish": "ack", "refuse": {}, **manners}

    def open(self):
        self.listener = socket.create_server(("127.0.0.1", self.port), backlog=16)
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def close(self):
        """Nobody listens, and nobody is connected any more."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()

    def cut(self):
        """Ends the connections there are."""
        for peer in list(self.peers):
            try:
                peer.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _accept(self, listener):
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer):
        self.peers.add(peer)
        try:
            Session(self, peer).run()
        except OSError:
            pass
        except (ValueError, KeyError) as reason:
            self.mistakes.append(repr(reason))
        self.peers.discard(peer)
        peer.close()

    def delivered(self, payload):
        page = json.loads(plain(payload)) if payload else None
        if not isinstance(page, dict) or "records" not in page:
            return
        with self.lock:
            for i, record in enumerate(page["records"]):
                key = (page["store"], page["stream"], page["first"] + i)
                self.records.setdefault(key, []).append(record)


class Session:
    def __init__(self, broker, peer):
        self.broker, self.peer, self.version, self.aliases = broker, peer, 5, {}
        self.under_way = 0

    def run(self):
        while (got := wire.receive(self.peer)) is not None:
            kind, flags, body = got
            if kind == wire.CONNECT and not self.connect(body):
                return
            if kind == wire.SUBSCRIBE and not self.subscribe(body):
                return
            if kind == wire.PUBLISH and not self.publish(flags, body):
                return
            if kind == wire.PINGREQ:
                self.peer.sendall(wire.packet(wire.PINGRESP))
            if kind == wire.DISCONNECT:
                return

    def connect(self, body):
        said, manners = wire.parse_connect(body), self.broker.manners
        self.version = said["version"]
        self.broker.connects.append(said)
        if manners["at_connect"] == "mute":
            while self.peer.recv(65536):
                pass
        if manners["at_connect"] == "garbage":
            self.peer.sendall(bytes(range(255, 0, -1)) * 20)
        if manners["at_connect"] == "huge":  # a PUBLISH of 256 MB, the largest there can be
            self.peer.sendall(b"\x20\x03\x00\x00\x00" if self.version == 5
                              else b"\x20\x02\x00\x00")
            self.peer.sendall(b"\x30\xff\xff\xff\x7f\x00\x04abcd" + b"x" * 4096)
            return True
        if manners["at_connect"]:
            return False
        answer = bytes([0, manners["connack"]])
        if self.version == 5:
            answer += wire.properties(manners["answers"])
        self.peer.sendall(wire.packet(wire.CONNACK, answer))
        return manners["connack"] == 0

    def subscribe(self, body):
        number = body[:2]
        none = b"\x00" if self.version == 5 else b""
        self.peer.sendall(wire.packet(wire.SUBACK, number + none + b"\x01"))
        reason = self.broker.manners["goodbye"]
        if reason is not None:
            self.peer.sendall(wire.packet(wire.DISCONNECT, bytes([reason, 0])))
            self.hear_out()
        return reason is None

    def hear_out(self):
        """As MQTT 5 wants it: the client closes. Closed by us, what it still sends would break the
        connection before it has read the reason."""
        self.peer.shutdown(socket.SHUT_WR)
        self.peer.settimeout(5)
        try:
            while self.peer.recv(4096):
                pass
        except OSError:
            pass

    def topic_of(self, said):
        alias = said["properties"].get("alias")
        if alias is None:
            return said["topic"]
        if said["topic"]:
            self.aliases[alias] = said["topic"]
        if alias > self.broker.manners["answers"].get("alias-maximum", 0):
            raise ValueError(f"alias {alias} is above the maximum")
        return self.aliases[alias]

    def publish(self, flags, body):
        said, manners = wire.parse_publish(flags, body, self.version), self.broker.manners
        said["alias_alone"] = said["topic"] == ""
        said["topic"] = self.topic_of(said)
        most = manners["answers"].get("maximum-packet")
        if most and self.version == 5 and len(wire.packet(wire.PUBLISH, body)) > most:
            raise ValueError(f"a packet of {len(body)} bytes")
        self.broker.publishes.append(said)
        if manners["publish"] == "never":
            self.under_way += 1
            self.broker.most_under_way = max(self.broker.most_under_way, self.under_way)
            return True
        if manners["publish"] == "drop":
            return False
        if said["qos"]:
            self.acknowledge(said, manners["refuse"])
        return True

    def acknowledge(self, said, refused):
        reason = refused.get(said["topic"].rsplit("/", 1)[-1], refused.get("", 0))
        answer = said["id"].to_bytes(2, "big")
        if self.version == 5:
            answer += bytes([reason, 0])
        if reason < 128 or self.version != 5:
            self.broker.delivered(said["payload"])
        self.peer.sendall(wire.packet(wire.PUBACK, answer))
