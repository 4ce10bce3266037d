/**
 * Queries at the edges of what PromQL says, over data that has edges. In Prometheus' test notation; the first sample is at 0 and
 * the others follow every minute.
 */
export const EDGE_DATA = `
up{job="api",instance="a:1"} 1 1 1 1 1 1 1 1 1 1 1 1
up{job="api",instance="b:2"} 1 0 1 0 1 _ _ _ _ _ _ _
up{job="db",instance="c:3"} 0 0 0 stale _ _ 1 1 stale _ _ 1
requests_total{job="api",instance="a:1",code="200"} 0+10x11
requests_total{job="api",instance="a:1",code="500"} 0 1 2 3 0 1 2 3 0 1 2 3
requests_total{job="api",instance="b:2",code="200"} 5 _ _ 50 _ _ 60 _ _ 10 _ _
requests_total{job="db",instance="c:3",code="200"} 7
gauge{k="a"} 3 3 3 3 3 3 3 3 3 3 3 3
gauge{k="b"} 3 3 3 3 3 3 3 3 3 3 3 3
gauge{k="c"} NaN 1 NaN 2 NaN 3 NaN 4 NaN 5 NaN 6
gauge{k="d"} Inf -Inf Inf -Inf 0 0 -0 Inf 1 2 3 4
gauge{k="e"} -1.5 -0.5 0.5 1.5 2.5 3.5 -2.5 1000000 0.000001 123456789 1e21 1e-7
single{k="x"} 42
latency_bucket{le="0.1"} 0+1x11
latency_bucket{le="0.5"} 0+2x11
latency_bucket{le="1"} 0+1x11
latency_bucket{le="+Inf"} 0+4x11
noinf_bucket{le="1"} 1x11
noinf_bucket{le="2"} 3x11
negative_bucket{le="-5"} 1x11
negative_bucket{le="-1"} 2x11
negative_bucket{le="Inf"} 4x11
onlyinf_bucket{le="+Inf"} 4x11
odd_bucket{le="one"} 1x11
odd_bucket{x="1"} 1x11
odd_bucket{le="1",x="2"} 1x11
odd_bucket{le="1.0",x="2"} 2x11
odd_bucket{le="+Inf",x="2"} 5x11
nan_bucket{le="1"} NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN
nan_bucket{le="+Inf"} 5x11
zero_bucket{le="1"} 0x11
zero_bucket{le="+Inf"} 0x11
target_info{job="api",instance="a:1",version="1",zone="x"} 1x11
target_info{job="api",instance="b:2",version="2",code="9"} 1 1 1 stale
target_info{job="db",instance="c:3",version="3"} 1x11
build_info{job="api",instance="a:1",version="7",revision="r"} 1x11
left{a="1",b="1"} 1x11
left{a="1",b="2"} 2x11
left{a="2",b="1"} 3x11
right{a="1"} 10x11
right{a="2",c="7"} 20x11
right{a="3"} 30x11
typed_total{__type__="counter",__unit__="bytes",k="1"} 0+3x11
disk{n="sda2"} 1x11
disk{n="sda10"} 2x11
disk{n="sda1b"} 3x11
disk{n="sda"} 4x11
disk{n="10"} 5x11
disk{n="9"} 6x11
disk{n="09"} 7x11
disk 8x11
`;

const METRICS = ['up', 'requests_total', 'gauge', 'single', 'nothing', 'left', 'typed_total', 'up{job="api"}'];

const EACH = (
  'abs ceil floor round sgn exp sqrt ln log2 log10 sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh deg rad ' +
  'timestamp sort sort_desc absent scalar minute hour day_of_week day_of_month day_of_year days_in_month month year ' +
  'histogram_count histogram_sum histogram_avg histogram_stddev histogram_stdvar start_timestamp'
).split(' ');

const RANGE = (
  'rate increase delta irate idelta changes resets deriv avg_over_time min_over_time max_over_time sum_over_time ' +
  'count_over_time last_over_time first_over_time present_over_time absent_over_time stddev_over_time stdvar_over_time ' +
  'mad_over_time ts_of_first_over_time ts_of_last_over_time ts_of_min_over_time ts_of_max_over_time integral'
).split(' ');

