#!/usr/bin/env python3
# Runs sequences of file operations (operations.ts) on the kernel it runs on, as root, and prints what happened.
# stdin: {"kind": "tmpfs"|"overlay"|"mounts", "lowerSteps": N, "root": DIR, "sequences": [[[name, args...], ...], ...]}
import ctypes
import errno
import json
import os
import stat
import sys

AT_FDCWD = -100
MS_REMOUNT, MS_BIND, MS_MOVE = 32, 4096, 8192
SYS_PIVOT_ROOT = 155 if os.uname().machine == "x86_64" else 41
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
    else:
        return act_mount(name, a)
    return 0


def mount(source, target, kind, flags, data=None):
    check(libc.mount(b(source), b(target), kind, ctypes.c_ulong(flags), data))


def act_mount(name, a):
    if name == "create":
        fd = os.open(a[0], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        os.write(fd, b("x"))
        os.close(fd)
    elif name == "mount":
        mount("none", a[0], b("tmpfs"), a[1], b("mode=755"))
    elif name == "bind":
        mount(a[0], a[1], None, MS_BIND | a[2])
    elif name == "move":
        mount(a[0], a[1], None, MS_MOVE)
    elif name == "umount":
        check(libc.umount2(b(a[0]), a[1]))
    elif name == "remount":
        mount("none", a[0], None, MS_REMOUNT | a[1])
    elif name == "propagate":
        mount("none", a[0], None, a[1])
    elif name == "statfs":
        return os.statvfs(a[0]).f_flag & 0xF
    elif name == "unshare":
        check(libc.unshare(CLONE_NEWNS))
    elif name == "pivot":
        check(libc.syscall(SYS_PIVOT_ROOT, b(a[0]), b(a[1])))
    else:
        raise ValueError(name)
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
    if job["kind"] == "mounts":
        # The tmpfs becomes the root of a namespace, not only of the process.
        check(libc.syscall(SYS_PIVOT_ROOT, b("."), b(".")))
        check(libc.umount2(b("."), MNT_DETACH))
        os.chdir("/")
        return [outcome(op, False) for op in sequence]
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
        check(libc.unshare(CLONE_NEWNS))
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
    return json.loads(data)


def main():
    job = json.load(sys.stdin)
    os.makedirs(job["root"], exist_ok=True)
    check(libc.unshare(CLONE_NEWNS))
    check(libc.mount(b"none", b"/", None, MS_PRIVATE | MS_REC, None))
    print(json.dumps([in_child(job, each) for each in job["sequences"]], separators=(",", ":")))


main()
