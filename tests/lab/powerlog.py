"""A file system whose power can be cut afterwards, at any moment of its life: ext4 on a loop
device on flog (tests/lab/flog.c). Needs root, FUSE and loop devices, and a mount namespace of its
own: then nothing stays mounted, however the test ends."""
import mmap
import os
import shutil
import struct
import subprocess

from lab.processes import Failure, run, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
SIZE = 64 << 20
ENTRY = struct.Struct("=IIQ")
WRITE, FLUSH, MARK = 1, 2, 3
BLOCK = 4096  # a power cut tears no block, but a longer write between its blocks
TOOLS = ("gcc", "pkg-config", "mkfs.ext4", "e2fsck", "losetup", "fusermount3", "unshare")


def missing():
    """What this machine lacks, as words; None when all is there."""
    if os.geteuid() != 0:
        return "root"
    for device in ("/dev/fuse", "/dev/loop-control"):
        if not os.access(device, os.R_OK | os.W_OK):
            return device
    for tool in TOOLS:
        if shutil.which(tool) is None:
            return tool
    if run(["pkg-config", "--exists", "fuse3"]).returncode != 0:
        return "libfuse3-dev"
    for what, argv in (("a mount namespace", ["unshare", "-m", "true"]),
                       ("a free loop device", ["losetup", "-f"])):
        if run(argv).returncode != 0:
            return what
    return None


def do(*argv):
    """The program's output; a Failure when it fails."""
    done = run(list(argv))
    if done.returncode != 0:
        raise Failure(f"{' '.join(argv)}: {done.stderr.strip() or done.returncode}")
    return done.stdout.strip()


def compile_c(lab, source, name, *flags):
    path = lab.path(name)
    do("gcc", "-std=c17", "-O2", "-Wall", "-Wextra", "-Werror", "-D_FILE_OFFSET_BITS=64",
       source, "-o", path, *flags)
    return path


class Disk:
    """The logged disk; its file system is mounted at `root`."""

    def __init__(self, lab):
        self.lab, self.root = lab, lab.path("disk")
        self.base, self.image = lab.path("base.img"), lab.path("disk.img")
        self.log, self.fuse = lab.path("disk.log"), lab.path("fuse")
        make_image(self.base)
        do("cp", "--sparse=always", self.base, self.image)
        os.mkdir(self.root)
        os.mkdir(self.fuse)
        flags = do("pkg-config", "--cflags", "--libs", "fuse3").split()
        flog = compile_c(lab, os.path.join(HERE, "flog.c"), "flog", *flags)
        self.child = lab.start("flog", [flog, self.image, self.log, self.fuse])
        disk = os.path.join(self.fuse, "disk")
        wait_for(lambda: os.path.exists(disk) or not self.child.is_running(), 10, "flog mounts")
        mount(disk, self.root, "--direct-io=on")
        self.marks = os.open(os.path.join(self.fuse, "marks"), os.O_WRONLY)

    def mark(self, text):
        """Takes its place in the log, behind what the disk has answered until now."""
        os.write(self.marks, text.encode())

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        os.close(self.marks)
        if kind is not None:  # parkgated may still be at work: the file system goes when it does
            run(["umount", "-l", self.root])
            run(["umount", "-l", self.fuse])
            return
        do("umount", self.root)
        do("fusermount3", "-u", self.fuse)
        self.child.wait(10)


def make_image(path):
    with open(path, "wb") as file:
        file.truncate(SIZE)
    do("mkfs.ext4", "-q", "-F", "-b", str(BLOCK), "-E", "lazy_itable_init=0,lazy_journal_init=0",
       path)


def mount(image, root, *options):
    """By a loop device that goes when the file system is unmounted."""
    loop = do("losetup", "-f", "--show", *options, image)
    try:
        do("mount", "-t", "ext4", loop, root)
    finally:
        do("losetup", "-d", loop)


class Log:
    """flog's log, read: `entries` of (kind, offset, length, where the bytes stand)."""

    def __init__(self, disk):
        self.base, self.entries = disk.base, []
        with open(disk.log, "rb") as file:
            self.bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        at = 0
        while at < len(self.bytes):
            kind, length, offset = ENTRY.unpack_from(self.bytes, at)
            at += ENTRY.size
            self.entries.append((kind, offset, length, at))
            at += length

    def marks(self):
        """(place in the log, text) of each mark."""
        return [(place, self.bytes[at:at + length].decode())
                for place, (kind, _, length, at) in enumerate(self.entries) if kind == MARK]

    def unflushed(self):
        """For each place: how many blocks were written before it since the last flush."""
        counts, count = [], 0
        for kind, _, length, _ in self.entries:
            counts.append(count)
            count = 0 if kind == FLUSH else count + (-(-length // BLOCK) if kind == WRITE else 0)
        return counts

    def cut(self, place, chance, image):
        """Makes the image that the disk holds when the power goes before that entry: all that was
        flushed, and of the blocks written since then a random part. How many of how many went."""
        flushed = max((i for i in range(place) if self.entries[i][0] == FLUSH), default=-1)
        survives = chance.random()
        lost = unflushed = 0
        do("cp", "--sparse=always", self.base, image)
        with open(image, "r+b") as file:
            for i in range(place):
                kind, offset, length, at = self.entries[i]
                if kind != WRITE:
                    continue
                for part in range(0, length, BLOCK):
                    unflushed += i > flushed
                    if i > flushed and chance.random() > survives:
                        lost += 1
                        continue
                    file.seek(offset + part)
                    file.write(self.bytes[at + part:at + min(part + BLOCK, length)])
        return lost, unflushed


def repair_and_mount(image, root):
    """As a machine does that starts after a power cut."""
    done = subprocess.run(["e2fsck", "-p", image], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise Failure(f"e2fsck -p: {done.returncode}: {done.stdout.strip()}")
    mount(image, root)
