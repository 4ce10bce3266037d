/** Texts that are taken or refused at the edges of the grammar. */
export const TEXTS = String.raw`
offset | offset offset 5m | by | by + by | without | and and and | sum | sum + sum | sum{a="1"} | start | end | step | range | max_of | fill
fill_left + fill_right | fill (1) | anchored | smoothed | atan2 | bool | on | ignoring | group_left | a bool b | a + bool b | Sum(a) | SUM BY (x) (a)
a AND b | a oR b | a Offset 5m | a:b | :a | a:b(1) | rate:sum(1) | a b | a.b | é | {"é"} | {"a.b"} | {"a.b",x="1"} | {x="1","a.b"} | {"a","b"}
a{"b"} | a{__name__="b"} | a{__name__=~"b"} | {__name__="a",__name__="b"} | {} | {x=""} | {x!=""} | {,} | {x="1",} | {x="1",,} | a{} | a{x="1" y="2"}
{x='1'} | {x="a\"b"} | {"x y"="1"} | {"x"!="1"} | {a:b="1"} | {1="1"} | {sum="1"} | {on="1",by=~"2"} | {x=1} | {x=="1"} | {x="1"}{y="2"}
1. | 1.e3 | .5 | 1..2 | 1.2.3 | 0x1F | 0X1f | 0xe | 0x1e3 | 0x1ee | 0x | 0x1.5 | 0x_1 | 0x1_0 | 0b1 | 0o7 | 010 | 08 | 0_1 | 1_000 | 1_000.5 | 1__0 | 1_ | _1
1e3 | 1E3 | 1e+3 | 1e-3 | 1e | 1e+ | 1ee3 | 1e400 | -1e400 | 1e-400 | 9223372036854775807 | 9223372036854775808 | 0xFFFFFFFFFFFFFFFF | 1a | 1e3x
Inf | inf | INF | +Inf | -inf | NaN | nan | nAN | infinity | Inf5 | 5Inf | 5m | 1h30m | 1h30 | 30m1h | 1d1d | 1.5h | 5ms | 5hs | 1y2w3d4h5m6s7ms | 0m | 300y
5m5 | 5 m | -5m | 5M | 5m + 1 | a + 5m | a[5m] | a[5] | a[0] | a[0s] | a[-5m] | a[5m5] | a[ 5m ] | a[5m | a[5m]] | a[] | a[a] | a[Inf] | a[NaN] | a[1e3] | a[0x10]
a[5m:1m] | a[5m:] | a[:1m] | a[5m:0s] | a[5m:-1m] | a[5m:1m:1m] | a[5m :1m] | a[5m: 1m] | a[5m][5m] | a[5m:1m][5m:1m] | 1[5m] | 1[5m:1m] | (a)[5m] | (a)[5m:1m] | a[300y]
a offset | a offset 5 | a offset -5 | a offset +5 | a offset --5 | a offset (5) | a offset 5m5 | a offset 1.5 | a offset Inf | a offset 300y | 5 offset 5m | (a) offset 5m
a @ | a @ 5 | a @ -5 | a @ +5 | a @ - 5 | a @ --5 | a @ Inf | a @ NaN | a @ 1e19 | a @ 5m | a @ start | a @ start() | a @ END() | a @ step() | a @ (5) | a @ 5 @ 5 | (a) @ 5
a[5m] @ 5 offset 5m | a offset 5m [5m] | a @ 5 [5m] | a[5m:1m] @ 5 | a @ start() [5m] | a offset 0s [5m] | a anchored smoothed | a anchored anchored | a[5m:1m] anchored | 5 anchored
# nothing | a # b | # a
a | a[5m # x
] | a[# x
5m] | a{ # x
} | "#" | "a\"b" | 'a\'b' | "a'b" | 'a"b' | "a\'b" | 'a\"b' | "\q" | "\x4" | "\x41" | "\400" | "\177" | "\u00e9" | "\ud800" | "\U0010FFFF" | "\U00110000"
"a | 'a | "a' | "a
b" | a + + b | a + - b | a + * b | a + | + a | - - a | a - -a | --a | ++1 | -+-1 | (a | a) | () | (a,b) | a, b | ,a | a; | a! | a !b | a != b | a !~ b | a =~ b | a = b | a == b
a === b | a <> b | a => b | a <= b | a </ b | a >/ b | 1 </ 2 | 1 </ a | a ^^ b | a % b | a && b | a & b | $a | a$ | @a | ~a | [5m] | sum | sum() | sum(a,b) | sum(a,) | sum(,a)
sum by (x) (a) by (y) | sum(a) by (x) by (y) | sum by x (a) | sum by (a) | sum by () (a) | sum by (x,) (a) | sum by (,) (a) | sum by (x y) (a) | sum by (x,,y) (a) | sum by ("x") (a)
sum by ("x y") (a) | sum by ("") (a) | sum by (a:b) (a) | sum by (1) (a) | sum by (sum, by, on, offset, start, atan2) (a) | sum by (without) (a) | sum by (inf) (a) | sum by (bool) (a)
sum without (a) | sum (a) without (x) | sum offset 5m | sum[5m] | rate(a) | rate(a[5m]) | rate(a[5m],) | rate(1) | rate() | Rate(a[5m]) | foo(a) | time(1) | time | pi(1) | abs(1)
abs(a, b) | round(a) | round(a, 1) | round(a, 1, 2) | label_join(a, "x") | label_join(a, "x", "y") | label_replace(a, "x", "y", "z") | topk(a) | topk(1, a) | topk(1, a, b) | topk("a", a)
count_values(1, a) | count_values("x", a) | quantile(0.5, 1) | holt_winters(a[5m], 0.5, 0.5) | histogram_quantile(a, a) | scalar(1) | vector(a) | absent(1) | absent_over_time(a)
a + on b | a + on (x) b | a + on (x,) b | a + on () b | a + on(x) group_left b | a + on(x) group_left(y) b | a + on(x) group_left(x) b | a + ignoring(x) group_left(x) b | a + group_left b
a + on(x) on(y) b | a + on(x) ignoring(y) b | a and on(x) group_left b | a and bool b | a > bool on(x) b | a > on(x) bool b | 1 + on(x) 2 | 1 + on() 2 | a + on(x) 2 | a + on() 2
a or 1 | 1 or 2 | a == 1 | 1 == 1 | 1 == bool 1 | a + "x" | "x" == "x" | a[5m] + 1 | a + a[5m] | -"x" | -a[5m] | -(a) | a fill(1) b | a + fill(1) b | a + fill(-1) b | a + fill(a) b
a + fill_left(1) fill_left(2) b | a + fill_left(1) fill_right(2) b | a + fill(1) fill_left(2) b | a + on(x) fill(1) group_left b | a + on(x) group_left fill(1) b | a + fill() b | a + fill b
`;
