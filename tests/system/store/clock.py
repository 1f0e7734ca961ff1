#!/usr/bin/python3
"""Time under a clock that is shifted while parkgated runs (tests/lab/shiftclock.c): a start in
1970, steps of an hour, a repeated second, a slow drift. Whatever the clock does, records keep their
order and key, nothing stored is edited, and a period is counted once.

usage: clock.py [zero|step|leap|drift ...]. Says everything that is wrong in a scenario, not only
the first. Exit code 77 without a C compiler."""
import mmap
import os
import shutil
import sqlite3
import struct
import sys
import time

import cbor2

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
from lab.broker import Broker  # noqa: E402
from lab.case import check  # noqa: E402
from lab.gateway import Gateway  # noqa: E402
from lab.processes import ROOT, SLACK, Failure, Lab, run, wait_for  # noqa: E402
from lab.receiver import Receiver  # noqa: E402
from lab.segments import unpack  # noqa: E402
from lab.slave import COUNTER, Slave  # noqa: E402

SITE = """
gateway: {{park: test, name: clock}}
buses:
  line: {{tcp: "127.0.0.1:{slave}"}}
devices:
  plc: {{bus: line, unit: 1, every: 100ms, points: {{reads: {{holding: {counter}}}}}}}
destinations:
  centre: {{mqtt: "tcp://127.0.0.1:{broker}"}}
"""
ARCHIVE = """  archive: {{mqtt: "tcp://127.0.0.1:{broker}", start: oldest}}
"""
STORE = "store: {commit-every: 200ms}\n"
STREAMS = {1: "event", 2: "evidence", 3: "period", 4: "minute", 5: "sample", 6: "trend"}
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
GRACE = 2000  # AGGREGATE_GRACE_MS of assess/aggregate.h
LEAD = int(8000 * SLACK)  # ms in which parkgated starts and reads, before something is to happen
TIME, BOOT, MONO, CLOCK = 3, 4, 5, 6  # elements of a stored record, docs/store.md
UNKNOWN = 0


class Clock:
    """The file that shiftclock.c maps: struct control there."""

    def __init__(self, lab):
        self.path = lab.path("shiftclock")
        with open(self.path, "wb") as file:
            file.write(bytes(8 + 2 * 40))
        with open(self.path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 0)
        self.words = memoryview(self.memory).cast("q")
        self.offset_ms, self.leap_utc_ms = 0, 0

    def set(self, utc_ms, synchronised=1, drift_ppm=0, leap_utc_ms=0):
        """From now on it is utc_ms."""
        real_ms = time.time_ns() // 1_000_000
        self.put(utc_ms - real_ms, synchronised, drift_ppm, leap_utc_ms)

    def step(self, by_ms):
        self.put(self.offset_ms + by_ms)

    def put(self, offset_ms, synchronised=1, drift_ppm=0, leap_utc_ms=0):
        spare = 1 - self.words[0]
        setting = (offset_ms, synchronised, drift_ppm, time.monotonic_ns(), leap_utc_ms)
        self.memory[8 + spare * 40:48 + spare * 40] = struct.pack("=5q", *setting)
        self.words[0] = spare
        self.offset_ms, self.leap_utc_ms = offset_ms, leap_utc_ms

    def utc_ms(self):
        """Without drift."""
        utc_ms = time.time_ns() // 1_000_000 + self.offset_ms
        return utc_ms - (1000 if 0 < self.leap_utc_ms <= utc_ms else 0)

    def zero_ms(self):
        """UTC when the monotonic clock was 0, as this test knows it."""
        return self.utc_ms() - time.monotonic_ns() // 1_000_000


