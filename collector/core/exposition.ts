import type { Host } from './host.ts';
import { collectAll } from './sources/collect-all.ts';
import { createSourceContext } from './sources/context.ts';
import { metricHelp } from './sources/help.ts';
import { hostSources } from './sources/host-sources.ts';
import type { Labels, SampleSink, Source } from './sources/source.ts';

/** Collects samples and writes them as Prometheus text (version 0.0.4): families sorted by name, series by labels, each with HELP and TYPE. */
export class Exposition implements SampleSink {
  readonly #families = new Map<string, [labels: string, value: number][]>();
  readonly #series = new Set<string>();

  add(name: string, labels: Labels, value: number): void {
    let family = this.#families.get(name);
    if (family === undefined) {
      family = [];
      this.#families.set(name, family);
    }
    const text = formatLabels(labels);
    family.push([text, value]);
    this.#series.add(name + text);
  }

  addFirst(name: string, labels: Labels, value: number): boolean {
    if (this.#series.has(name + formatLabels(labels))) return false;
    this.add(name, labels, value);
    return true;
  }

  render(): string {
    let text = '';
    for (const name of [...this.#families.keys()].sort()) {
      const { type, help } = metricHelp(name);
      text += `# HELP ${name} ${help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}\n# TYPE ${name} ${type}\n`;
      const series = this.#families.get(name)!.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
      for (const [labels, value] of series) text += `${name}${labels} ${formatValue(value)}\n`;
    }
    return text;
  }
}

export function formatLabels(labels: Labels): string {
  if (labels.length === 0) return '';
  let text = '';
  for (let i = 0; i + 1 < labels.length; i += 2) {
    const value = labels[i + 1]!.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
    text += `${i === 0 ? '' : ','}${labels[i]}="${value}"`;
  }
  return `{${text}}`;
}

/** Whole numbers from here on are written with an exponent. */
const MOST_DIGITS = 1e21;

export function formatValue(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  if (Object.is(value, -0)) return '-0';
  // String() ends in zeros above 2^53, whatever the number's own digits are: 2305843009213693952 bytes are not 2305843009213694000.
  return Number.isSafeInteger(value) || !Number.isInteger(value) || Math.abs(value) >= MOST_DIGITS
    ? String(value)
    : BigInt(value).toString();
}

/** One collection of the machine whose root is `root`, as Prometheus text: `collector --once --format prometheus --root DIR`. */
export function collectOnce(host: Host, root: string, sources: readonly Source[] = hostSources()): string {
  const exposition = new Exposition();
  collectAll(sources, createSourceContext(host, root, exposition));
  return exposition.render();
}
