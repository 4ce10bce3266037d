/** Operators between vectors and numbers, one query a line. */
export const MATCHING = `
left + on (a) right
left + on (a) group_left right
left + on (a) group_left (c) right
left + on (a) group_left (b) right
right + on (a) group_right left
right + on (a) group_right (c) left
left * ignoring (b) right
left * ignoring (b) group_left right
left * ignoring (b, c) group_left (c) right
left == on (a) right
left > on (a) group_left right
left < bool on (a) group_left right
left + right
left + on () right
left + on (a) left
left + left
left and right
left and on (a) right
left unless on (a) right
left or right
right or on (a) left
left or on () right
left and ignoring (b) right
left and on () vector(1)
left unless on () nothing
nothing or left
nothing + left
left + on (a) group_left fill (0) right
left + on (a) group_left fill_left (1) right
left + on (a) group_right fill_right (1) right
right + on (a) fill (5) right{a="1"}
right + on (a) fill_left (5) right{a="1"}
right{a="1"} + on (a) fill_left (5) right
right == on (a) fill_right (30) right{a="1"}
right > bool on (a) fill (0) nothing
nothing + fill (1) nothing
left and fill (1) right
1 + fill (1) left
left + on (a) group_left (a) right
left + on (b) left{a="1"}
left == on (b) left{a="1"}
left > 100 == on (b) left{a="1"}
requests_total / on (job, instance) group_left up
requests_total / ignoring (code) group_left up
sum by (job) (requests_total) / on (job) up
up == up == up
1 < bool 2 < bool 3
2 ^ 3 ^ 2
-2 ^ 2
- 2 ^ -2
2 * -left
-left ^ 2
left * 2 + 3 - 1 > 4
left > 1 > 2
left > bool 1 > 0
1 == 1
1 == bool 1
left and 1
left == bool "x"
left + "x"
"x"
"a" + "b"
1 and 2
vector(1) and vector(2)
vector(1) == vector(1)
vector(NaN) == vector(NaN)
vector(NaN) != vector(NaN)
vector(1) / vector(0)
vector(0) / 0
-vector(0)
0 / 0
1 / 0
-1 / 0
5 % 0
-5 % 3
5 % -3
5.5 % 2
Inf % 2
2 % Inf
0 ^ 0
NaN ^ 0
1 ^ NaN
(-8) ^ (1/3)
-1 ^ 0.5
1 atan2 0
0 atan2 -1
`;
