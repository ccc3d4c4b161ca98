// xargs: run a command with arguments from standard input (POSIX xargs; -0 -P -r -a -o as in GNU)
import { EINTR, ENOENT, Errno } from "../../abi/errno.ts";
import { O_RDONLY, O_RDWR } from "../../abi/fcntl.ts";
import { isSteps, type Steps, settle } from "../../abi/program.ts";
import { WEXITSTATUS, WIFSIGNALED, WTERMSIG } from "../../abi/signal.ts";
import { WNOHANG } from "../../abi/wait.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, dieErrno, Exit, type Process } from "../../libc/process.ts";
import { execvp } from "../../libc/spawn.ts";
import { Input, LineReader, Output } from "../../libc/stdio.ts";
import { strerror } from "../../libc/strerror.ts";
import { open } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatou, xatouRange } from "../libbb/numbers.ts";
