import type { Query } from './queries.ts';
import { START } from './samples.ts';

/** Texts that are PromQL, nearly PromQL, or nothing of the kind. */
const TOKENS =
  'a b {x="1"} {x=~"1|2"} {x=~"("} ( ) [ ] [5m] [5m:1m] [1m:] { } , + - * / % ^ == != > < >= <= bool on ignoring group_left (x) (y) by without sum avg topk quantile rate increase abs absent histogram_quantile vector scalar time() clamp 1 0.5 1e400 0x 5m NaN Inf -Inf "s" \'t\' `r` "\\q" offset @ start() end() and or unless # __name__ : :: ! =~ = 010 1_0 0x1F 08 1.5m -5 _ a:b 5 a5 "unterminated min Sum INF @5 @-1 {} {x!="1"} {"a"} {"a",x="1"} {x=\'1\',} (a) [0] [1] [-1] [] step() range() max_of(1,2) min_of ( anchored smoothed fill(1) fill fill_left(-1) fill_right 0xe 0x1e3 0x1ee 1_0.5 1.e3 1. .5 .e 5m5 1h30m 1m1h 1.h é "é" {"a_b"} by(a:b) [5m*2] [step()] [(5m)] [5m:step()] [-5m+10m] (5m) -(5m) @-5m </ >/ limitk limit_ratio start end step range and( sum( a( without(without) by(by) on(on,) \'a\\\'b\' "\\u00e9" ; \t ~ $ ! != !~ == =~ 1__0 1e 1e+ Infinity inf nan'.split(
    ' ',
  );
const GOOD = [
  'sum by (x) (rate(a{x=~"1|2"}[5m] offset 1m)) / on (x) group_left (y) b > bool 0.5',
  'topk(2, quantile_over_time(0.9, a[10m:1m])) or vector(time()) unless absent(b{y!="3"})',
  'label_replace(histogram_quantile(0.9, a), "n", "$1", "x", "(.*)") @ end()',
  '-a ^ 2 % 3 + count_values("v", round(b, 0.1)) * 1e3',
  'a{x="1"}[5m] @ 5 offset -1m',
  'max without(x,)(a) == 1.5e-3',
  'rate(a{x="1"}[2 * (5m + step())] anchored offset -(1m)) + on (x) group_right () fill_left(-1) b @ end()',
  'limit_ratio by (a:b, "c d") (-0.5, {"a", "y z"!~`1`} offset (5m) * 2) # done\n or max_of(0x1F, 1_000.5)',
  'info(a, {x=~".+"}) </ -1 ^ -2 atan2 sum_over_time(offset[5m:range() + 1s] smoothed)',
];

export function brokenText(random: () => number): Query {
  const below = (limit: number) => Math.floor(random() * limit);
  const token = () => TOKENS[below(TOKENS.length)]!;
  if (random() < 0.5) {
    const tokens = Array.from({ length: 1 + below(9) }, token);
    return { text: tokens.join(random() < 0.8 ? ' ' : ''), time: START };
  }
  const good = GOOD[below(GOOD.length)]!;
  const from = below(good.length);
  const to = from + below(4);
  const kind = random();
  if (kind < 0.4) return { text: good.slice(0, from) + good.slice(to), time: START };
  if (kind < 0.7) return { text: good.slice(0, to) + good.slice(from), time: START };
  return { text: good.slice(0, from) + token() + good.slice(to), time: START };
}