class Park:
    """A slave, a broker, a receiver, and parkgated under the shifted clock."""

    def __init__(self, lab):
        self.lab, self.wrong, self.clock = lab, [], Clock(lab)
        self.broker, self.slave = Broker(lab), Slave(lab, {})
        self.receiver = Receiver(lab, self.broker.port)
        self.site = SITE.format(slave=self.slave.port, counter=COUNTER, broker=self.broker.port)
        sanitizer = os.environ.get("ASAN_OPTIONS", "")  # its library need not come first
        self.gateway = Gateway(lab, self.site + STORE, environment={
            "LD_PRELOAD": build_library(lab), "PARKGATE_SHIFTCLOCK": self.clock.path,
            "ASAN_OPTIONS": f"{sanitizer}:verify_asan_link_order=0".lstrip(":")})

    def see(self, condition, sentence):
        """A check that lets the scenario go on."""
        if not condition:
            self.wrong.append(sentence)

    def readings(self):
        """What was received so far of the device, in the order of sequences."""
        return self.receiver.take().of("trend")

    def times(self):
        return [reading["t"] for reading in self.readings() if reading["t"] is not None]

    def wait_times(self, low_ms, high_ms, count, what):
        """So many readings received that were taken between these."""
        wait_for(lambda: sum(low_ms <= t < high_ms for t in self.times()) >= count, 20, what)

    def wait_minute(self, start_ms, seconds):
        wait_for(lambda: any(minute["start"] == start_ms
                             for minute in self.receiver.take().of("minute")),
                 seconds, f"a record of the minute from {start_ms}")

    def steps(self):
        return self.receiver.take().events("clock.step")

    def finish(self):
        """Ends the daemon; everything stored arrives, and all of it under one store."""
        self.gateway.stop()
        volatile = [line for line in self.gateway.log().splitlines() if "in memory" in line]
        check(not volatile, f"the log says: {''.join(volatile[:1])}")
        keys = stored(self.gateway).keys()
        wait_for(lambda: keys <= {key[1:] for key in self.receiver.take().records}, 10,
                 "every stored record arrives")

    def conclude(self):
        check(not self.wrong, "; ".join(self.wrong))


def build_library(lab):
    path = lab.path("shiftclock.so")
    if not os.path.exists(path):
        done = run(["cc", "-std=gnu17", "-O2", "-fPIC", "-shared", "-o", path,
                    os.path.join(ROOT, "tests", "lab", "shiftclock.c"), "-ldl"])
        check(done.returncode == 0, f"cc: {done.stderr}")
    return path


def stored(gateway):
    """{(stream, sequence): bytes of the record}, with SQLite's reader and lab/segments alone."""
    database = sqlite3.connect(f"file:{gateway.store}?mode=ro", uri=True)
    try:
        rows = database.execute("SELECT stream,first,codec,body FROM segments").fetchall()
    finally:
        database.close()
    return {(STREAMS[stream], first + i): raw for stream, first, codec, body in rows
            for i, raw in enumerate(unpack(codec, body, first))}


def is_untimed(reading):
    """Taken while the clock was unknown: in no period, also where it was placed afterwards."""
    return reading.get("quality", {}).get("reads") == "clock-unknown"


def lived_minutes(readings):
    """{start: its values} of the minutes that were closed, by the rule of assess/aggregate.h: a
    minute left for one never lived is closed. What comes later of the newest closed one joins it when
    its clock differs by no more than the grace (a repeated leap second); all else counts nowhere."""
    lived, opened, closed, newest = {}, None, None, 0
    for reading in readings:
        if is_untimed(reading):
            continue
        start = reading["t"] // MINUTE * MINUTE
        if start not in lived:
            closed, opened, lived[start] = opened, start, []
        if start == opened:
            newest = reading["t"]
            lived[start].append(reading["reads"])
        elif start == closed and abs(reading["t"] - newest) <= GRACE:
            lived[start].append(reading["reads"])
    lived.pop(opened, None)
    return lived


def newest_revisions(records):
    """Of each period: the highest revision counts."""
    found = {}
    for record in records:
        key = (record["point"], record["period"], record["start"])
        if key not in found or found[key]["revision"] < record["revision"]:
            found[key] = record
    return list(found.values())