const AGGREGATES = 'sum avg min max count group stddev stdvar'.split(' ');
const BUCKETS = 'latency noinf negative onlyinf odd nan zero'.split(' ').map((name) => `${name}_bucket`);

/** Made of the tables above. */
function combined(): string[] {
  const queries: string[] = [];
  for (const metric of METRICS) {
    for (const name of EACH) {
      // Parts of dates of what is no date are what a conversion happens to give.
      if (/minute|hour|day|month|year/.test(name) && metric === 'gauge') continue;
      queries.push(name === 'scalar' ? `vector(scalar(${metric}))` : `${name}(${metric})`);
    }
    for (const name of RANGE) {
      for (const range of ['[1m]', '[2m]', '[5m]', '[10m] offset 1m', '[4m:1m]', '[4m:90s] @ 300', '[1ms]']) {
        queries.push(`${name}(${metric}${range})`);
      }
    }
    for (const edges of ['anchored', 'smoothed']) {
      for (const name of ['rate', 'increase', 'delta', 'changes', 'resets', 'sum_over_time']) {
        queries.push(`${name}(${metric}[3m] ${edges})`, `${name}(${metric}[90s] ${edges} offset 30s)`);
      }
      queries.push(`${metric} ${edges}`, `${metric}[3m] ${edges}`);
    }
    for (const name of AGGREGATES) {
      queries.push(`${name}(${metric})`, `${name} by (job) (${metric})`, `${name} without (instance, k) (${metric})`);
      queries.push(`${name} by (__name__) (${metric})`, `${name}(${name} by (job, k) (${metric}))`);
    }
    for (const q of ['0', '0.5', '1', '-1', '2', 'NaN', '0.25']) {
      queries.push(`quantile(${q}, ${metric})`, `quantile_over_time(${q}, ${metric}[5m])`);
    }
    for (const k of ['0', '1', '2', '10', '-1', '1.9', 'NaN', '1e30', '-1e30', 'Inf']) {
      queries.push(
        `count(topk(${k}, ${metric}))`,
        `limitk(${k}, ${metric})`,
        `count(bottomk by (job) (${k}, ${metric}))`,
      );
    }
    for (const r of ['0', '0.3', '-0.3', '1', '-1', '1.5', '-7', 'NaN', '0.5 + 0'])
      queries.push(`limit_ratio(${r}, ${metric})`);
    for (const operator of ['+', '-', '*', '/', '%', '^', 'atan2', '==', '!=', '<', '>', '<=', '>=', '</', '>/']) {
      for (const scalar of ['0', '1', 'NaN', '-Inf', '2']) {
        queries.push(`${metric} ${operator} ${scalar}`, `${scalar} ${operator} ${metric}`);
        if (/[=<>]/.test(operator)) queries.push(`${metric} ${operator} bool ${scalar}`);
      }
      queries.push(`${metric} ${operator} ${metric}`, `${metric} ${operator} on (job) ${metric}`);
    }
    queries.push(
      `count_values("v", ${metric})`,
      `count_values by (job) ("job", ${metric})`,
      `-${metric}`,
      `+${metric}`,
    );
    queries.push(`predict_linear(${metric}[5m], 60)`, `predict_linear(${metric}[1m], 60)`, `clamp(${metric}, 2, 1)`);
    queries.push(
      `clamp(${metric}, NaN, 1)`,
      `clamp_min(${metric}, NaN)`,
      `clamp_max(${metric}, -Inf)`,
      `round(${metric}, 0)`,
    );
    queries.push(
      `round(${metric}, 0.3)`,
      `round(${metric}, -2)`,
      `double_exponential_smoothing(${metric}[5m], 0.5, 0.1)`,
    );
    queries.push(
      `double_exponential_smoothing(${metric}[5m], 0, 0.1)`,
      `info(${metric})`,
      `info(${metric}, {version=~".+"})`,
    );
    queries.push(
      `info(${metric} offset 3m, {version="2"})`,
      `info(${metric}, {__name__=~".*_info"})`,
      `integral(${metric}[5m], 7)`,
    );
  }
  for (const buckets of BUCKETS) {
    for (const q of ['0', '0.3', '0.5', '0.9', '1', '-1', '2', 'NaN'])
      queries.push(`histogram_quantile(${q}, ${buckets})`);
    for (const bounds of ['0, 1', '-Inf, +Inf', '0.2, 0.7', '-3, -2', '1, 0', 'NaN, 1', '1, NaN', '5, 6', '-10, -6']) {
      queries.push(`histogram_fraction(${bounds}, ${buckets})`);
    }
    queries.push(`histogram_quantiles(${buckets}, "q", 0.5, 1)`, `histogram_quantiles(${buckets}, "q", 0.5, 0.5)`);
  }
  return queries;
}

