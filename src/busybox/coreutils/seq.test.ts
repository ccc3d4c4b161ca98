import { applet } from "../../../test/support/applet.ts";
import { seq } from "./seq.ts";

applet(seq, [
  { name: "counts", args: "3", stdout: "1\n2\n3\n" },
  { name: "between", args: "8 11", stdout: "8\n9\n10\n11\n" },
  { name: "by steps", args: "5 -2 1", stdout: "5\n3\n1\n" },
  { name: "of equal width", args: "-w 8 11", stdout: "08\n09\n10\n11\n" },
  { name: "with decimals", args: "1 .25 2", stdout: "1.00\n1.25\n1.50\n1.75\n2.00\n" },
  {
    name: "decimals and width",
    args: "-w 0.5 10",
    stdout: "00.5\n01.5\n02.5\n03.5\n04.5\n05.5\n06.5\n07.5\n08.5\n09.5\n",
  },
  { name: "the end is reached in spite of rounding", args: "0.1 0.1 0.3", stdout: "0.1\n0.2\n" },
  { name: "separator", args: "-s , 3", stdout: "1,2,3\n" },
  { name: "nothing", args: "5 1" },
  { name: "negative zero", args: "-- -0 1", stdout: "-0\n1\n" },
  { name: "a number that is none", args: "x", stderr: "usage", status: 1 },
  { name: "too many", args: "1 2 3 4", stderr: "usage", status: 1 },
]);
