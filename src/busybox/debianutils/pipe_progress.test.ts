import { applet } from "../../../test/support/applet.ts";
import { pipe_progress } from "./pipe_progress.ts";

applet(pipe_progress, [{ name: "copies", stdin: "a\nb", stdout: "a\nb", stderr: "\n" }]);
