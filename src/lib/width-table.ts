// Which code points take no column and which take two, as musl 1.2.5's wcwidth() answers (Unicode 15);
// taken down by asking it for every code point.
//
// Ranges from U+0300 on, in order: "gap:length" in base 36, the gap counted from the end of the range before;
// a length of one is left out.

/** Combining marks, joiners and other code points of width 0. */
export const ZERO_WIDTH: string =
  "0:34 7n:7 7b:19 1 1:2 1:2 1 1k:6 a:b 1 1a:l g 2t:8 1:6 2:2 1:4 x 1 u:r 2j:b 1m:9 9 o:4 1:9 " +
  "1:3 1:5 17:3 3b:1c 1j 1 4:8 4 3:7 a:2 t 1m 4:4 8 k:2 q 2:2 1l 4:2 4:2 2:3 3 u:2 3 b:2 1l " +
  "4:5 1:2 4 k:2 m:6 1 1m 2 1:4 8 8 b:2 u 1p c 1e 3 1l:3 5:3 1:4 7:2 b:2 t 1m 2 6 5:2 k:2 s:2 " +
  "1l:2 4:4 8 k:2 2u 7:3 1 2i 2:7 c:8 2q 2:9 b:6 22:2 r 1 1 1j:e 1:5 1:2 5:b 1:10 9 2u:4 1:6 " +
  "1:2 2:2 p:2 4:3 g:4 d 2:2 6 f 5e:4g 9p:3 qa:3 t:3 t:2 u:2 1s:2 1:7 8 2:b 9 19:4 3a:2 y 3a:3 " +
  "4:2 9 6:3 63:2 2 1m 1:7 1 1 2:8 6:a 2 1c:f 1t:4 1c 1:5 1 5 14:9 c:2 w:4 2:2 1:3 1k 1:2 3 " +
  "1:3 1m:8 2:2 48:3 1:d 1:7 4 6 3:2 5i:1m 1:5 ej:5 q:5 1d:5 1:a 2o:x 2da:3 3x 2o:w fe:4 2z:2 " +
  "n9w:4 1:a w:2 28:2 7k 3 4 p:2 4d:2 q:i d 12:8 p:b 1a:3 1c 2:4 2:2 13 1v:6 2:2 2:2 c 8 1b 1f " +
  "1:3 2:2 5:2 1 16:2 8 6m 2 4 8n6:28 6xq kh:g g:g 5r 6x:3 e9 6a 45:5 1ae:3 1:2 5:4 14:3 4 " +
  "4l:2 fx:4 f2:b 4w 1i:f 1k:3 1d:4 2:2 2 f 1e:3 10:5 1:8 1q c:2 1g:9 a:4 2q:3 2 1:2 6 4g 3:8 " +
  "l:2 1l:2 3 11:7 3:5 5f:8 2:3 1 n 2c:6 1 4:2 1:2 6m:4 6:2 1:2 r:2 2d:8 2 1:2 2y 1 2:6 1 2t:3 " +
  "2:4 1:5 77:9 1:2 bd:4 2:2 4 w:a 14:6 2:4 8 9:6 2:3 1a:d 1:2 ba:7 1:6 1 2a:m 2:7 1:2 1:2 " +
  "3e:6 3 1:2 1:7 1 20:2 3 1 9n:2 46z:9 at3:5 1n:7 t4 1r:4 f7u:2 1:4 43n:3 9:g 2:7 u:4 44:3 " +
  "1iz:1j 4:1e 8 e m:5 1:f 11s:7 1:h 2:7 1:2 1:5 79:7 c5:4 15s:7 31:7 gzau u:2n 3l:6n";

/** East Asian wide and fullwidth code points and emoji, of width 2. */
export const DOUBLE_WIDTH: string =
  "2rk:2o 3i2:2 d:2 5a:4 3 2 eh:2 l:2 1e:c 17 j d 8:2 h:2 5:2 8 5 l 7:2 1 4 2 7 4:2 s z 1 4:3 " +
  "1 1p:3 o e nv:2 1f 4 mi:q 1:2h c:5y q:c 4:16 4:h 2:2e 4:2t 5:17 1:2m 1:17 5:10 c:1b 1:14 " +
  "8:5f4 1s:h3h 3:1j wp:t hv:8mc 6l8:e8 ls:a m:z 1:j 1:4 45:2o 3j:7 m49:4 s:4qg 8:kz 7bh:7z " +
  "1d:3 h:4 8:b0 c20 5m 5a 2:a 2t:3 d:18 4:9 7:2 e:6 4a:x c:9 1:1y 1:m c:17 4:5 c:h 3 3:1z 1 " +
  "1:57 2:1r d:4 1:o i q:2 d 2e:2d 1c:1y 6 3:3 2 l:2 7:7 6d:c 81:2t 1:4 3:15 2:6 3:t 2:1f 34:4 " +
  "4:3 5:3 d:6 12i:1eke 2:1eke";
