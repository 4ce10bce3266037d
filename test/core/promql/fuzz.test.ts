import { expect, test } from 'vitest';
import { evaluateInstant, evaluateRange } from '../../../core/promql/evaluate.ts';
import { HeliographError } from '../../../lib/errors.ts';
import { seededRandom } from '../../../simulator/random.ts';
import { cpuMs } from '../../support/cpu.ts';
import { memorySource } from './memory-source.ts';
import { load } from './notation.ts';

/** Whatever text comes, the answer is data or a HeliographError of a query, and it comes soon. */
const rounds = process.env.HELIOGRAPH_LONG === '1' ? 200_000 : 6000;
const seed = Number(process.env.HELIOGRAPH_SEED ?? Math.floor(Math.random() * 2 ** 31));
const source = memorySource(load('a{x="1"} 0+1x30\na{x="2"} 5 3 NaN stale 8 Inf\nb{x="1",y="2"} 1 2 -3'));
const options = { timeoutMs: 2000, maxSamples: 100_000, lookbackMs: 300_000 };

const TOKENS =
  'a b {x="1"} {x=~"1|2"} {x=~"("} ( ) [ ] [5m] [5m:1m] [1m:] { } , + - * / % ^ == != > < >= <= bool on ignoring group_left (x) (y) by without sum avg topk quantile count_values rate increase abs absent histogram_quantile label_replace vector scalar time clamp predict_linear quantile_over_time 1 0.5 1e400 0x 5m NaN Inf -Inf "s" \'t\' `r` "\\q" "unterminated offset @ start() end() and or unless atan2 # \n $ é 🙂 \u0000 \ud800 __name__ : :: ! =~ !~ = smoothed anchored fill(0) step() </ limitk limit_ratio info {} sort_by_label histogram_fraction histogram_quantiles integral double_exponential_smoothing label_join count_values [2*1m] [step()] start() >/ fill_left(NaN) ts_of_max_over_time mad_over_time'.split(
    ' ',
  );

function answers(text: string): void {
  const started = cpuMs();
  for (const ask of [
    () => evaluateInstant(text, 600_000, source, options),
    () => evaluateRange(text, 0, 600_000, 60_000, source, options),
  ]) {
    try {
      expect(ask().resultType).toMatch(/^(vector|matrix|scalar|string)$/);
    } catch (error) {
      if (!(error instanceof HeliographError) || !error.code.startsWith('HG_QUERY_')) {
        throw new Error(`seed ${seed}: ${JSON.stringify(text)}`, { cause: error });
      }
    }
  }
  expect(cpuMs() - started, `seed ${seed}: ${JSON.stringify(text)}`).toBeLessThan(5000);
}

test(`token soup of seed ${seed}`, () => {
  const random = seededRandom(seed);
  for (let i = 0; i < rounds; i++) {
    const tokens = Array.from(
      { length: 1 + Math.floor(random() * 14) },
      () => TOKENS[Math.floor(random() * TOKENS.length)]!,
    );
    answers(tokens.join(random() < 0.8 ? ' ' : ''));
  }
});

test(`good queries with a piece cut out, doubled or changed, of seed ${seed}`, () => {
  const random = seededRandom(seed + 1);
  const good = [
    'sum by (x) (rate(a{x=~"1|2"}[5m] offset 1m)) / on (x) group_left (y) b > bool 0.5',
    'topk(2, quantile_over_time(0.9, a[10m:1m])) or vector(time()) unless absent(b{y!="3"})',
    'label_replace(histogram_quantile(0.9, a), "n", "$1", "x", "(.*)") @ end()',
    'limitk(2, info(a, {x!=""})) + fill(1) on (x) limit_ratio(-0.5, sort_by_label(b, "x"))',
    'rate(a[2 * 1m + 5s] smoothed) or integral(b[5m:1m], 1) or histogram_fraction(0, 1, a) </ 2',
    '-a ^ 2 % 3 + count_values("v", round(b, 0.1)) * 1e3',
  ];
  for (let i = 0; i < rounds; i++) {
    const text = good[Math.floor(random() * good.length)]!;
    const from = Math.floor(random() * text.length);
    const to = from + Math.floor(random() * 6);
    const kind = random();
    if (kind < 0.4) answers(text.slice(0, from) + text.slice(to));
    else if (kind < 0.7) answers(text.slice(0, to) + text.slice(from));
    else answers(text.slice(0, from) + TOKENS[Math.floor(random() * TOKENS.length)]! + text.slice(to));
  }
});
