/** Offsets, fixed times, subqueries, dates, and what is left, one query a line. */
export const TIMES = `
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
year(vector(8.64e12))
year(vector(-8.64e12))
day_of_year(vector(8.65e12))
days_in_month(vector(-9e15))
month(vector(9.2e18))
year(vector(9.3e18))
year(vector(-9.3e18))
day_of_week(vector(NaN))
day_of_year(vector(-62000000000))
days_in_month(vector(-60000000000))
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
