// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how Prometheus writes groups in braces
import { afterEach, expect, test } from 'vitest';
import { imbalance } from '../../../lib/ledger.ts';
import { labelMap } from '../../../lib/relabel/labels.ts';
import { nodeRelabeler } from '../../../lib/relabel/node-relabeler.ts';
import { KEPT } from '../../../lib/relabel/rule.ts';
import { relabelRules } from '../../../lib/relabel/schema.ts';
import { seededRandom } from '../../../simulator/random.ts';
import { until } from '../../support/until.ts';
import { samplesAt, samplesFrame, sentPage } from '../rollup/samples.ts';
import { Place } from '../setup.ts';

let place: Place;
afterEach(() => place.close());

const T = 1_790_000_000_000;
const ROUNDS = 4;
const HOSTS = 2;
const FRAMES = 5;

test('what reaches the core is what the rules alone make of the raw samples, for rules and series by chance', async () => {
  const seed = Number(process.env.HELIOGRAPH_SEED ?? Math.floor(Math.random() * 2 ** 31));
  const random = seededRandom(seed);
  const pick = <One>(from: readonly One[]): One => from[Math.floor(random() * from.length)]!;
  const names = ['a', 'b', 'c', 'up_1', 'up_2'];
  const labels = ['x', 'y', 'z_1', 'z_2'];
  const value = () => pick(['1', '2', 'xyz', 'other', 'A']);
  const rule = () => {
    const source = [pick(['__name__', 'instance', ...labels]), pick(labels)].slice(0, 1 + Math.floor(random() * 2));
    const regex = pick(['.*1.*', '(.*);?(.*)', 'h1', '(a|b|xyz)(.*)', '[^1]+']);
    const target = pick(['__name__', 'x', 'new', 'z_1']);
    return pick([
      { source_labels: source, regex: pick(['.*1', 'a.*', 'h2', '1;2']), action: 'drop' },
      { source_labels: source, regex, target_label: target, replacement: pick(['$1', '${1}_n', 'fixed', '']) },
      { source_labels: source, target_label: 'x', action: 'lowercase' },
      { source_labels: source, modulus: 3, target_label: 'shard', action: 'hashmod' },
      { regex: 'z_(.*)', replacement: pick(['w_$1', 'site']), action: 'labelmap' },
      { regex: pick(['z_.*', 'y']), action: 'labeldrop' },
    ]);
  };
  for (let round = 0; round < ROUNDS; round++) {
    const relabel = Array.from({ length: 1 + Math.floor(random() * 4) }, rule);
    const relabeler = nodeRelabeler(relabelRules('metrics').parse(relabel), 'metrics');
    if (round > 0) await place.close();
    place = await new Place().open({ relabel });
    const want: Record<string, Record<string, number>> = {};
    for (let h = 1; h <= HOSTS; h++) {
      const name = `h${h}`;
      want[name] = {};
      const host = await place.connect(name);
      const some = new Map(
        Array.from({ length: 20 }, () => {
          const own = Object.fromEntries(labels.filter(() => random() < 0.5).map((label) => [label, value()]));
          return [JSON.stringify([pick(names), own]), null] as const;
        }),
      );
      const page = sentPage(
        [...some.keys()].map((text) => {
          const [name, own] = JSON.parse(text) as [string, Record<string, string>];
          return { name, labels: own };
        }),
      );
      await host.publish('definitions', page.content);
      for (let f = 1; f <= FRAMES; f++) {
        const rows = Array.from({ length: 3 }, (_, i): [number, ...number[]] => [
          T + f * 10 + i,
          ...page.series.map(() => (random() < 0.2 ? Number.NaN : Math.floor(random() * 1e6))),
        ]);
        await host.publish('metric', samplesFrame(page, f, rows));
        for (const [time, ...values] of rows) {
          const unchanged = new Set<string>();
          for (const again of [false, true]) {
            for (const [i, { name: metric, labels: own }] of page.series.entries()) {
              if (Number.isNaN(values[i])) continue;
              const map = labelMap([['__name__', metric], ['instance', name], ['site', 'north'], ...own]);
              if (relabeler.apply(map) !== KEPT || !map.has('__name__')) continue;
              const key = `${keyOf(map, name)}@${time}`;
              const same = key === `${keyOf(labelMap([['__name__', metric], ...own]), name)}@${time}`;
              // What has that name already comes before what is given it.
              if (same === again) continue;
              if (!unchanged.has(key)) want[name]![key] = values[i]!;
              unchanged.add(key);
            }
          }
        }
      }
    }
    const entry = await until('the account', async () => {
      const ledger = await place.ledger('metric');
      return ledger.in.frames === HOSTS * FRAMES && ledger.queued.frames === 0 ? ledger : null;
    });
    const context = `seed ${seed}, round ${round}: ${JSON.stringify(relabel)}`;
    for (const [host, samples] of Object.entries(want)) {
      expect(samplesAt(place.core, host), context).toEqual(samples);
    }
    expect(imbalance(entry), context).toEqual({ frames: 0, items: 0 });
    const left = Object.values(want).reduce((sum, samples) => sum + Object.keys(samples).length, 0);
    expect(entry.out.items, context).toBe(left);
    expect(place.core.undefinedFrames, context).toBe(0);
  }
});

/** As `samplesAt` writes it, of labels that the rules left. */
function keyOf(map: ReadonlyMap<string, string>, host: string): string {
  const sent = [...map]
    .filter(([label, value]) => !label.startsWith('__') && !(label === 'instance' && value === host))
    .filter(([label, value]) => !(label === 'site' && value === 'north'))
    .map(([label, value]) => [label === 'site' ? 'exported_exported_site' : label, value] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `${map.get('__name__')}{${sent.map(([label, value]) => `${label}=${value}`).join()}}`;
}
