import { expect, test } from 'vitest';
import { LineProtocol } from '../../../../lib/ingest/influx/line-protocol.ts';
import type { Precision } from '../../../../lib/ingest/influx/timestamp.ts';

const NOW = 1_700_000_000_123;

interface Read {
  readonly series: readonly string[];
  readonly rejected: readonly string[];
}

function read(text: string | Uint8Array, precision: Precision = 'ns', database = ''): Read {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const { series, samples, rejected } = new LineProtocol().read(bytes, { precision, database, now: NOW });
  return {
    series: series.map(({ series: { name, labels }, from, to }) => {
      expect(to).toBe(from + 1);
      const shown = labels.map(([label, value]) => `${label}=${value}`).join(',');
      return `${name}{${shown}} ${samples.value(from)} @${samples.times[from]}`;
    }),
    rejected: rejected.map(({ index, code, message }) => `${index}: ${code}: ${message}`),
  };
}

const f = (text: string, ...series: string[]) => expect(read(text)).toEqual({ series, rejected: [] });
const bad = (text: string, why: string) =>
  expect(read(text)).toEqual({ series: [], rejected: [expect.stringContaining(why)] });

test('the lines of the reference: elements, types, spaces and quotes', () => {
  // https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/
  expect(read('measurementName,tagKey=tagValue fieldKey="fieldValue" 1465839830100400200').rejected).toEqual([
    '0: HG_ITEM_TEXT: the field "fieldKey" is a text',
  ]);
  f(
    'myMeasurement,tag1=value1,tag2=value2 fieldKey=1.0 1556813561098000000',
    'myMeasurement_fieldKey{tag1=value1,tag2=value2} 1 @1556813561098',
  );
  f('myMeasurement fieldKey=1.0', `myMeasurement_fieldKey{} 1 @${NOW}`);
  f('myMeasurement fieldKey=1', `myMeasurement_fieldKey{} 1 @${NOW}`);
  f('myMeasurement fieldKey=-1.234456e+78', `myMeasurement_fieldKey{} -1.234456e+78 @${NOW}`);
  f('myMeasurement fieldKey=1i', `myMeasurement_fieldKey{} 1 @${NOW}`);
  f('myMeasurement fieldKey=12485903i', `myMeasurement_fieldKey{} 12485903 @${NOW}`);
  f('myMeasurement fieldKey=-12485903i', `myMeasurement_fieldKey{} -12485903 @${NOW}`);
  f('myMeasurement fieldKey=1u', `myMeasurement_fieldKey{} 1 @${NOW}`);
  f('myMeasurement fieldKey=12485903u', `myMeasurement_fieldKey{} 12485903 @${NOW}`);
  for (const yes of ['true', 't', 'T', 'True', 'TRUE']) f(`m v=${yes}`, `m_v{} 1 @${NOW}`);
  for (const no of ['false', 'f', 'F', 'False', 'FALSE']) f(`m v=${no}`, `m_v{} 0 @${NOW}`);
  f('# This is a comment\nmyMeasurement fieldKey=1 1556813561098000000', 'myMeasurement_fieldKey{} 1 @1556813561098');
});

test('special characters', () => {
  f(String.raw`my\ Measurement a=1`, `my_Measurement_a{} 1 @${NOW}`);
  f(
    String.raw`myMeasurement,tag\ Key1=tag\ Value1,tag\ Key2=tag\ Value2 a=100`,
    `myMeasurement_a{tag_Key1=tag Value1,tag_Key2=tag Value2} 100 @${NOW}`,
  );
  f(String.raw`m\,n,k=a\,b,l=c\=d a\=b=1,a\,c=2`, `m_n_a_b{k=a,b,l=c=d} 1 @${NOW}`, `m_n_a_c{k=a,b,l=c=d} 2 @${NOW}`);
  f('myMeasurement,tagKey=🍭 fieldKey=1', `myMeasurement_fieldKey{tagKey=🍭} 1 @${NOW}`);
  // One backslash before another is an escape: C:\\ is C:\
  f(String.raw`m,p=C:\dir,q=C:\\ v=1`, `m_v{p=C:\\dir,q=C:\\} 1 @${NOW}`);
  f('disk.io,9x=a used-percent=3', `disk_io_used_percent{_9x=a} 3 @${NOW}`);
  // Tags in another order are the same series.
  expect(read('m,b=2,a=1 v=1\nm,a=1,b=2 v=2').series.map((one) => one.split(' ')[0])).toEqual([
    'm_v{a=1,b=2}',
    'm_v{a=1,b=2}',
  ]);
});