def see_periods(park):
    """No period twice; a record of every minute lived, and of no other; counts and means right."""
    records = park.receiver.of("minute") + park.receiver.of("period")
    keys = [(r["point"], r["period"], r["start"], r["revision"]) for r in records]
    park.see(len(set(keys)) == len(keys),
             f"a period twice: {sorted(key for key in keys if keys.count(key) > 1)[:4]}")
    lived = lived_minutes(park.readings())
    minutes = {r["start"]: r for r in newest_revisions(park.receiver.of("minute"))
               if r["point"] == "plc.reads"}
    park.see(set(minutes) == set(lived),
             f"minutes recorded {sorted(minutes)}, lived and closed {sorted(lived)}")
    for start in sorted(set(minutes) & set(lived)):
        record, values = minutes[start], lived[start]
        park.see(record["count"] == record["valid"] == len(values),
                 f"minute {start}: {record['count']} readings, {len(values)} were received")
        mean = sum(values) / len(values)
        park.see(abs((record["mean"] or 0) - mean) < 1e-6,
                 f"minute {start}: mean {record['mean']}, received {mean}")
    for record in newest_revisions(park.receiver.of("period")):
        whole = sum(minute["count"] for start, minute in minutes.items()
                    if record["start"] <= start < record["end"])
        park.see(record["count"] == whole, f"{record['period']} {record['start']}: "
                 f"{record['count']} readings, its minutes have {whole}")


def see_order(park):
    """Sequences without hole, as time was lived; every answer once; no key twice; the chain."""
    records = stored(park.gateway)
    for name in STREAMS.values():
        held = sorted(sequence for stream, sequence in records if stream == name)
        park.see(held == list(range(1, len(held) + 1)), f"{name}: sequences have holes")
        monos = [cbor2.loads(records[name, sequence])[MONO] for sequence in held]
        park.see(monos == sorted(monos), f"{name}: not in the order of time lived")
    reads = [reading["reads"] for reading in park.readings()]
    park.see(reads == list(range(len(reads))), "not every answer of the slave once and in order")
    twice = [key for key, copies in park.receiver.records.items() if len(copies) > 1]
    park.see(not twice, f"keys received twice: {sorted(twice)[:4]}")
    verified = park.gateway.ctl("verify", park.gateway.store)
    park.see(verified.returncode == 0, f"verify: {verified.stdout}{verified.stderr}")


