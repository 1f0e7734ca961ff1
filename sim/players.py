"""The programs of the demonstration: broker, park and gateway, each started, watched and ended
here. Children end with this process even when it is killed (setpriv --pdeathsig)."""
import json
import os
import pwd
import queue
import re
import signal
import socket
import subprocess
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
GATEWAY_STOPS_S = 15


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def usual_state_directory():
    base = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return os.path.join(base, "parkgate")


def start(command, **more):
    # A group of its own: Ctrl-C is for the story, which ends the others in order.
    return subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *command], start_new_session=True,
                            **more)


def end(process, within_s):
    """True when it ended by itself, with status 0, after SIGTERM."""
    if process is None:
        return True
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        return process.wait(within_s) == 0
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False


class Broker:
    """mosquitto on a loopback port, always the same one. Its persistence serves the receiver's
    session alone: an acknowledged message is the broker's to deliver, also across its restart."""

    def __init__(self, directory):
        self.port = free_port()
        self.process = None
        self.path = os.path.join(directory, "mosquitto.conf")
        user = pwd.getpwuid(os.getuid()).pw_name
        with open(self.path, "w") as file:
            file.write(f"listener {self.port} 127.0.0.1\nallow_anonymous true\nuser {user}\n"
                       "log_type none\npersistence true\nmax_queued_messages 0\n"
                       f"persistence_location {directory}/\n")
        self.start()

    def start(self):
        self.process = start([find("mosquitto"), "-c", self.path], stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise OSError(f"mosquitto does not come up on 127.0.0.1:{self.port}")

    def stop(self):
        end(self.process, 10)
        self.process = None


def find(program):
    for directory in os.environ.get("PATH", "").split(":") + ["/usr/sbin", "/sbin"]:
        path = os.path.join(directory, program)
        if os.access(path, os.X_OK):
            return path
    raise OSError(f"{program} is not installed")


class Troupe:
    def __init__(self, build, directory):
        self.build = os.path.abspath(build)
        self.directory = directory
        self.broker = self.park = self.gateway = None
        self.state = None
        self.log = queue.SimpleQueue()
        self.listener = None

    def start_broker(self):
        self.broker = Broker(self.directory)
        return self.broker

    def start_park(self, broker_port):
        """Starts parksim on free addresses; returns the site file with them, and the addresses."""
        template = os.path.join(ROOT, "sim/park.yaml")
        self.park = start([os.path.join(self.build, "parksim"), "--site", template, "--here",
                           self.directory, "--share", os.path.join(ROOT, "config"), "--scenario",
                           os.path.join(ROOT, "sim/scenarios/story.yaml")],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        ready = self.park.stdout.readline()
        if not ready:
            raise OSError("parksim does not start; its reason stands above")
        buses = json.loads(ready)["buses"]
        with open(template) as file:
            site = file.read()
        for name, address in buses.items():
            kind, where = next(iter(address.items()))
            site, found = re.subn(rf'^(  {name}: \{{{kind}: )("[^"]*"|[^,}}]*)', rf'\g<1>"{where}"',
                                  site, flags=re.M)
            assert found == 1, name
        site, found = re.subn(r'mqtt: "[^"]*"', f'mqtt: "tcp://127.0.0.1:{broker_port}"', site)
        assert found == 1
        path = os.path.join(self.directory, "site.yaml")
        with open(path, "w") as file:
            file.write(site)
        return path, buses

    def start_gateway(self, site, state):
        self.state = state
        self.gateway = start([os.path.join(self.build, "parkgated"), "--state", state, "--share",
                              os.path.join(ROOT, "config"), site], stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                             errors="replace")
        self.listener = threading.Thread(target=self._listen, args=(self.gateway.stderr,),
                                         daemon=True)
        self.listener.start()

    def _listen(self, stream):
        for line in stream:
            self.log.put(line.rstrip())

    def take_log(self):
        lines = []
        while True:
            try:
                lines.append(self.log.get_nowait())
            except queue.Empty:
                return lines

    def take_last_log(self):
        """Of a gateway that has ended or is about to."""
        if self.listener is not None:
            self.listener.join(1)
        return self.take_log()

    def find_dead(self):
        for name, process in (("parkgated", self.gateway), ("parksim", self.park),
                              ("mosquitto", self.broker and self.broker.process)):
            if process is not None and process.poll() is not None:
                return f"{name} ended by itself with status {process.returncode}"
        return None

    def stop_gateway(self):
        return end(self.gateway, GATEWAY_STOPS_S)

    def _ask_store(self, *arguments):
        """The lines that parkgatectl prints about the store; it is an error when it cannot."""
        verb, *options = arguments
        command = [os.path.join(self.build, "parkgatectl"), verb, *options,
                   os.path.join(self.state, "parkgate.db")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            yield from process.stdout
        if process.returncode != 0:
            raise OSError(f"{' '.join(command)} ended with status {process.returncode}")

    def read_store(self, stream, first):
        """The records of the store from a sequence on: (key, record) one by one."""
        for line in self._ask_store("records", "--stream", stream, "--from", str(first)):
            entry = json.loads(line)
            yield (entry["store"], entry["stream"], entry["sequence"]), entry["record"]

    def read_queued(self):
        """What the gateway knows to be undelivered: stream -> records, of the worst destination."""
        queued = {}
        for line in self._ask_store("books"):
            words = line.split()
            if len(words) >= 9 and words[4].isdigit():
                queued[words[0]] = max(queued.get(words[0], 0), int(words[4]))
        return queued

    def stop_all(self):
        end(self.gateway, GATEWAY_STOPS_S)
        end(self.park, 5)
        if self.broker is not None:
            self.broker.stop()
