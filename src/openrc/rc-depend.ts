// rc-depend: what services depend on, in order.
import type { Program, Steps } from "../abi/program.ts";
import { type DepOptions, DepTree, depends } from "./librc/deptree.ts";
import { loadDeptree } from "./librc/deptree-update.ts";
import { type Rc, rcProgram } from "./librc/rc.ts";
import { runlevelGet } from "./librc/runlevel.ts";
import { rcOptions, type Usage } from "./librc/usage.ts";

const USAGE: Usage = {
  letters: "aot:suTF:",
  options: [
    ["a", "starting", "", "In the order of a runlevel that starts"],
    ["o", "stopping", "", "In the order of a runlevel that stops"],
    ["t", "type", "<arg>", "Types of dependency (ineed,iuse,...)"],
    ["T", "notrace", "", "Only what they depend on themselves"],
    ["s", "strict", "", "Only what the runlevels have"],
    ["u", "update", "", "Make the dependency tree anew"],
    ["F", "deptree-file", "<arg>", "Take the tree from this file"],
  ],
};

function* main(rc: Rc): Steps<number> {
  const { sys, einfo } = rc;
  const options: DepOptions = { trace: true, self: rc.self, bootlevel: rc.env("RC_BOOTLEVEL") };
  const types: string[] = [];
  let update = false;
  let file: string | undefined;
  const services = yield* rcOptions(rc, USAGE, function* (key, value) {
    if (key === "a") options.start = true;
    else if (key === "o") options.stop = true;
    else if (key === "s") options.strict = true;
    else if (key === "t") types.push(...value.split(","));
    else if (key === "u") update = true;
    else if (key === "F") file = value;
    else if (key === "T") {
      // What was asked for before it is forgotten too.
      options.start = false;
      options.stop = false;
      options.strict = false;
    }
  });
  const tree =
    file === undefined ? (yield* loadDeptree(rc, update)).tree : yield* DepTree.load(sys, file);
  if (tree === undefined) return yield* einfo.eerrorx("failed to load deptree");
  if (services.length === 0) {
    if (update) return 0;
    return yield* einfo.eerrorx("no services specified");
  }
  const level = rc.env("RC_RUNLEVEL") ?? (yield* runlevelGet(sys));
  const wanted = types.length > 0 ? types : ["ineed", "iuse"];
  const found = depends(sys, tree, wanted, services, level, options);
  if (found.length > 0) yield* rc.print(`${found.join(" ")}\n`);
  return 0;
}

/** The program. */
export const rcDepend: Program = rcProgram(main);
