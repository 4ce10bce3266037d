import { expect, test } from 'vitest';
import { said } from './read.ts';

const f = (name: string, line: string | Buffer, want: ReturnType<typeof said>) =>
  test(name, () => expect(said(line)).toEqual(want));

f(
  "the RFC's first example",
  "<34>1 2026-10-11T22:14:15.003Z mymachine.example.com su - ID47 - 'su root' failed on /dev/pts/8",
  {
    priority: 34,
    time: '2026-10-11T22:14:15.003Z',
    host: 'mymachine.example.com',
    app: 'su',
    msgid: 'ID47',
    text: "'su root' failed on /dev/pts/8",
  },
);
f('an offset and microseconds', '<165>1 2026-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It is time', {
  priority: 165,
  time: '2026-08-24T12:14:15.000Z',
  host: '192.0.2.1',
  app: 'myproc',
  procid: '8710',
  text: '%% It is time',
});
f(
  'structured data, a byte order mark and UTF-8',
  '<165>1 2026-10-11T22:14:15.003Z h app - ID47 [exampleSDID@32473 iut="3" eventSource="App" eventID="1011"] \uFEFFäöü ☂',
  {
    priority: 165,
    time: '2026-10-11T22:14:15.003Z',
    host: 'h',
    app: 'app',
    msgid: 'ID47',
    data: [
      ['exampleSDID@32473.iut', '3'],
      ['exampleSDID@32473.eventSource', 'App'],
      ['exampleSDID@32473.eventID', '1011'],
    ],
    text: 'äöü ☂',
  },
);
f(
  'two elements, escapes, a name that stands twice, and no text: then they are it',
  '<13>1 - h - - - [a x="q\\"b\\\\s\\]e\\n"][o ip="1" ip="2"]',
  {
    priority: 13,
    host: 'h',
    data: [
      ['a.x', 'q"b\\s]e\\n'],
      ['o.ip', '1, 2'],
    ],
    text: '[a x="q\\"b\\\\s\\]e\\n"][o ip="1" ip="2"]',
  },
);
f('all nil, no text', '<0>1 - - - - - -', { priority: 0, text: '' });
f('an element without params is text', '<14>1 - h a - - [meta] t', {
  priority: 14,
  host: 'h',
  app: 'a',
  text: '[meta] t',
});
f(
  'elements without params between others: text from the first of them on',
  '<14>1 - h a - - [a x="1"][meta ][b x="2"] t',
  {
    priority: 14,
    host: 'h',
    app: 'a',
    data: [
      ['a.x', '1'],
      ['b.x', '2'],
    ],
    text: '[meta ][b x="2"] t',
  },
);
f('structured data that never ends stands in the text', '<14>1 - h a 1 - [x y="z] broken', {
  priority: 14,
  host: 'h',
  app: 'a',
  procid: '1',
  flaw: 'structured_data',
  text: '[x y="z] broken',
});
f('text without structured data before it', '<14>1 - h a 1 - hello [x]', {
  priority: 14,
  host: 'h',
  app: 'a',
  procid: '1',
  flaw: 'structured_data',
  text: 'hello [x]',
});
f('a header that ends early', '<14>1 2026-11-29T14:25:41Z h app', {
  priority: 14,
  time: '2026-11-29T14:25:41.000Z',
  host: 'h',
  app: 'app',
  flaw: 'header',
  text: '',
});
f('a time that is none', '<14>1 2026-13-29T14:25:41Z h app - - - t', {
  priority: 14,
  host: 'h',
  app: 'app',
  flaw: 'header',
  text: 't',
});
f(
  'Juniper, with many params',
  '<165>1 2026-11-29T14:25:41.156Z fw1 RT_FLOW - RT_FLOW_SESSION_CREATE [junos@2636.1.1.1.2.26 source-address="10.1.1.2" nat="N/A"] session created',
  {
    priority: 165,
    time: '2026-11-29T14:25:41.156Z',
    host: 'fw1',
    app: 'RT_FLOW',
    msgid: 'RT_FLOW_SESSION_CREATE',
    data: [
      ['junos@2636.1.1.1.2.26.source-address', '10.1.1.2'],
      ['junos@2636.1.1.1.2.26.nat', 'N/A'],
    ],
    text: 'session created',
  },
);
f('a text of two lines, and a line end behind', '<14>1 - h a - - - one\ntwo\r\n', {
  priority: 14,
  host: 'h',
  app: 'a',
  text: 'one\ntwo',
});
test('129 params are too many for a line, and stand in its text', () => {
  const params = (count: number) => Array.from({ length: count }, (_, i) => `p${i}="${i}"`).join(' ');
  expect(said(`<14>1 - h a - - [x ${params(128)}] t`).data).toHaveLength(128);
  const over = said(`<14>1 - h a - - [x ${params(129)}] t`);
  expect(over).toMatchObject({ flaw: 'structured_data', text: `[x ${params(129)}] t` });
  expect(over.data).toBeUndefined();
});
test('a name that is longer than names are is text, with all behind it', () => {
  const long = 'a'.repeat(60_000);
  const head = { priority: 14, flaw: 'header' };
  expect(said(`<14>1 - ${long} app 1 id - t`)).toEqual({ ...head, text: `${long} app 1 id - t` });
  expect(said(`<14>1 - h ${long} 1 id - t`)).toEqual({ ...head, host: 'h', text: `${long} 1 id - t` });
  expect(said(`<14>1 - h a 1 ${long}`)).toEqual({ ...head, host: 'h', app: 'a', procid: '1', text: long });
  expect(said(`<14>1 - ${'h'.repeat(255)} a 1 - - t`).host).toHaveLength(255);
});
test('more elements than params may be are text, with their line: they are not looked at', () => {
  const elements = (count: number) => Array.from({ length: count }, (_, i) => `[${i}]`).join('');
  expect(said(`<14>1 - h a - - ${elements(128)} t`)).toEqual({
    ...{ priority: 14, host: 'h', app: 'a', text: `${elements(128)} t` },
  });
  for (const text of [`${elements(12_000)} t`, `[x a="1"]${elements(12_000)} t`]) {
    const over = said(`<14>1 - h a - - ${text}`);
    expect(over).toEqual({ priority: 14, host: 'h', app: 'a', flaw: 'structured_data', text });
  }
});
test('bytes that are no UTF-8 stay as they are', () => {
  const line = Buffer.concat([Buffer.from('<14>1 - h a - - - caf'), Buffer.from([0xe9, 0xff])]);
  expect(said(line)).toMatchObject({ app: 'a', text: 'caf\uFFFD\uFFFD' });
});
