"""Who commands a gateway over MQTT, written from docs/commands.md alone: paho and openssl, nothing of
ours. Requests and answers are told apart by id, with MQTT 5 by correlation data as well."""
import json
import os
import socket
import subprocess
import threading
import time

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes

from lab.processes import Failure, wait_for


class Key:
    """An Ed25519 key in a file, used by the openssl program."""

    def __init__(self, lab, name):
        self.name, self.file = name, lab.path(name + ".pem")
        self._openssl("genpkey", "-algorithm", "ed25519", "-out", self.file)
        self.public = self._openssl("pkey", "-in", self.file, "-pubout", "-outform", "DER")[-32:].hex()

    @staticmethod
    def _openssl(*arguments):
        done = subprocess.run(["openssl", *arguments], capture_output=True)
        if done.returncode != 0:
            raise Failure(f"openssl {arguments[0]}: {done.stderr.decode()}")
        return done.stdout

    def sign(self, text):
        with open(self.file + ".text", "wb") as file:
            file.write(text)
        return self._openssl("pkeyutl", "-sign", "-inkey", self.file, "-rawin", "-in", self.file + ".text").hex()


class Commander:
    """`replies`: [(topic, correlation or None, answer)] in the order they came."""

    def __init__(self, port, base, version=5, name="commander"):
        self.base, self.version = base, version
        self.replies, self.status, self.lock = [], None, threading.Condition()
        protocol = mqtt.MQTTv5 if version == 5 else mqtt.MQTTv311
        self.client = mqtt.Client(client_id=f"{name}-{version}", protocol=protocol)
        self.client.on_message = self._take
        self.client.on_subscribe = lambda *_: setattr(self, "subscribed", True)
        self.subscribed = False
        self.client.max_inflight_messages_set(1000)
        self.client.connect("127.0.0.1", port)
        self.client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.client.subscribe([(base + "reply/#", 1), (base + "status", 1)])
        self.client.loop_start()
        wait_for(lambda: self.subscribed, 10, "the commander is subscribed")

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()

    def _take(self, _client, _userdata, message):
        with self.lock:
            if message.topic == self.base + "status":
                self.status = json.loads(message.payload) if message.payload else None
            else:
                correlation = getattr(getattr(message, "properties", None), "CorrelationData", None)
                self.replies.append((message.topic, correlation, json.loads(message.payload)))
            self.lock.notify_all()

    def wait_online(self, boot_after=None):
        wait_for(lambda: self.status and self.status["status"] == "online" and
                 self.status.get("challenge") not in (None, boot_after), 20, "the gateway is online")
        return self.status["challenge"]

    def envelope(self, key, verb, body, response="", correlation=b"", changes=None, **members):
        """The payload of a signed command. `changes` is signed otherwise than it is sent."""
        said = {"id": os.urandom(4).hex(), "nonce": os.urandom(16).hex(), "by": key.name,
                "gateway": self.status["gateway"], "park": self.status["park"], **members}
        if "time" not in said and "challenge" not in said:
            if self.status["clock"] in ("synchronised", "set"):
                said["time"] = time.time_ns() // 1_000_000
            else:
                said["challenge"] = self.status["challenge"]
        signed = {**said, "verb": verb, "response": response, "correlation": correlation.hex(), **(changes or {})}
        when = f"challenge:{signed['challenge']}" if "challenge" in signed else str(signed["time"])
        text = body if isinstance(body, str) else json.dumps(body)
        lines = ["parkgate-command-1", signed["park"], signed["gateway"], signed["verb"], signed["response"],
                 signed["correlation"], signed["id"], signed["by"], when, signed["nonce"], text]
        signature = key.sign("\n".join(lines).encode())
        del said["gateway"], said["park"]
        return {"v": 1, **said, "body": text, "signature": signature}

    def publish(self, verb, payload, response="", correlation=b"", retain=False):
        text = payload if isinstance(payload, (str, bytes)) else json.dumps(payload)
        properties = None
        if self.version == 5 and (response or correlation):
            properties = mqtt.Properties(PacketTypes.PUBLISH)
            if response:
                properties.ResponseTopic = response
            if correlation:
                properties.CorrelationData = correlation
        self.client.publish(self.base + "command/" + verb, text, 1, retain, properties=properties)

    def answers(self, name, since=0):
        return [answer for _, _, answer in self.replies[since:] if answer["id"] == name]

    def wait_answer(self, name, since=0, seconds=20):
        """The last answer to that id."""
        def last():
            return [answer for answer in self.answers(name, since) if not answer.get("more")]
        wait_for(last, seconds, f"an answer to {name}")
        return last()[-1]

    def ask(self, payload, verb, response="", correlation=b""):
        since = len(self.replies)
        self.publish(verb, payload, response, correlation)
        name = correlation.hex() or (payload["id"] if isinstance(payload, dict) else "")
        return self.wait_answer(name, since)

    def command(self, key, verb, body=None, **members):
        """Signs, sends, waits."""
        if self.version != 5:
            return self.ask(self.envelope(key, verb, body or {}, **members), verb)
        response, correlation = self.base + f"reply/{verb}/{key.name}", os.urandom(8)
        payload = self.envelope(key, verb, body or {}, response, correlation, **members)
        return self.ask(payload, verb, response, correlation)
