import { applet } from "../../../test/support/applet.ts";
import { ipcrm, ipcs } from "./ipcs.ts";

const QUEUES =
  "\n------ Message Queues --------\nkey        msqid      owner      perms      used-bytes   messages    \n";

applet(ipcs, [
  { name: "an empty table", args: "-q", stdout: `${QUEUES}\n` },
  {
    name: "all",
    stdout: `${QUEUES}
------ Shared Memory Segments --------
key        shmid      owner      perms      bytes      nattch     status      

------ Semaphore Arrays --------
key        semid      owner      perms      nsems     

`,
  },
  { name: "one by id", args: "-m -i 3", stderr: "ipcs: shmctl: Invalid argument\n" },
  { name: "-i of nothing", args: "-i 3", stderr: "usage", status: 1 },
]);

applet(ipcrm, [
  { name: "nothing to do" },
  {
    name: "failures are counted",
    args: "-m 5 -Q 0x6",
    stderr: "ipcrm: invalid id (5)\nipcrm: invalid key (0x6)\n",
    status: 2,
  },
  {
    name: "the old form",
    args: "shm 1 x",
    stderr: "ipcrm: can't remove id 1: Invalid argument\nipcrm: invalid id: x\n",
    status: 1,
  },
  { name: "no kind", args: "foo 1", stderr: "usage", status: 1 },
  { name: "no number", args: "-m x", stderr: "ipcrm: invalid number 'x'\n", status: 1 },
]);