test('texts are told and the numbers beside them kept, with commas, quotes and ends of lines in them', () => {
  const lines = [
    'system,host=a load1=0.5,uptime_format="1 day,  2:03 \\"x\\" \\\\",n=4i',
    'b text="one\ntwo\\\n=three",v=2',
    'c v=3',
  ];
  const { series, rejected } = read(lines.join('\n'));
  expect(series).toEqual([
    `system_load1{host=a} 0.5 @${NOW}`,
    `system_n{host=a} 4 @${NOW}`,
    `b_v{} 2 @${NOW}`,
    `c_v{} 3 @${NOW}`,
  ]);
  expect(rejected.map((one) => one.slice(0, 16))).toEqual(['0: HG_ITEM_TEXT:', '1: HG_ITEM_TEXT:']);
  // The third line is the fifth of the text.
  expect(read(`${lines.join('\n')}\nbad`).rejected.at(-1)).toBe('5: HG_ITEM_VALUE: missing fields');
});

test('timestamps in each precision', () => {
  const at = (text: string, precision: Precision) => read(`m v=1 ${text}`, precision).series[0];
  expect(at('1556813561098123456', 'ns')).toBe('m_v{} 1 @1556813561098');
  expect(at('1556813561098999', 'us')).toBe('m_v{} 1 @1556813561098');
  expect(at('1556813561098', 'ms')).toBe('m_v{} 1 @1556813561098');
  expect(at('1556813561', 's')).toBe('m_v{} 1 @1556813561000');
  expect(at('25946892', 'm')).toBe('m_v{} 1 @1556813520000');
  expect(at('432448', 'h')).toBe('m_v{} 1 @1556812800000');
  expect(at('999999', 'ns')).toBe('m_v{} 1 @0');
  expect(at('-1', 'ns')).toBe('m_v{} 1 @-1');
});

test('the database is a label, unless there is a tag of that name', () => {
  expect(read('m,x=1 v=1', 'ns', 'telegraf').series).toEqual([`m_v{db=telegraf,x=1} 1 @${NOW}`]);
  expect(read('m,db=own v=1', 'ns', 'telegraf').series).toEqual([`m_v{db=own} 1 @${NOW}`]);
});

test('ends of lines of Windows, empty lines, spaces around', () => {
  f(
    '\r\n  m v=1i \r\nm,a=b v=2 1000000000\r\n\n m   v=3   2000000000  \n',
    `m_v{} 1 @${NOW}`,
    'm_v{a=b} 2 @1000',
    'm_v{} 3 @2000',
  );
});

test('what is bad', () => {
  bad('m', 'missing fields');
  bad('m,a=b', 'missing fields');
  bad('m ', 'missing fields');
  bad(',a=b v=1', 'missing measurement');
  bad('m,=b v=1', 'missing tag key');
  bad('m,a v=1', 'missing tag value: "a"');
  bad('m,a= v=1', 'missing tag value: "a"');
  bad('m,a=b=c v=1', 'an equals sign in a tag value');
  bad('m, v=1', 'missing tag');
  bad('m v', 'missing field value: "v"');
  bad('m v=', 'no value: ""');
  bad('m =1', 'missing field key');
  bad('m v=1,', 'missing field value');
  bad('m v=1 w=2', 'bad timestamp: "w=2"');
  bad('m v=1 1 2', 'behind the timestamp');
  bad('m v=1 1.5', 'bad timestamp');
  bad('m v=1 99999999999999999999', 'bad timestamp');
  bad('m v="a"b', 'behind the quotes');
  bad('m v="a', 'unbalanced quotes');
  for (const value of [
    'NaN',
    'inf',
    '0x10',
    '1e999',
    '1.5i',
    '-1u',
    'i',
    '1_0',
    'yes',
    '9223372036854775808i',
    '18446744073709551616u',
  ]) {
    bad(`m v=${value}`, `no value: "${value}"`);
  }
  f(
    'm v=9223372036854775807i,u=18446744073709551615u',
    `m_v{} 9223372036854775807 @${NOW}`.replace('5807', '6000'),
    `m_u{} 18446744073709552000 @${NOW}`,
  );
});

