"""Ways to the broker that go wrong on demand, and brokers with TLS and passwords."""
import os
import socket
import subprocess
import threading

from centre import Broker, free_port


class Gate:
    """A way to the broker that can be shut: after a restart of the broker the receiver has to be there
    before the gateway, or what is sent meanwhile goes to nobody."""

    def __init__(self, target):
        self.target, self.port = target, free_port()
        self.listener = None
        self.open()

    def open(self):
        self.listener = socket.create_server(("127.0.0.1", self.port), backlog=8)
        threading.Thread(target=self.serve, args=(self.listener,), daemon=True).start()

    def shut(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def serve(self, listener):
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            self.join(peer)

    def join(self, peer, said=b""):
        behind = socket.create_connection(("127.0.0.1", self.target))
        behind.sendall(said)
        for here, there in ((peer, behind), (behind, peer)):
            threading.Thread(target=self.carry, args=(here, there), daemon=True).start()

    def carry(self, here, there):
        try:
            while data := here.recv(65536):
                there.sendall(data)
        except OSError:
            pass
        for end in (here, there):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class OldBroker(Gate):
    """Speaks MQTT 3.1.1 only: refuses CONNECT of any other version as the standard says (or hangs up),
    and is a mosquitto behind that."""

    def __init__(self, port, polite):
        self.polite, self.versions = polite, []
        super().__init__(port)

    def join(self, peer, said=b""):
        connect = peer.recv(4096)
        version = connect[connect.index(b"MQTT") + 4]
        self.versions.append(version)
        if version == 4:
            super().join(peer, connect)
            return
        if self.polite:
            peer.sendall(b"\x20\x02\x00\x01")
        peer.close()


class Mute(Gate):
    """Passes everything on until told to fall silent: a half-open connection. Later ones work."""

    silent = False

    def carry(self, here, there):
        since_silence = self.silent
        while data := here.recv(65536):
            if since_silence or not self.silent:
                there.sendall(data)


def openssl(directory, *arguments):
    subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)


def make_ca(directory, name):
    openssl(directory, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
            f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem")


def make_certificate(directory, name, ca, alternative):
    openssl(directory, "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout",
            f"{name}.key", "-out", f"{name}.csr")
    with open(os.path.join(directory, f"{name}.ext"), "w") as file:
        file.write(f"subjectAltName={alternative}\n")
    openssl(directory, "x509", "-req", "-days", "2", "-in", f"{name}.csr", "-CA", f"{ca}.pem",
            "-CAkey", f"{ca}.key", "-CAcreateserial", "-out", f"{name}.pem", "-extfile",
            f"{name}.ext")
    os.chmod(os.path.join(directory, f"{name}.key"), 0o600)


def tls_broker(directory, alternative="DNS:localhost"):
    make_ca(directory, "ca")
    make_certificate(directory, "server", "ca", alternative)
    make_certificate(directory, "gateway", "ca", "DNS:gateway")
    return Broker(directory, [f"cafile {directory}/ca.pem", f"certfile {directory}/server.pem",
                              f"keyfile {directory}/server.key", "require_certificate true",
                              "use_identity_as_username true", "user root"])


def password_broker(directory):
    path = os.path.join(directory, "passwords")
    subprocess.run(["mosquitto_passwd", "-b", "-c", path, "box", "right"], check=True)
    os.chmod(path, 0o644)
    return Broker(directory, [f"password_file {path}", "allow_anonymous false", "user root"])
