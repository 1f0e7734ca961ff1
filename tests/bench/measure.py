"""What a process has cost so far, from /proc."""
import os


def cpu_s(pid):
    """Seconds on a CPU: nanoseconds of every thread alive, or clock ticks where those say more
    (threads that ended)."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    ticks_s = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    alive_ns = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat") as file:
            alive_ns += int(file.read().split()[0])
    return max(alive_ns / 1e9, ticks_s - 0.05)


def rss_peak_mb(pid):
    with open(f"/proc/{pid}/status") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return None
