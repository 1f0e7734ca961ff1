"""What a process and its files offer to others, read from /proc and the file system."""
import os
import socket
import stat

TCP_LISTEN = "0A"
UNIX_ACCEPTS = 0x10000  # __SO_ACCEPTCON of the kernel


def inodes(pid):
    """The inodes of the process's sockets."""
    found = set()
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{name}")
        except FileNotFoundError:
            continue
        if target.startswith("socket:["):
            found.add(target[8:-1])
    return found


def lines(pid, table):
    try:
        with open(f"/proc/{pid}/net/{table}") as file:
            return [line.split() for line in file.readlines()[1:]]
    except FileNotFoundError:  # the kernel has no such protocol
        return []


def offers(pid):
    """Sentences about each socket at which a stranger could arrive, but for Unix sockets."""
    own, found = inodes(pid), []
    for table in ("tcp", "tcp6"):
        found += [f"{table} listens at {line[1]}" for line in lines(pid, table)
                  if line[9] in own and line[3] == TCP_LISTEN]
    for table in ("udp", "udp6", "udplite", "udplite6"):  # a resolver's is connected, or for a moment
        found += [f"{table} is open at {line[1]}" for line in lines(pid, table)
                  if line[9] in own and set(line[2].split(":")[0]) == {"0"}]
    for table in ("raw", "raw6", "packet"):
        found += [f"a socket of {table}" for line in lines(pid, table)
                  if own & set(line)]
    return found


def unix_listeners(pid):
    """The paths of its Unix sockets that accept; "" for one without a path."""
    own = inodes(pid)
    return sorted(line[7] if len(line) > 7 else "" for line in lines(pid, "unix")
                  if line[6] in own and int(line[3], 16) & UNIX_ACCEPTS)


def open_to_others(folder, own_group=0o040):
    """Sentences about each file that more than its owner (and group, to read) can use."""
    found = []
    for base, folders, files in os.walk(folder):
        for name in [*folders, *files, "."]:
            path = os.path.normpath(os.path.join(base, name))
            try:
                mode = os.lstat(path).st_mode
            except FileNotFoundError:
                continue
            allowed = 0o600 | own_group
            if stat.S_ISDIR(mode):
                allowed = 0o750
            elif stat.S_ISSOCK(mode):
                allowed = 0o660
            if stat.S_IMODE(mode) & ~allowed:
                found.append(f"{os.path.relpath(path, folder)} has mode {stat.S_IMODE(mode):04o}")
    return sorted(set(found))


def memory(pid, name="VmRSS"):
    """That line of /proc/PID/status in KiB."""
    with open(f"/proc/{pid}/status") as file:
        for line in file:
            if line.startswith(name + ":"):
                return int(line.split()[1])
    return 0


def forget_peak(pid):
    """VmHWM counts from now on."""
    with open(f"/proc/{pid}/clear_refs", "w") as file:
        file.write("5")


def ask(path, line, seconds=10):
    """One request at a Unix socket; the first line of the answer, b"" when it is closed."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(seconds)
        client.connect(path)
        client.sendall(line + b"\n")
        answer = b""
        while not answer.endswith(b"\n"):
            piece = client.recv(65536)
            if not piece:
                break
            answer += piece
        return answer
