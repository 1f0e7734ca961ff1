"""Between parkgated and its broker: every packet goes through as it is, and what carries records or
acknowledges them is told first: nothing is sent or acknowledged without having been noted."""
import json
import socket
import threading

CONNECT, PUBLISH, PUBACK = 1, 3, 4


def varint(data, at):
    """(value, where it ends) of MQTT's variable byte integer; None when it is not all there."""
    value = shift = 0
    while at < len(data):
        byte = data[at]
        value |= (byte & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if byte < 0x80:
            return value, at
    return None


def packets(data):
    """Takes the whole packets off the front of a bytearray: (first byte, body, all of it)."""
    while True:
        found = varint(data, 1)
        if found is None or len(data) < found[1] + found[0]:
            return
        end = found[0] + found[1]
        raw = bytes(data[:end])
        del data[:end]
        yield raw[0], raw[found[1]:], raw


class Line:
    """One connection: what is under way on it, by packet id."""

    def __init__(self, tap):
        self.tap, self.level, self.under_way = tap, 4, {}

    def up(self, first, body):
        if first >> 4 == CONNECT:
            self.level = body[2 + int.from_bytes(body[:2], "big")]
        if first >> 4 != PUBLISH:
            return
        at = 2 + int.from_bytes(body[:2], "big")
        number = int.from_bytes(body[at:at + 2], "big")
        at += 2 if first & 6 else 0
        if self.level >= 5:
            length, at = varint(body, at)
            at += length
        page = json.loads(body[at:]) if body[at:] else None
        if first & 6 and isinstance(page, dict) and "records" in page and "stream" in page:
            self.under_way[number] = self.tap.take_envelope(page)

    def down(self, first, body):
        if first >> 4 == PUBACK:
            index = self.under_way.pop(int.from_bytes(body[:2], "big"), None)
            if index is not None:
                self.tap.take_acknowledgement(index)


class Tap:
    """`envelopes` in the order in which they were sent, `acknowledged` those whose PUBACK came.
    note(word, index of the envelope) is called before one is passed on ("sent") and before its
    PUBACK is ("acked")."""

    def __init__(self, port, note):
        self.broker, self.note, self.failure = port, note, None
        self.envelopes, self.acknowledged = [], []
        self.open, self.lines, self.lock = True, [], threading.Lock()
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def take_envelope(self, envelope):
        with self.lock:
            self.envelopes.append(envelope)
            index = len(self.envelopes) - 1
        self.note("sent", index)
        return index

    def take_acknowledgement(self, index):
        self.note("acked", index)
        self.acknowledged.append(self.envelopes[index])

    def close(self):
        """From now on whoever connects is turned away."""
        self.open = False
        for line in self.lines:
            shut(line)

    def _serve(self):
        while True:
            client, _ = self.server.accept()
            try:
                broker = socket.create_connection(("127.0.0.1", self.broker), 5)
                broker.settimeout(None)
            except OSError:
                client.close()
                continue
            if not self.open:
                client.close()
                broker.close()
                continue
            for end in (client, broker):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.lines += [client, broker]
            line = Line(self)
            for ends in ((client, broker, line.up), (broker, client, line.down)):
                threading.Thread(target=self._pass, args=ends, daemon=True).start()

    def _pass(self, source, drain, look):
        data = bytearray()
        try:
            while True:
                got = source.recv(65536)
                if not got:
                    break
                data += got
                for first, body, raw in packets(data):
                    look(first, body)
                    drain.sendall(raw)
        except ConnectionError:
            pass
        except Exception as failure:  # the test says it: this is not the thread that may
            self.failure = failure
        finally:
            shut(source)
            shut(drain)


def shut(end):
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