def next_minute():
    """The start of a minute of today that no clock here has reached: the machine's next but one."""
    return (time.time_ns() // 1_000_000 // MINUTE + 2) * MINUTE


# ---- (a) starts in 1970, the clock becomes known later ----


def see_unknown(park, early, before):
    """What was taken before is stored without a time, and came so while there was none."""
    heads = {key: cbor2.loads(raw) for key, raw in before.items()}
    timed = [key for key, head in heads.items() if head[TIME] is not None or head[CLOCK] != UNKNOWN]
    park.see(not timed, f"stored in 1970 with a time: {sorted(timed)[:4]}")
    got = {key[1:]: copies[0] for key, copies in park.receiver.take().records.items()}
    timed = [key for key in early if got[key]["t"] is not None]
    park.see(not timed, f"came in 1970 with a time: {sorted(timed)[:4]}")
    places = [key for key in early if key[0] == "trend" and
              (got[key]["boot"], got[key]["mono"]) != (heads[key][BOOT], heads[key][MONO])]
    park.see(not places, f"came in 1970 without boot and mono of the store: {sorted(places)[:4]}")
    unmarked = [key for key in before if key[0] == "trend" and not is_untimed(got[key])]
    park.see(not unmarked, f"came without quality clock-unknown: {sorted(unmarked)[:4]}")


def see_zero(park, boot, zero_ms):
    """One record says what UTC was when the boot's monotonic clock was 0."""
    zeros = park.receiver.take().events("clock.zero")
    park.see(len(zeros) == 1, f"{len(zeros)} events clock.zero, should be 1")
    for zero in zeros:
        details = zero.get("details", {})
        park.see(details.get("boot") == boot, f"clock.zero: boot {details.get('boot')}, is {boot}")
        told = details.get("zero_utc_ms")
        park.see(isinstance(told, int) and abs(told - zero_ms) <= 50,
                 f"clock.zero: zero_utc_ms {told}, is {zero_ms}")


def see_placed(park, receiver, due, who):
    """These came with their time, {key: UTC ms} as the test knows it, and are marked as placed."""
    clocks = clocks_of(receiver)
    got = {key[1:]: copies[0]["t"] for key, copies in receiver.records.items()}
    wrong = [f"{key}: {got[key]}, is {t}" for key, t in due.items()
             if got[key] is None or abs(got[key] - t) > 50]
    park.see(not wrong, f"{who}: {len(wrong)} of {len(due)} with the wrong time: {wrong[:2]}")
    others = [f"{key}: {clocks[key]}" for key in due if clocks[key] != "placed"]
    park.see(not others, f"{who}: {len(others)} of {len(due)} without the mark: {others[:2]}")


def clocks_of(receiver):
    return {(envelope["stream"], sequence): envelope["clock"]
            for envelope in receiver.envelopes
            for sequence in range(envelope["first"], envelope["last"] + 1)}


def resend(park):
    """A restart with a second destination, which begins with the oldest record."""
    broker = Broker(park.lab, "archive-broker")
    archive = Receiver(park.lab, broker.port, "archive")
    park.gateway.write(park.site + ARCHIVE.format(broker=broker.port) + STORE)
    known = len(park.times())
    park.gateway.start()
    park.wait_times(0, 1 << 62, known + 20, "readings after the restart")
    park.finish()
    wait_for(lambda: park.receiver.records.keys() <= archive.take().records.keys(), 20,
             "the new destination gets every record")
    return archive


def zero(park):
    minute = next_minute()
    park.clock.set(600_000, synchronised=0)
    park.gateway.start()
    wait_for(lambda: len(park.readings()) >= 30, 20, "readings in 1970")
    early = stored(park.gateway)
    wait_for(lambda: early.keys() <= {key[1:] for key in park.receiver.take().records}, 10,
             "what is stored in 1970 arrives")
    park.clock.set(minute - LEAD)
    zero_ms = park.clock.zero_ms()
    park.wait_times(minute, minute + MINUTE, 30, "readings of today")
    park.wait_minute(minute - MINUTE, 20)
    park.gateway.stop()
    before = {key: raw for key, raw in stored(park.gateway).items()
              if key in early or cbor2.loads(raw)[CLOCK] == UNKNOWN}
    boot = cbor2.loads(early["trend", 1])[BOOT]
    archive = resend(park)
    before.update(early)  # as it was then
    see_unknown(park, early, before)
    after = stored(park.gateway)
    changed = [key for key, raw in before.items() if after.get(key) != raw]
    park.see(not changed, f"records edited after the clock was known: {sorted(changed)[:4]}")
    see_zero(park, boot, zero_ms)
    due = {key: zero_ms + cbor2.loads(raw)[MONO] for key, raw in sorted(before.items())}
    see_placed(park, archive, due, "new destination")
    late = [key for key, clock in clocks_of(park.receiver).items() if clock == "placed"]
    see_placed(park, park.receiver, {key: due[key] for key in late if key in due}, "centre")
    for receiver in (archive, park.receiver):
        known = {clock for key, clock in clocks_of(receiver).items() if key not in before}
        park.see(known == {"synchronised"}, f"what was taken later came as {sorted(known)}")
    see_order(park)
    see_periods(park)


# ---- (b) an hour back, and forward, and back onto what was lived ----


def leg(park, low_ms, what):
    park.wait_times(low_ms, low_ms + MINUTE, 30, f"readings {what}")


def step(park):
    minute = next_minute()
    park.clock.set(minute - LEAD)
    park.gateway.start()
    park.wait_minute(minute - MINUTE, 40)
    park.clock.step(-HOUR)
    leg(park, minute - HOUR, "an hour back")
    told = park.steps()
    park.see(len(told) == 1, f"{len(told)} events clock.step after one step")
    park.clock.step(HOUR)
    wait_for(lambda: park.times()[-1] >= minute, 20, "readings after the step forward")
    park.clock.step(-HOUR)
    wait_for(lambda: park.times()[-1] < minute - HOUR + MINUTE, 20, "readings an hour back again")
    park.clock.step(HOUR + MINUTE)
    park.wait_minute(minute - HOUR, 20)
    leg(park, minute + MINUTE, "after the last step")
    park.finish()
    told = park.steps()
    park.see(len(told) == 4, f"{len(told)} events clock.step after four steps")
    park.receiver.wait_all(park.gateway.records())
    see_order(park)
    see_periods(park)


# ---- (c) the second before midnight UTC twice ----


def offsets(park):
    """[monotonic time, UTC less it] of every reading stored, in the order of reading."""
    records = stored(park.gateway)
    heads = [cbor2.loads(records[key]) for key in sorted(records) if key[0] == "trend"]
    check(heads, "no reading in the store")
    return [(head[MONO], head[TIME] - head[MONO]) for head in heads]


def leap(park):
    midnight = (time.time_ns() // 1_000_000 // DAY + 1) * DAY
    park.clock.set(midnight - LEAD, leap_utc_ms=midnight)
    park.gateway.start()
    wait_for(lambda: sum(t >= midnight + 2000 for t in park.times()) >= 10, 30,
             "readings after midnight")
    told = len(park.steps())
    park.see(told <= 1, f"{told} events clock.step for one repeated second")
    found = offsets(park)
    shifts = [offset - found[0][1] for _, offset in found]
    park.see(all(min(abs(shift), abs(shift + 1000)) <= 5 for shift in shifts)
             and abs(shifts[-1] + 1000) <= 5, f"times follow another clock: {sorted(set(shifts))}")
    times = park.times()
    back = [b - a for a, b in zip(times, times[1:]) if b <= a]
    park.see(len(back) == 1 and back[0] >= -1000, f"times go back by {back} ms")
    park.clock.step(MINUTE - 1000)
    park.wait_minute(midnight, 20)
    park.finish()
    park.receiver.wait_all(park.gateway.records())
    see_order(park)
    see_periods(park)
    hours = [r for r in newest_revisions(park.receiver.of("period")) if r["period"] == "hour"]
    park.see([r["start"] for r in hours] == [midnight - HOUR], f"hours recorded: {hours}")


# ---- (d) 500 ppm for half a minute ----


def drift(park, ppm=500, seconds=30):
    start = next_minute() - 15_000
    park.clock.set(start, drift_ppm=ppm)
    park.gateway.start()
    wait_for(lambda: len(park.times()) > 1 and park.times()[-1] >= start + seconds * 1000 + 3000,
             seconds + 20, "readings of half a minute")
    park.finish()
    park.receiver.wait_all(park.gateway.records())
    times = park.times()
    park.see(all(a < b for a, b in zip(times, times[1:])), "times do not ascend")
    told = [event["kind"] for event in park.receiver.of("event")
            if event["kind"] in ("clock.step", "clock.changed")]
    park.see(not told, f"events of a clock that only drifts: {told}")
    found = offsets(park)
    lasted_ms = found[-1][0] - found[0][0]
    gained_ms, due_ms = found[-1][1] - found[0][1], lasted_ms * ppm / 1e6
    park.see(abs(gained_ms - due_ms) <= 3, f"gained {gained_ms} ms, the clock {due_ms:.1f} ms")
    see_order(park)
    see_periods(park)


SCENARIOS = {"zero": zero, "step": step, "leap": leap, "drift": drift}


def passes(name):
    try:
        with Lab() as lab:
            park = Park(lab)
            SCENARIOS[name](park)
            park.conclude()
    except Failure as reason:
        print(f"FAILED {name}: {reason}", file=sys.stderr)
        return False
    print(f"ok {name}", file=sys.stderr)
    return True


def main():
    if shutil.which("cc") is None:
        print("skipped: no C compiler (cc) for tests/lab/shiftclock.c", file=sys.stderr)
        sys.exit(77)
    names = sys.argv[1:] or list(SCENARIOS)
    unknown = [name for name in names if name not in SCENARIOS]
    if unknown:
        sys.exit(f"no scenario {unknown[0]}: {', '.join(SCENARIOS)}")
    results = [passes(name) for name in names]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
