import { applet } from "../../../test/support/applet.ts";
import { reformime } from "./reformime.ts";

const MESSAGE = `Content-Type: multipart/mixed; boundary="xx"

before
--xx
Content-Type: text/plain; name=foo
Content-Disposition: attachment; filename="b/ar.txt"

plain
--xx
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename=z

aGkK
--xx--
after
`;

applet(reformime, [
  {
    name: "parts become files",
    args: "-x p-",
    stdin: MESSAGE,
    after: { "p-ar.txt": "plain\n", "p-z": "hi\n" },
  },
  {
    name: "an encoding it does not know",
    args: "-x p-",
    stdin: "Content-Transfer-Encoding: quoted-printable\n\na=41\n",
    stderr: "reformime: encoding 'quoted-printable' not supported\n…usage",
    status: 1,
  },
]);
