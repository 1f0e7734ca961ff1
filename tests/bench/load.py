"""A load: devices of mbsim, mosquitto, mqsink, and between them what is measured."""
import json
import signal
import time

from bench.measure import cpu_s, rss_peak_mb
from lab.broker import Broker
from lab.processes import Failure, Lab, program, read, wait_for
from lab.gateway import Gateway

EVENT_ADDRESS = 60000  # mbsim.c
EVENT_LIMIT = 500


class Load:
    """Within `with Load(...)`, times are seconds since its epoch."""

    def __init__(self, devices, tags, windows, event_device=False, every_ms=1000):
        self.devices, self.tags, self.windows = devices, tags, windows
        self.every_ms, self.store = every_ms, None
        self.event_device = event_device
        self.lab = Lab()

    def __enter__(self):
        try:
            self._start()
        except BaseException as reason:
            self.lab.__exit__(type(reason), reason, None)
            raise
        return self

    def __exit__(self, *reason):
        self.lab.__exit__(*reason)

    def _start(self):
        self.epoch_ns = time.monotonic_ns()
        count = self.devices + (1 if self.event_device else 0)
        sim = self.lab.start("mbsim", [program("mbsim"), "--devices", str(count),
                                       "--epoch", str(self.epoch_ns)])
        self.ports = json.loads(wait_for(lambda: read(sim.output), 5, "mbsim listens"))["ports"]
        self.broker = Broker(self.lab)
        windows = [f"--window={start}:{end}" for start, end in self.windows]
        self.sink = self.lab.start("mqsink", [program("mqsink"), "--port", str(self.broker.port),
                                              "--epoch", str(self.epoch_ns), *windows])

    def now_s(self):
        return (time.monotonic_ns() - self.epoch_ns) / 1e9

    def sleep_until(self, then_s):
        time.sleep(max(0, then_s - self.now_s()))

    def due(self, window=0):
        """Values that are to be read in a window."""
        start, end = self.windows[window]
        return round(self.devices * self.tags * (end - start) * 1000 / self.every_ms)

    def start(self, peer):
        self.child = peer(self)

    def cost(self):
        if not self.child.is_running():
            raise Failure(f"{self.child.name} ended with {self.child.process.returncode}")
        return cpu_s(self.child.pid), rss_peak_mb(self.child.pid)

    def received(self):
        """What the sink has counted by now."""
        before = len(read(self.sink.output).splitlines())
        self.sink.signal(signal.SIGUSR1)
        wait_for(lambda: len(read(self.sink.output).splitlines()) > before, 30, "mqsink counts")
        return json.loads(read(self.sink.output).splitlines()[-1])

    def drain(self, seconds):
        """The sink's count once all that was due is there, or that long after."""
        until_s = self.now_s() + seconds
        while True:
            received = self.received()
            if self.now_s() > until_s or received["windows"][0]["values"] >= self.due():
                return received
            time.sleep(0.25)


def floor(load):
    """The bare C loop (cfloor.c)."""
    lines = [f"mqtt {load.broker.port}", "every 1000"]
    lines += [f"device d{i} {port} {load.tags}" for i, port in enumerate(load.ports)]
    path = load.lab.path("floor.conf")
    with open(path, "w") as file:
        file.write("\n".join(lines) + "\n")
    return load.lab.start("cfloor", [program("cfloor"), path])


def parkgate(load):
    """The daemon with defaults, on a file system like any other; statistics stay at home so that
    what arrives is what was read."""
    return Gateway(load.lab, write_site(load)).start().child


def write_site(load):
    points = {f"t{i}": {"holding": 2 * i, "type": "float32"} for i in range(load.tags)}
    site = {
        "gateway": {"park": "bench", "name": "bench"},
        "buses": {f"b{i}": {"tcp": f"127.0.0.1:{port}"} for i, port in enumerate(load.ports)},
        "devices": {f"d{i}": {"bus": f"b{i}", "unit": 1, "every": f"{load.every_ms}ms",
                           "points": points}
                    for i in range(load.devices)},
        "destinations": {"centre": {"mqtt": f"tcp://127.0.0.1:{load.broker.port}",
                                    "streams": ["event", "sample", "trend"]}},
    }
    if load.store:
        site["store"] = load.store
    if load.event_device:
        so2 = {"holding": EVENT_ADDRESS, "type": "float32", "unit": "mg/m3"}
        site["devices"]["cems"] = {"bus": f"b{load.devices}", "unit": 1, "every": "100ms",
                                   "points": {"so2": so2}}
        site["assets"] = {"stack": {"kind": "generic", "from": "cems", "limits": {
            "so2": {"at-most": f"{EVENT_LIMIT} mg/m3", "averaging": "instant"}}}}
    return json.dumps(site, indent=1) + "\n"