test('a bad line costs itself and nothing else, whatever it is', () => {
  const text = Buffer.concat([
    Buffer.from('a v=1\nb v=2,w=x\nc v=3\nd t="open\ne v=5\n'),
    Buffer.from([0x66, 0x20, 0x76, 0x3d, 0xff, 0x0a]),
    Buffer.from('g v=7'),
  ]);
  const { series, rejected } = read(text);
  expect(series.map((one) => one.split('{')[0])).toEqual(['a_v', 'c_v', 'e_v', 'g_v']);
  expect(rejected.map((one) => one.slice(0, 1))).toEqual(['1', '3', '5']);
});

test('very many bad lines are counted, and a thousand told', () => {
  const { rejected } = new LineProtocol().read(Buffer.alloc(500_000, 'a\n'), {
    precision: 'ns',
    database: '',
    now: NOW,
  });
  expect(rejected.length).toBe(1001);
  expect(rejected.reduce((sum, { items }) => sum + items, 0)).toBe(250_000);
});

test.each([
  ['values', 'm a=1,b=2\n'.repeat(100_001)],
  ['values', `m ${'a=1,'.repeat(200_001)}`],
  ['lines', 'a\n'.repeat(250_001)],
  ['lines', `${'\n'.repeat(250_000)}a`],
  ['lines', Buffer.alloc(500_002, Buffer.from([0xff, 10]))],
  ['fields', `m ${'a="",'.repeat(1_000_001)}`],
  ['new tags', Array.from({ length: 101 }, (_, i) => `m,i=${i}${',b=c'.repeat(9999)} v=1\n`).join('')],
  ['new tags', `m${',b=c'.repeat(10_000)},= v=1\n`.repeat(101)],
])('more %s than one request may have are refused whole', (what, body) => {
  expect(() => new LineProtocol().read(Buffer.from(body), { precision: 'ns', database: '', now: NOW })).toThrow(
    expect.objectContaining({ code: 'HG_DOOR_BODY', message: expect.stringContaining(` ${what} in one request`) }),
  );
});

test('tags that are known do not count, however often they come', () => {
  const lines = new LineProtocol();
  const body = Buffer.from(`m${',b=c'.repeat(400)} v=1\n`.repeat(6000));
  expect(lines.read(body, { precision: 'ns', database: '', now: NOW }).samples.length).toBe(6000);
});

test('a measurement with too many tags, and names that are too long, cost their lines', () => {
  const { series, rejected } = read(`a${',b=c'.repeat(20_000)} v=1\n${'m'.repeat(1023)} v=1,vv=1\nb v=1`);
  expect(series).toEqual([`b_v{} 1 @${NOW}`]);
  expect(rejected).toEqual([
    expect.stringContaining('0: HG_ITEM_VALUE: measurement and tags of more'),
    expect.stringContaining('1: HG_ITEM_VALUE: a name that is too long'),
  ]);
});

test('a series that comes again is the same object, whatever came between', () => {
  const lines = new LineProtocol();
  const one = () => lines.read(Buffer.from('m,a=b v=1,w=2'), { precision: 'ns', database: '', now: NOW }).series;
  const [first, second] = [one(), one()];
  expect(first[0]!.series).toBe(second[0]!.series);
  expect(first[1]!.series).not.toBe(first[0]!.series);
});
