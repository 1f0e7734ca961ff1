#!/usr/bin/python3
"""parkgatectl replay: a stored day judged anew gives what stands in the store, whatever happened to
the gateway meanwhile (stops, kills, another boot, timeouts); under another site it names exactly what
would differ: events, verdicts, statistics, qualities."""
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
from lab.case import check, run_case  # noqa: E402
from lab.processes import program, run  # noqa: E402

START = 1780070400000  # 2026-05-30T00:00:00+08:00
SITE = """
gateway: {{park: test, name: replay}}
buses:
  line: {{tcp: 127.0.0.1}}
devices:
  {device}:
    bus: line
    unit: 1
    every: 10s
    points:
{extra}      so2: {{holding: 0, type: float32, unit: mg/m3{range}}}
      nox: {{holding: 2, type: float32, unit: mg/m3}}
  rto:
    bus: line
    unit: 2
    every: 10s
    points:
      damper-open: {{discrete: 12}}
      fan-power: {{input: 2, type: float32, unit: kW}}
      power: {{input: 4, type: float32, unit: kW}}
assets:
  boiler-1:
    kind: boiler
    outlet: DA001
    from: {device}
    limits:
      so2: {so2} mg/m3
      nox: {{at-most: 100 mg/m3, averaging: instant}}
  paint-line:
    kind: voc-treatment
    from: rto
    production: {{running-when: rto.power > 5 kW}}
    treatment: {{running-when: rto.fan-power > 3 kW}}
    bypass: {{open-when: rto.damper-open, delay: 0s}}
"""
# so2: above 100 from 01:00 to 02:30; nox above 100 for a minute; a bypass open across the change of
# the hour and one that stays open over the end
SCRIPT = """0 rto.damper-open 0
0 cems.so2 40
0 cems.nox 30
3600 cems.so2 120
9000 cems.so2 60
9500 cems.nox 130
9560 cems.nox 30
10000 rto.damper-open 1
11000 rto.damper-open 0
12000 cems.so2 -
12600 cems.so2 60
20000 rto.damper-open 1
"""
SECONDS = 6 * 3600


def merged(script, lines):
    rows = (script + lines).splitlines()
    return "\n".join(sorted(rows, key=lambda row: int(row.split()[0]))) + "\n"


class Day:
    def __init__(self, lab, name, script=SCRIPT, seconds=SECONDS):
        self.lab, self.directory = lab, lab.path(name)
        os.makedirs(self.directory)
        self.site = self.write("site.yaml")
        path = os.path.join(self.directory, "script")
        with open(path, "w") as file:
            file.write(script)
        done = run([program("judge_fill"), self.directory, self.site, str(START), str(seconds),
                    path])
        check(done.returncode == 0, done.stderr)
        self.filled = json.loads(done.stdout)

    def write(self, name, so2=100, device="cems", extra="", range=""):
        path = os.path.join(self.directory, name)
        with open(path, "w") as file:
            file.write(SITE.format(so2=so2, device=device, extra=extra, range=range))
        return path

    def replay(self, *arguments, site=None, start="2026-05-30", end="2026-05-31"):
        return run([program("parkgatectl"), "replay", "--store",
                    os.path.join(self.directory, "parkgate.db"), "--site", site or self.site,
                    "--from", start, "--to", end, *arguments])

    def lines(self, *arguments, code=1, **others):
        done = self.replay("--json", *arguments, **others)
        check(done.returncode == code, f"{done.returncode}: {done.stdout[-500:]}{done.stderr}")
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        check(lines[-1]["record"] == "summary", "the last line is the summary")
        check(lines[-1]["differs"] == (code == 1), f"{lines[-1]}")
        return lines[:-1], lines[-1]


def same(lab):
    day = Day(lab, "same")
    lines, summary = day.lines(code=0)
    check(not lines and summary["events"] == 4, f"{lines} {summary}")
    check(summary["readings"] == day.filled["readings"], f"{summary} {day.filled}")
    # but for the last minute, which was not closed when the gateway stopped
    check(summary["statistics"] == day.filled["statistics"] > 1700, f"{summary} {day.filled}")
    done = day.replay()
    check(done.returncode == 0 and done.stdout.startswith("nothing differs"), done.stdout)
    # a part, from inside an hour and inside an event that is open then
    _, part = day.lines(code=0, start="2026-05-30T02:51", end="2026-05-30T03:30")
    check(part["events"] == 2 and 0 < part["statistics"] < 210, f"{part}")
    _, behind = day.lines("--lead-in", "1m", code=0, start="2026-05-30T02:51",
                          end="2026-05-30T04:00")
    check(behind["events"] == 2 and behind["not_compared_events"] == 1, f"{behind}")


