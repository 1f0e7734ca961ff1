"""Recordings for park.yaml: values that wander around what its limits and rules look at, with
everything that can happen to them; the same for the same seed."""
import datetime
import math
import os
import random

from driver import GOOD, HERE
from reckoning import HOUR, utc_of

NOON = utc_of(datetime.datetime(2026, 11, 21, 12))
BAD = ("calibration", "maintenance", "fault", "stopped", "back-purge", "standby", "timeout",
       "exception", "over-range", "sentinel")
NO_NUMBER = ("timeout", "exception")
SPAN_GAS = 7777.0

# what a point is, how far it wanders, and over which time (s)
WAVES = {
    "cems": {"so2": (90, 60, 700), "nox": (40, 20, 900), "o2": (9, 5, 1300), "flow": (6e4, 2e4, 800),
             "temperature": (140, 20, 1500), "coal": (1.6, 1.5, 2000)},
    "oxidiser": {"nmhc": (45, 40, 500), "flow": (2e4, 3e3, 1100), "nmhc-inlet": (500, 300, 600),
                 "flow-inlet": (1.9e4, 3e3, 1100), "chamber-temperature": (760, 40, 900),
                 "press": (40, 60, 1500), "fan": (12, 12, 1100), "energy": None, "valve-open": None,
                 "valve-shut": None, "valve-flow": None},
    "works": {"cod": (42, 12, 1300), "nh3-n": (3, 2, 900), "flow": (60, 75, 1700),
              "cod-inlet": (400, 200, 1500), "flow-inlet": (70, 60, 1400), "ph": (8, 1.8, 1200)},
    "fence": {"h2s": (0.05, 0.05, 300), "nh3": (1.2, 0.8, 400)},
}
OF_ASSET = {"boiler": "cems", "paint-line": "oxidiser", "outfall": "works", "boundary": "fence"}


def site(every="1s", so2_limit="100", only=None):
    """The text of park.yaml; `only` some assets, with the devices they need."""
    with open(os.path.join(HERE, "park.yaml"), encoding="utf-8") as file:
        text = file.read().replace("EVERY", every).replace("SO2_LIMIT", so2_limit)
    if only is None:
        return text
    keep = set(only) | {OF_ASSET[asset] for asset in only}
    names = set(OF_ASSET) | set(WAVES)
    out, kept = [], True
    for line in text.splitlines():
        if not line.startswith("   "):
            name = line.strip().rstrip(":")
            kept = name not in names or name in keep
        if kept:
            out.append(line)
    return "\n".join(out) + "\n"


class Park:
    """Values by the second; `spoiled`: how often a point turns bad, in chances a second."""

    def __init__(self, seed, spoiled=0.002):
        self.dice = random.Random(seed)
        self.spoiled = spoiled
        self.phase = {(d, p): self.dice.random() * 7 for d, points in WAVES.items() for p in points}
        self.bad = {}
        self.valve, self.energy = 0, 1000.0

    def number(self, device, point, second):
        if point == "energy":
            self.energy += 0.003 * (1 + math.sin(second / 300))
            return round(self.energy, 4)
        if point == "valve-open":
            if self.dice.random() < 0.004:
                self.valve = self.dice.choice((0, 1, 2, 3))
            return float(self.valve in (1, 3))
        if point == "valve-shut":
            return float(self.valve in (0, 3))
        if point == "valve-flow":
            return (0.0, 4000.0, 1200.0, 150.0)[self.valve]
        middle, width, time = WAVES[device][point]
        wave = math.sin(second * 6.2832 / time + self.phase[device, point])
        return max(round(middle + width * (wave + self.dice.uniform(-0.1, 0.1)), 6), 0.0)

    def quality(self, key):
        quality, left = self.bad.get(key, (GOOD, 0))
        if left:
            self.bad[key] = quality, left - 1
            return quality
        if self.dice.random() < self.spoiled:
            self.bad[key] = self.dice.choice(BAD), self.dice.choice((0, 1, 5, 30, 90, 400))
        return GOOD

    def values(self, device, second):
        found = {}
        for point in WAVES[device]:
            number, quality = self.number(device, point, second), self.quality((device, point))
            if quality != GOOD:
                number = None if quality in NO_NUMBER else SPAN_GAS
            found[point] = number, quality
        return found


def hour(seed, seconds=3600 + 120, step=1, start=NOON, spoiled=0.002, ticks=True):
    """Each device and a tick each `step` seconds."""
    park, calls = Park(seed, spoiled), []
    for second in range(0, seconds, step):
        mono, utc = 100_000 + second * 1000, start + second * 1000
        for i, device in enumerate(WAVES):
            calls.append((mono + i, utc + i, device, park.values(device, second)))
        if ticks:
            calls.append((mono + 900, utc + 900, None, None))
    return calls


__all__ = ["HOUR", "NOON", "OF_ASSET", "SPAN_GAS", "WAVES", "hour", "site"]
