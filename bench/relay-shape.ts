// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how Prometheus writes groups in braces
import { measureWithConfig, relayFigures } from './relay/with-config.ts';
import type { BenchResult } from './result.ts';

const HOSTS = 200;
const FRAMES = 30_000;
/** A tenth of the series. */
const TENTH = { source_labels: ['device'], regex: '(d.*)7' };

/** What relabelling costs the relay: the load of `relay` with 100 samples a frame, without rules and with some. */
export async function run(): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const [name, relabel, left] of [
    ['without rules', null, 1],
    ['rules that match nothing', rules({ source_labels: ['device'], regex: 'none', action: 'drop' }), 1],
    ['rules that drop a tenth', rules({ ...TENTH, action: 'drop' }), 0.9],
    ['rules that rename a tenth', rules({ ...TENTH, target_label: 'device', replacement: '${1}seven' }), 1],
  ] as const) {
    const measured = await measureWithConfig(
      { hosts: HOSTS, frames: FRAMES },
      relabel === null ? {} : { relabel },
      (http) => checkLeft(http, left),
    );
    results.push(...relayFigures(name, HOSTS, measured, '; ten rules'));
  }
  return results;
}

/** Nine that match nothing, and this one. */
function rules(last: object): object[] {
  const others = Array.from({ length: 9 }, (_, i) => ({
    source_labels: ['__name__'],
    regex: `other_${i}_.*`,
    action: 'drop',
  }));
  return [...others, last];
}

/** A rule that does not do what it is measured for would be measured at nothing. */
async function checkLeft(http: number, part: number): Promise<void> {
  const { entries } = (await (await fetch(`http://127.0.0.1:${http}/ledger.json`)).json()) as {
    entries: { class: string; out: { items: number }; dropped: Record<string, { items: number }> }[];
  };
  const { out, dropped } = entries.find((entry) => entry.class === 'metric')!;
  const gone = Object.values(dropped).reduce((sum, { items }) => sum + items, 0);
  const found = out.items / (out.items + gone);
  if (Math.abs(found - part) > 0.001) throw new Error(`${part} of the samples were to go on, ${found} did`);
}