const MATCHING = `
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

const LABELS = `
label_replace(up, "new", "$1-$2", "instance", "(.*):(.*)")
label_replace(up, "new", "\${1}x", "instance", "(.*):.*")
label_replace(up, "new", "$1x", "instance", "(.*):.*")
label_replace(up, "new", "$name", "instance", "(?P<name>.*):.*")
label_replace(up, "new", "\${name}!", "instance", "(?P<name>.*):.*")
label_replace(up, "new", "$$1", "instance", "(.*)")
label_replace(up, "new", "$", "instance", "(.*)")
label_replace(up, "new", "\${", "instance", "(.*)")
label_replace(up, "new", "\${1", "instance", "(.*)")
label_replace(up, "new", "$9", "instance", "(.*)")
label_replace(up, "new", "$01", "instance", "(.*)")
label_replace(up, "new", "\${1}0-$10", "instance", "(.*)")
label_replace(up, "new", "$é", "instance", "(.*)")
label_replace(up, "new", "x", "nothing", "")
label_replace(up, "new", "x", "nothing", ".+")
label_replace(up, "instance", "", "", "")
label_replace(up, "job", "$1", "job", "(")
label_replace(nothing, "job", "$1", "job", "(")
label_replace(up, "", "$1", "job", "(.*)")
label_replace(up, "a b", "$1", "job", "(.*)")
label_replace(up, "~invalid", "$1", "job", "(.*)")
label_replace(up, "__name__", "x_$1", "job", "(.*)")
label_replace(rate(requests_total[5m]), "__name__", "r", "", "")
label_replace(up, "job", "all", "", "")
label_replace(up, "instance", "same", "job", "api")
label_replace(left, "a", "x\\ny", "a", "1")
label_join(up, "j", "-", "job", "instance")
label_join(up, "j", "-")
label_join(up, "j", "", "nothing")
label_join(up, "job", "-", "nothing")
label_join(up, "instance", "-", "job")
label_join(up, "", "-", "job")
label_join(up, "new", "-", "", "job")
label_join(up, "__name__", "-", "job")
label_join(up, "new", "-", "bad label", "job")
count_values("", up)
count_values("a b", up)
count_values("__name__", up)
count_values("v", gauge)
count_values without (k) ("v", gauge)
count_values by (k) ("k", gauge)
sort_by_label(disk, "n")
sort_by_label_desc(disk, "n")
sort_by_label(disk)
sort_by_label_desc(disk)
sort_by_label(requests_total, "code", "instance")
sort_by_label_desc(requests_total, "job", "nothing", "code")
sort_by_label(disk, 1)
sort_by_label(nothing, "n")
absent(nothing)
absent(nothing{job="a"})
absent(nothing{job="a",job="b"})
absent(nothing{job="a",job=~"a"})
absent(nothing{job=~"a",job="a"})
absent(nothing{job!="a",x="y"})
absent(nothing{job="a",job!="b",x="y"})
absent((nothing{job="a"}))
absent(nothing{job=""})
absent({__name__="nothing",job="a"})
absent({"nothing",job="a"})
absent(sum(nothing{job="a"}))
absent(nothing{job="a"} offset 5m)
absent(nothing{job="a"} @ 60)
absent(-nothing{job="a"})
absent(nothing{job="a"} > 1)
absent(up)
absent(absent(nothing{job="a"}))
absent(vector(1))
absent_over_time(nothing{job="a"}[5m])
absent_over_time((nothing{job="a"}[5m]))
absent_over_time(nothing{job="a"}[5m:1m])
absent_over_time(rate(nothing{job="a"}[5m])[5m:1m])
absent_over_time(up{instance="b:2"}[2m])
absent_over_time(nothing{job="a",job=~"b"}[5m])
info(up, {version="1"})
info(up, {zone=~".*"})
info(up, {zone="x"})
info(up, {})
info(up, {nothing=""})
info(up, {nothing="x"})
info(up, {__name__="build_info"})
info(up, {__name__=~".+_info"})
info(up, {__name__=~".+_info", revision=~".+"})
info(up, {__name__!="build_info"})
info(up, {__name__="nothing_info"})
info(up, build_info)
info(up, up{version="1"})
info(up, ({version="1"}))
info(target_info)
info({job="api"})
info(sum by (job, instance) (requests_total))
info(sum by (job) (requests_total))
info(sum(requests_total))
info(vector(1))
info(rate(requests_total[5m] offset 5m), {version=~".+"})
info(up @ 0, {version="2"})
info(up offset -2m, {version="2"})
info(1)
info()
typed_total
typed_total + 1
typed_total > 3
typed_total > bool 3
rate(typed_total[5m])
sum without (k) (typed_total)
sum by (__type__) (typed_total)
sum by (__type__, __name__) (typed_total)
last_over_time(typed_total[5m])
-typed_total
typed_total + on (__type__) typed_total
typed_total * ignoring (k) typed_total
abs(typed_total)
`;

const TIMES = `
up offset 1m
up offset -1m
up offset 5m
up offset 1h
up @ 120
up @ 120 offset 1m
up offset 1m @ 120
up @ 120 offset -1m
up @ start()
up @ end()
up @ end() offset 1m
up @ -60
up @ 0
up @ 1e3
up @ 119.9999
up @ 5m
up offset 0s
up offset 0s offset 1m
up offset 1m offset 1m
up @ 1 @ 2
up[5m] @ 120
sum_over_time(up[5m] @ 120)
sum_over_time(up[5m] @ 120 offset 1m)
sum_over_time(up[5m:1m] @ 120)
sum_over_time(up[5m:1m] @ end() offset 1m)
sum_over_time((up @ 120)[5m:1m])
sum_over_time((up @ start())[5m:1m] offset 2m)
max_over_time(rate(requests_total[2m])[5m:30s])
max_over_time(rate(requests_total[2m])[5m:30s] offset 1m)
max_over_time((time() - 60)[3m:1m])
max_over_time(vector(time())[3m:45s])
max_over_time(vector(time())[3m:])
sum_over_time(vector(1)[3m:7s])
sum_over_time(vector(1)[10s:1m])
count_over_time(up[5m:10m])
count_over_time(max_over_time(up[2m:1m])[4m:2m])
sum_over_time(sum(up)[4m:1m])
last_over_time(up[5m])
last_over_time(up[5m] offset 2m)
last_over_time((-up)[5m:1m])
last_over_time(sum(up)[5m:1m])
first_over_time(up[5m:1m])
up[5m]
up[5m] offset 1m
up[5m:1m]
(up[5m])
up{job="db"}[10m]
single[10m]
nothing[5m]
requests_total[0.5]
requests_total[90]
requests_total[1m30s]
requests_total[1.5]
time()
time() - time()
timestamp(up)
timestamp((up))
timestamp(up offset 1m)
timestamp(up @ 60)
timestamp(sum(up))
timestamp(-up)
timestamp(vector(1))
timestamp(timestamp(up))
timestamp(abs(up))
timestamp(nothing)
vector(time())
scalar(up)
scalar(single)
scalar(nothing)
scalar(vector(3))
vector(scalar(up{instance="a:1"}))
minute()
hour()
day_of_week()
day_of_month()
day_of_year()
days_in_month()
month()
year()
minute(vector(1700000000))
hour(vector(86399))
day_of_week(vector(-1))
day_of_year(vector(951782400))
days_in_month(vector(951782400))
days_in_month(vector(4107542400))
day_of_year(vector(1735603200))
day_of_month(vector(-86401))
month(vector(1709164800))
year(vector(253402300799))
year(vector(253402300800))
year(vector(-62135596801))
minute(vector(59.999))
minute(vector(-0.5))
pi()
start()
end()
step()
range()
vector(step())
vector(range())
sum_over_time(vector(step())[3m:1m])
max_of(1, 2)
min_of(1, NaN)
max_of(time(), scalar(single))
sum_over_time(up[step() * 3])
sum_over_time(up[range()])
up offset step()
up offset -step()
rate(requests_total[max_of(2m, step() * 4)])
sum_over_time(up[max_of(step(), 1m):min_of(30s, 1m)])
up offset (1m * 2)
up offset (1m) * 2
up offset 1m * 2
up offset -(1m)
up offset -2 ^ 2
up offset - -1m
sum_over_time(up[2 * 1m + 30s])
sum_over_time(up[2m - 1m * 2])
sum_over_time(up[-1m])
sum_over_time(up[1m % 40s])
sum_over_time(up[(1 + 1) ^ 6])
sum_over_time(up[1m / 0])
predict_linear(requests_total[5m], time())
predict_linear(gauge[10m], 0)
predict_linear(requests_total[10m] offset 1m, 60)
predict_linear(requests_total[10m] @ 300, 60)
deriv(gauge[10m])
sort(gauge{k=~"a|c|e"})
sort_desc(gauge{k=~"c|e"})
sort(up @ 0)
sum(sort(up))
topk(1, gauge)
topk(2, gauge{k=~"c|e"})
bottomk(1, gauge{k=~"c|e"})
topk(scalar(single) / 21, gauge{k=~"c|e"})
topk("a", up)
topk(1, 2)
topk by (job) (1, requests_total)
quantile(scalar(nothing), up)
quantile("a", up)
quantile_over_time(scalar(up{instance="a:1"}), gauge[5m])
stddev(single)
stdvar(single)
stddev_over_time(single[5m])
avg(gauge{k=~"d|e"})
sum(gauge{k="d"}) - sum(gauge{k="d"})
histogram_quantile(0.9, rate(latency_bucket[5m]))
histogram_quantile(0.9, sum by (le) (rate(latency_bucket[5m])))
histogram_quantile(0.5, {__name__=~"latency_bucket|zero_bucket"})
histogram_quantile(0.5, label_replace(latency_bucket, "__name__", "x_bucket", "", "") or latency_bucket)
histogram_quantile(time() / 600, latency_bucket)
histogram_quantile(0.9, up)
histogram_quantile(0.9, nothing)
histogram_quantile(scalar(nothing), latency_bucket)
histogram_quantiles(latency_bucket, "le", 0.5)
histogram_quantiles(latency_bucket, "", 0.5)
histogram_quantiles(latency_bucket, "q", 0.5, 0.9, 0.99, 1, 0, 0.1, 0.2, 0.3, 0.4, 0.6)
histogram_quantiles(latency_bucket, "q", 0.5, 0.9, 0.99, 1, 0, 0.1, 0.2, 0.3, 0.4, 0.6, 0.7)
histogram_quantiles(latency_bucket, "q")
histogram_quantiles(latency_bucket, "q", time() / 1e3)
rate(up[5m]) or rate(requests_total[5m]) or increase(gauge[5m])
{__name__=~"up|left"}
rate({__name__=~"up|requests_total"}[5m])
{job="api"} + 1
sum({__name__=~".+"})
avg_over_time({__name__=~"up|requests_total"}[5m])
irate({job="api",__name__=~"up|requests_total"}[5m])
abs({__name__=~"left|right"})
up{job=~"a.*"}
up{job=~"a"}
up{job!~""}
up{job!=""}
up{nothing=""}
up{nothing!=""}
up{job=~"(?i)API"}
up{job=~"api|db",instance!~"a.*|b.*"}
up{job=~"a(?=p)"}
{job=~""}
{job=~".*"}
{job=~".+",job!="api"}
`;

/** Texts that are taken or refused at the edges of the grammar. */
const TEXTS = String.raw`
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

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

/** Each is asked at several times. */
export function edgeQueries(): string[] {
  return [...combined(), ...lines(MATCHING), ...lines(LABELS), ...lines(TIMES)];
}

/** Each is asked once. Some have line breaks. */
export function edgeTexts(): string[] {
  return TEXTS.trim()
    .split(/ \| |\n(?!b"|\]|\}|5m|a \|)/)
    .map((text) => text.trim());
}
