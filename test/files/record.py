#!/usr/bin/env python3
# Runs sequences of file operations (operations.ts) on the kernel it runs on, as root, and prints what happened.
# stdin: {"kind": "tmpfs"|"overlay", "lowerSteps": N, "root": DIR, "sequences": [[[name, args...], ...], ...]}
import ctypes
import errno
import json
import os
import stat
import sys

AT_FDCWD = -100
CLONE_NEWNS, MS_PRIVATE, MS_REC, MNT_DETACH = 0x20000, 1 << 18, 16384, 2
O_PATH = 0o10000000
libc = ctypes.CDLL(None, use_errno=True)


def check(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "")
    return result


def b(text):
    return text.encode("latin1")


def is_fifo(path):
    try:
        return stat.S_ISFIFO(os.stat(b(path)).st_mode)
    except OSError:
        return False


def become(uid):
    os.seteuid(0)
    os.setegid(0)
    if uid:
        os.setgroups([])
        os.setegid(uid)
        os.seteuid(uid)


def act(op, overlaid):
    name, a = op[0], op[1:]
    if name in ("open", "ls", "cat") and is_fifo(a[0]):
        return "fifo"
    if name == "mkdir":
        os.mkdir(b(a[0]), a[1])
    elif name == "rmdir":
        os.rmdir(b(a[0]))
    elif name == "unlink":
        os.unlink(b(a[0]))
    elif name == "open":
        fd = os.open(b(a[0]), a[1], a[2])
        try:
            writes = not a[1] & O_PATH and a[1] & 3 and a[3]
            return ["ok", os.write(fd, b(a[3])) if writes else 0, os.fstat(fd).st_mode]
        finally:
            os.close(fd)
    elif name == "symlink":
        os.symlink(b(a[0]), b(a[1]))
    elif name == "link":
        check(libc.linkat(AT_FDCWD, b(a[0]), AT_FDCWD, b(a[1]), a[2]))
    elif name == "rename":
        check(libc.renameat2(AT_FDCWD, b(a[0]), AT_FDCWD, b(a[1]), a[2]))
    elif name == "chmod":
        os.chmod(b(a[0]), a[1])
    elif name == "chown":
        os.chown(b(a[0]), a[1], a[2], follow_symlinks=not a[3])
    elif name == "truncate":
        os.truncate(b(a[0]), a[1])
    elif name == "stat":
        st = os.stat(b(a[0]), follow_symlinks=not a[1])
        directory = stat.S_ISDIR(st.st_mode)
        hide = overlaid and directory
        nlink, size = (0, 0) if hide else (st.st_nlink, st.st_size)
        blocks = 0 if overlaid or directory else st.st_blocks
        return [st.st_mode, nlink, st.st_uid, st.st_gid, size, blocks]
    elif name == "readlink":
        return os.readlink(b(a[0])).decode("latin1")
    elif name == "ls":
        fd = os.open(b(a[0]), 0)
        try:
            return " ".join(sorted(os.listdir(fd)))
        finally:
            os.close(fd)
    elif name == "access":
        check(libc.faccessat(AT_FDCWD, b(a[0]), a[1], a[2]))
    elif name == "chdir":
        os.chdir(b(a[0]))
    elif name == "user":
        become(a[0])
    elif name == "mkfifo":
        os.mkfifo(b(a[0]), a[1])
    elif name == "cat":
        fd = os.open(b(a[0]), 0)
        try:
            data = b""
            while chunk := os.read(fd, 65536):
                data += chunk
            return [len(data), data[:50].decode("latin1")]
        finally:
            os.close(fd)
    elif name == "getcwd":
        return os.getcwd()
    elif name == "umask":
        os.umask(a[0])
    return 0


def outcome(op, overlaid):
    try:
        return act(op, overlaid)
    except OSError as error:
        return errno.errorcode[error.errno]


def run(job, sequence):
    root, overlaid = job["root"], job["kind"] == "overlay"
    check(libc.mount(b"none", root.encode(), b"tmpfs", 0, b"mode=755"))
    os.chdir(root)
    os.umask(0o022)
    os.setgroups([])
    if not overlaid:
        os.chroot(root)
        os.chdir("/")
        return [outcome(op, False) for op in sequence]
    for name in ("lower", "up", "work", "m"):
        os.mkdir(name, 0o755)
    top = os.open("/", 0)
    os.chroot(root + "/lower")
    os.chdir("/")
    results = [outcome(op, True) for op in sequence[: job["lowerSteps"]]]
    become(0)
    os.fchdir(top)
    os.chroot(".")
    os.umask(0o022)
    # Directories of lower layers can be renamed, as here.
    options = f"lowerdir={root}/lower,upperdir={root}/up,workdir={root}/work,redirect_dir=on"
    check(libc.mount(b"overlay", (root + "/m").encode(), b"overlay", 0, options.encode()))
    os.close(top)
    os.chroot(root + "/m")
    os.chdir("/")
    return results + [outcome(op, True) for op in sequence[job["lowerSteps"] :]]


def in_child(job, sequence):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        data = json.dumps(run(job, sequence)).encode()
        while data:
            data = data[os.write(writer, data) :]
        os._exit(0)
    os.close(writer)
    data = b""
    while chunk := os.read(reader, 65536):
        data += chunk
    os.close(reader)
    os.waitpid(child, 0)
    libc.umount2((job["root"] + "/m").encode(), MNT_DETACH)
    libc.umount2(job["root"].encode(), MNT_DETACH)
    return json.loads(data)


def main():
    job = json.load(sys.stdin)
    os.makedirs(job["root"], exist_ok=True)
    check(libc.unshare(CLONE_NEWNS))
    check(libc.mount(b"none", b"/", None, MS_PRIVATE | MS_REC, None))
    print(json.dumps([in_child(job, each) for each in job["sequences"]], separators=(",", ":")))


main()
