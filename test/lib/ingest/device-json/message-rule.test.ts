import { expect, test } from 'vitest';
import { Batch } from '../../../../lib/ingest/batch.ts';
import { MessageRule, type MessageRuleConfig } from '../../../../lib/ingest/device-json/message-rule.ts';
import { templateFault } from '../../../../lib/ingest/device-json/template.ts';
import { filterFault, TopicFilter } from '../../../../lib/ingest/device-json/topic-filter.ts';
import { NameRoom } from '../../../../lib/ingest/name-room.ts';

const ARRIVED = 1_700_000_000_000;

function read(config: Partial<MessageRuleConfig>, topic: string, ...messages: unknown[]) {
  const rule = new MessageRule({ filter: 'site/+/+/telemetry', labels: {}, prefix: '', ...config });
  const batch = new Batch();
  for (const [index, json] of messages.entries()) rule.read(batch, index, rule.match(topic)!, json, ARRIVED);
  const { series, samples, lines, rejected } = batch;
  return {
    series: series.map(({ series: { name, labels }, from }) => {
      const shown = labels.map(([label, value]) => `${label}=${value}`).join(',');
      return `${name}{${shown}} ${samples.value(from)} @${samples.times[from]! - ARRIVED}`;
    }),
    lines,
    rejected: rejected.map(({ index, code }) => `${index}: ${code}`),
  };
}

const TOPIC = 'site/north/pump-7/telemetry';

test('every number of the object, nested, and topic levels and fields as labels', () => {
  const { series, rejected } = read(
    { labels: { site: '$1', device: 'd/$2', unit: '$.unit', none: '$.no.such' }, prefix: 'plant' },
    TOPIC,
    { temperature: 21.5, battery: { level: 80, 'charging-now': true }, axes: [1, 2], unit: 'C', gone: null },
  );
  const labels = '{site=north,device=d/pump-7,unit=C,none=}';
  expect(series).toEqual([
    `plant_temperature${labels} 21.5 @0`,
    `plant_battery_level${labels} 80 @0`,
    `plant_battery_charging_now${labels} 1 @0`,
    `plant_axes_0${labels} 1 @0`,
    `plant_axes_1${labels} 2 @0`,
  ]);
  expect(rejected).toEqual([]);
});

test('a list of objects is read one by one, a number is named by the prefix', () => {
  const time = { field: 't', unit: 's' } as const;
  expect(
    read({ time }, TOPIC, [
      { t: 1_700_000_001, v: 1 },
      { t: 1_700_000_002.5, v: 2 },
    ]).series,
  ).toEqual(['v{} 1 @1000', 'v{} 2 @2500']);
  expect(read({ filter: 'dev/+/+', prefix: '$2', labels: { device: '$1' } }, 'dev/7/temp.c', 21).series).toEqual([
    'temp_c{device=7} 21 @0',
  ]);
});

test('times in each unit', () => {
  const at = (unit: 's' | 'ms' | 'us' | 'ns' | 'rfc3339', t: unknown) =>
    read({ time: { field: 'at.t', unit } }, TOPIC, { at: { t }, v: 1 }).series[0];
  expect(at('s', 1_700_000_001.123)).toBe('v{} 1 @1123');
  expect(at('s', '1700000001')).toBe('v{} 1 @1000');
  expect(at('ms', 1_700_000_000_007)).toBe('v{} 1 @7');
  expect(at('us', 1_700_000_000_007_900)).toBe('v{} 1 @7');
  expect(at('ns', '1700000000007000000')).toBe('v{} 1 @7');
  expect(at('rfc3339', '2023-11-14T23:13:21.5+01:00')).toBe('v{} 1 @1500');
  expect(at('ms', undefined)).toBe('v{} 1 @0');
  for (const [unit, bad] of [
    ['ms', 'soon'],
    ['ms', {}],
    ['rfc3339', 5],
    ['rfc3339', '2023-11-14T23:13:21'],
  ] as const) {
    const { series, rejected } = read({ time: { field: 't', unit } }, TOPIC, { t: bad, v: 1 });
    expect([series, rejected]).toEqual([[], ['0: HG_ITEM_TIME']]);
  }
});

test('chosen fields, with what is in them', () => {
  const message = { a: { b: 1, c: 2 }, d: 3, e: 4 };
  expect(read({ values: ['a', 'e', 'missing'] }, TOPIC, message).series).toEqual([
    'a_b{} 1 @0',
    'a_c{} 2 @0',
    'e{} 4 @0',
  ]);
});

