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
