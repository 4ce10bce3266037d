import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A family of metrics as the source registers it. */
export interface MetricFamily {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /** Where it stands: `core/start.ts:169`. */
  readonly at: string;
}

type Type = MetricFamily['type'];

/** Files that both tiers use, or use twice: what `prefix` is there. */
const PREFIXES: Readonly<Record<string, readonly string[]>> = {
  'lib/event-loop.ts': ['heliograph_core_'],
  'lib/watch/teller.ts': ['heliograph_core_', 'heliograph_relay_'],
  'lib/limits/limit-metrics.ts': ['heliograph_core_door', 'heliograph_relay'],
  'core/engines/victoriametrics/figures.ts': ['heliograph_core_metric_store_', 'heliograph_core_year_'],
};
/** Where the name of a family is handed over in a field. */
const FIELDS: Readonly<Record<string, RegExp>> = { 'options.metric': /\bmetric: '(heliograph_\w+)'/g };

/** A file that registers families. */
const COUNTS = /\b(?:Registry|registry)\b/;
const FOLDERS = ['core', 'relay', 'lib'];
/** Of a name and its help, characters. */
const LONGEST = 1000;
const STRING = `'(?:[^'\\\\]|\\\\.)*'|"(?:[^"\\\\]|\\\\.)*"|\`[^\`]*\``;
const CALL = /(?:(\.)|(?<![\w.]))(\w+)\(\s*/g;
const ARGUMENTS = new RegExp(
  `^(?:(?<literal>${STRING})|(?<maker>\\w+)\\((?<rest>${STRING})\\)|(?<field>\\w+\\.\\w+))\\s*,\\s*(?<help>${STRING})\\s*[,)]`,
);
/** `const gauge = (name: string, help: string, ...) => metrics.gauge(...` */
const ALIAS =
  /const (\w+) = \(name: string, help: string[^)]*(?:\) => number)?\) =>[^;]*?\.(counter|gauge|histogram)\((`[^`]*`|name),/g;
/** `const name = (rest: string) => ...` */
const MAKER = /const (\w+) = \(rest: string\) => (`[^`]*`)/g;

/**
 * The families of core and relay that the source has, by name. Two places may register the same one.
 * @throws Error for one that is registered in a way that cannot be read
 */
export function metricFamilies(root: string): MetricFamily[] {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.includes('page/'))
      .map((file) => join(folder, file)),
  );
  const texts = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
  const all = [...texts.values()].join('\n');
  const families = new Map<string, MetricFamily>();
  for (const [file, text] of texts) {
    for (const family of familiesOf(file, text, all)) {
      const known = families.get(family.name);
      if (known && known.type !== family.type) {
        throw new Error(`${family.name} is a ${known.type} at ${known.at} and a ${family.type} at ${family.at}`);
      }
      if (!known) families.set(family.name, family);
    }
  }
  return [...families.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function* familiesOf(file: string, text: string, all: string): Generator<MetricFamily> {
  const aliases = new Map(
    [...text.matchAll(ALIAS)].map(([, alias, type, name]) => [alias!, { type: type as Type, name }]),
  );
  const makers = new Map([...text.matchAll(MAKER)].map(([, maker, name]) => [maker!, name!]));
  for (const call of text.matchAll(CALL)) {
    const [whole, dot, callee] = call as unknown as [string, string | undefined, string];
    const alias = dot === undefined ? aliases.get(callee) : undefined;
    const type = alias?.type ?? (dot === undefined ? null : typeOf(callee));
    if (!type) continue;
    const after = text.slice(call.index + whole.length, call.index + whole.length + LONGEST);
    const found = ARGUMENTS.exec(after)?.groups;
    const at = `${file}:${text.slice(0, call.index).split('\n').length}`;
    if (!found) {
      // The body of an alias is read where the alias is called.
      if (dot !== undefined && COUNTS.test(text) && !(aliases.size > 0 && /^[^,]+, help\b/.test(after))) fail(at);
      continue;
    }
    const { literal, maker, rest, field, help } = found;
    let names: string[];
    if (field !== undefined) names = [...all.matchAll(FIELDS[field] ?? fail(at))].map(([, name]) => name!);
    else if (maker !== undefined) names = expanded(file, filled(makers.get(maker) ?? fail(at), 'rest', plain(rest!)));
    else if (alias)
      names = expanded(
        file,
        filled(alias.name === 'name' ? `\`${hole('name')}\`` : alias.name!, 'name', plain(literal!)),
      );
    else names = expanded(file, plain(literal!));
    for (const name of names) {
      if (!/^heliograph_\w+$/.test(name)) fail(at);
      yield { name, type, help: plain(help!), at };
    }
  }
}

function typeOf(callee: string): Type | null {
  return callee === 'counter' || callee === 'gauge' || callee === 'histogram' ? callee : null;
}

/** Of a template: what stands where `key` does. */
function filled(template: string, key: string, value: string): string {
  return plain(template).replace(hole(key), value);
}

/** As a template has it. */
function hole(key: string): string {
  return `\${${key}}`;
}

function expanded(file: string, name: string): string[] {
  if (!name.includes(hole('prefix'))) return [name];
  return (PREFIXES[file] ?? []).map((prefix) => name.replace(hole('prefix'), prefix));
}

/** What a literal says. */
function plain(literal: string): string {
  return literal.slice(1, -1).replaceAll(/\\(.)/g, '$1');
}

function fail(at: string): never {
  throw new Error(`${at}: the name of this family of metrics cannot be read: write it as a string`);
}
