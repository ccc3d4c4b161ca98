import { applet } from "../../../test/support/applet.ts";
import { pwd } from "./pwd.ts";

applet(pwd, [
  { name: "physical", env: { PWD: "/nope" }, stdout: "/t\n" },
  { name: "-L takes a $PWD that is right", env: { PWD: "/t" }, args: "-L", stdout: "/t\n" },
  { name: "-L does not take one with dots", env: { PWD: "/t/../t" }, args: "-L", stdout: "/t\n" },
]);