def lower_limit(lab):
    day = Day(lab, "lower")
    just = day.write("just.yaml", so2=120)  # equal to what was read: compliant
    lines, summary = day.lines(site=just)
    check([(line["change"], line["subject"]) for line in lines] ==
          [("missing", "boiler-1.so2")], f"{lines}")
    check(lines[0]["stored"]["since"] == START + 3600000, f"{lines[0]}")
    lines, summary = day.lines(site=day.write("lower.yaml", so2=59))
    # 02:00 to 03:00 stood at 120, then 60: from then on 60 is above 59 too
    check(len(lines) == 1 and summary["events_other"] == 1, f"{lines}")
    check(lines[0]["found"]["limit"] == 59 and lines[0]["found"]["closed"] is None, f"{lines}")
    text = day.replay(site=day.write("lower.yaml", so2=59)).stdout
    check("exceedance.hour boiler-1.so2" in text and "limit 100 -> 59" in text, text)


def new_event(lab):
    day = Day(lab, "new", script=merged("", "0 rto.damper-open 0\n0 cems.so2 50\n"
                                            "0 cems.nox 1\n3600 cems.so2 70\n"
                                            "7200 cems.so2 50\n7000 rto.damper-open 1\n"
                                            "7400 rto.damper-open 0\n"))
    lines, summary = day.lines(site=day.write("lower.yaml", so2=60))
    check(len(lines) == 1 and summary["events_new"] == 1, f"{lines}")
    event = lines[0]
    check(event["kind"] == "exceedance.hour" and event["subject"] == "boiler-1.so2", f"{event}")
    check(event["stored"] is None and event["found"]["peak"] == 70, f"{event}")
    check(event["found"]["since"] == START + 3600000 and event["found"]["periods"] == 1, f"{event}")
    done = day.replay(site=day.write("lower.yaml", so2=60))
    check("new     event  exceedance.hour boiler-1.so2" in done.stdout, done.stdout)
    # the hour's verdict falls behind its end: a span that ends with it has it
    _, inside = day.lines(site=day.write("lower.yaml", so2=60), end="2026-05-30T02:00")
    check(inside["events_new"] == 1, f"{inside}")
    _, before = day.lines(site=day.write("lower.yaml", so2=60), end="2026-05-30T01:59", code=0)
    check(before["events_new"] == 0, f"{before}")


def restarts(lab):
    restarts = {
        "stop": "10500 stop\n10530 start\n",
        "stop-long": "4000 stop\n9700 start\n",
        "kill": "10317 kill\n10400 start\n",
        "kill-boot": "5333 kill\n6001 start second\n14444 stop\n14445 start third\n",
        "edge": "7199 kill\n7201 start\n10799 stop\n10800 start\n",
    }
    for name, lines in restarts.items():
        day = Day(lab, name, merged(SCRIPT, lines))
        found, summary = day.lines(code=0)
        check(not found and summary["statistics"] > 1000, f"{name}: {found} {summary}")


def other_meaning(lab):
    day = Day(lab, "other")
    # another order of points, one more point, a narrower range: 120 is not believed any more
    site = day.write("range.yaml", extra="      co: {holding: 9, type: float32, unit: mg/m3}\n",
                     range=", range: [0, 110]")
    done = day.replay("--json", site=site)
    check("cems.co was never stored" in done.stderr, done.stderr)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    summary = lines[-1]
    check(summary["requalified"] == 540 and summary["not_stored_points"] == 1, f"{summary}")
    # the exceedance is gone; 90 minutes, two hours of so2 have no valid reading now
    check(summary["events_missing"] == 1 and summary["events_new"] == 0, f"{summary}")
    check(summary["statistics_other"] == 92 and summary["statistics_new"] == 0, f"{summary}")
    minutes = [line for line in lines if line.get("period") == "minute"]
    check(all(line["point"] == "cems.so2" and line["found"]["letter"] == "D" for line in minutes),
          f"{minutes[:1]}")
    # and back again: what the store calls over range is believed by a wider site
    done = day.replay("--most", "3", site=site).stdout
    check("... and 89 statistics more" in done and "letter N -> D" in done, done)
    renamed = day.replay(site=day.write("renamed.yaml", device="stack"))
    check("stack.so2 was never stored" in renamed.stderr, renamed.stderr)
    check("statistics of points that the site does not have" in renamed.stdout, renamed.stdout)


def refusals(lab):
    day = Day(lab, "refused", seconds=120)
    gone = day.replay(site=lab.path("nothing.yaml"))
    check(gone.returncode == 2 and "cannot be used" in gone.stderr, gone.stderr)
    broken = day.write("broken.yaml", so2="much")
    check(day.replay(site=broken).returncode == 2 and
          "broken.yaml:" in day.replay(site=broken).stderr, "a mistake has its place")
    empty = day.replay(start="2026-06-10", end="2026-06-11")
    check(empty.returncode == 2 and "no scans" in empty.stderr, empty.stderr)
    store = run([program("parkgatectl"), "replay", "--store", lab.path("no.db"), "--site",
                 day.site, "--from", "-1d", "--to", "now"])
    check(store.returncode == 2 and store.stderr != "", store.stderr)
    usage = day.replay(start="2026-06-11", end="2026-06-10")
    check(usage.returncode == 2 and "usage:" in usage.stderr, usage.stderr)


CASES = {"same": same, "lower-limit": lower_limit, "new-event": new_event, "restarts": restarts,
         "other-meaning": other_meaning, "refusals": refusals}


def case(lab):
    for name, test in CASES.items():
        if sys.argv[1:] in ([], [name]):
            test(lab)


run_case(case)