test('a text becomes a line where a rule says so, and is counted where none does', () => {
  const line = { message: 'log.text', level: 'log.level', service: 'pump', host: '$2' };
  const message = { log: { text: 'dry run', level: 'warn' }, rpm: 0, name: 'x' };
  const { series, lines, rejected } = read(
    { labels: { site: '$1' }, line },
    TOPIC,
    message,
    { rpm: 1 },
    { log: { text: 5 } },
  );
  expect(series).toEqual(['rpm{site=north} 0 @0', 'rpm{site=north} 1 @0']);
  expect(lines).toEqual([
    {
      index: 0,
      time: ARRIVED,
      level: 'warn',
      service: 'pump',
      host: 'pump-7',
      message: 'dry run',
      fields: { site: 'north' },
    },
  ]);
  expect(rejected).toEqual(['0: HG_ITEM_TEXT', '2: HG_ITEM_LINE']);
});

test('what has nothing to keep, or too much', () => {
  expect(read({}, TOPIC, {}, null, [], 'text', [[]]).rejected).toEqual([
    '0: HG_ITEM_VALUE',
    '1: HG_ITEM_VALUE',
    // A list without an element has no reading.
    '3: HG_ITEM_TEXT',
    '4: HG_ITEM_VALUE',
  ]);
  const many = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`f${i}`, i]));
  const { series, rejected } = read({}, TOPIC, many);
  expect([series.length, rejected]).toEqual([2000, ['0: HG_ITEM_VALUE']]);
  // A field of a prototype is none.
  expect(read({ labels: { c: '$.constructor.name' } }, TOPIC, { v: 1 }).series).toEqual(['v{c=} 1 @0']);
  expect(read({}, TOPIC, JSON.parse('{"__proto__":{"x":1}}')).series).toEqual(['__proto___x{} 1 @0']);
});

test('the same series is the same object', () => {
  const rule = new MessageRule({ filter: '+', labels: { d: '$1' }, prefix: '' });
  const batch = new Batch();
  for (const topic of ['a', 'b', 'a']) rule.read(batch, 0, rule.match(topic)!, { v: 1 }, ARRIVED);
  const [first, second, third] = batch.series;
  expect(first!.series).toBe(third!.series);
  expect(first!.series).not.toBe(second!.series);
});

test('paths that are too long are refused one by one, whether they come of the message or of its topic, and others beside them taken', () => {
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`a${i}`, i]));
  const { series, rejected } = read({}, TOPIC, { ['k'.repeat(30_000)]: { ...many, text: 'x' }, v: 1 });
  expect(series).toEqual(['v{} 1 @0']);
  expect(rejected).toEqual(Array(1001).fill('0: HG_ITEM_NAME'));
  const topic = 'x'.repeat(2047);
  expect(read({ filter: '+', prefix: '$1' }, topic, { a: 1, bc: 2 })).toMatchObject({
    series: [`${topic}_a{} 1 @0`],
    rejected: ['0: HG_ITEM_NAME'],
  });
});

test('series with long labels are read and not remembered', () => {
  const rule = new MessageRule({ filter: '+', labels: { d: '$1' }, prefix: '' });
  const batch = new Batch();
  const topics = ['a'.repeat(2000), 'a'.repeat(3000)].flatMap((topic) => [topic, topic]);
  for (const topic of topics) rule.read(batch, 0, rule.match(topic)!, { v: 1 }, ARRIVED);
  const [known, again, long, other] = batch.series.map(({ series }) => series);
  expect(again).toBe(known);
  expect(other).not.toBe(long);
  expect(other).toEqual(long);
});

test('what is remembered has room for so many characters, however few series they are', () => {
  const room = new NameRoom(3, 10);
  expect([4, 6, 1, 8, 1, 1, 11].map((characters) => room.add(characters))).toEqual([
    ...[true, true, false, true, true, false, false],
  ]);
});

test('filters and templates', () => {
  const f = (filter: string, topic: string) => new TopicFilter(filter).match(topic);
  expect(f('a/+/c', 'a/b/c')).toEqual(['b']);
  expect(f('a/+/c', 'a//c')).toEqual(['']);
  expect(f('a/+', 'a/b/c')).toBeNull();
  expect(f('a/+/c', 'a/b')).toBeNull();
  expect(f('a/#', 'a/b/c')).toEqual(['b/c']);
  expect(f('a/#', 'a')).toEqual(['']);
  expect(f('+/#', 'x/y/z')).toEqual(['x', 'y/z']);
  for (const bad of ['', 'a/#/b', 'a#', 'a/b+', '$SYS/x']) expect(filterFault(bad)).not.toBeNull();
  for (const good of ['#', '+', 'a', 'a/+/b/#', '/a']) expect(filterFault(good)).toBeNull();
  expect(templateFault('x-$1/$2', 2)).toBeNull();
  expect(templateFault('$3', 2)).toContain('$3');
  expect(templateFault('$0', 2)).toContain('$0');
  expect(templateFault('$.', 2)).not.toBeNull();
});
