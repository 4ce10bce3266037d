import { expect, test } from 'vitest';
import { takenLines, takenSyslog } from './masked-lines.ts';

const TOKEN = `ghp_${'a1B2'.repeat(9)}`;
const DATA = 'log.syslog.structured_data';
const NOW = Date.parse('2026-11-29T16:00:00Z');

/** Fields as they are taken. */
function fieldsOf(fields: Record<string, string>): Readonly<Record<string, string>> {
  const facts = { index: 0, time: NOW, level: 'info', service: 'a', host: 'h' };
  return takenLines([{ ...facts, message: 'x', fields }])[0]!.fields;
}

test('a value is covered where its name says that it is a secret, whatever stands in it', () => {
  const fields = takenSyslog('<13>1 - fw a - - [x@1 password="hunter2" user="bob"] in').fields;
  expect(fields).toMatchObject({ [`${DATA}.x@1.password`]: '*******', [`${DATA}.x@1.user`]: 'bob' });
  const odd = 'hu"nt\\er\n2ü';
  expect(fieldsOf({ password: odd, token: 'true', 'api-key': 'x', note: `say "${odd}"`, author: 'bob' })).toEqual({
    ...{
      password: '*'.repeat(Buffer.byteLength(odd)),
      token: 'true',
      'api-key': '*',
      note: `say "${odd}"`,
      author: 'bob',
    },
  });
});

test('names of fields are covered, and numbers of enterprises stay', () => {
  for (const secret of [TOKEN, 'bob@example.com', 'bob@163.com']) {
    for (const data of [
      `[${secret}]`,
      `[${secret} source-port="1"]`,
      `[x@1 ${secret}="1"]`,
      `[x@1][${secret} ip="1"]`,
    ]) {
      const line = takenSyslog(`<13>1 - fw a - - ${data} logged in`);
      expect(JSON.stringify(line), data).not.toContain(secret);
      expect(line.message).toContain('logged in');
    }
  }
  const { fields } = takenSyslog('<13>1 - fw a - - [junos@2636.1.1.1.2.26 nat="N/A"][exampleSDID@32473 iut="3"] t');
  expect(fields).toMatchObject({
    [`${DATA}.junos@2636.1.1.1.2.26.nat`]: 'N/A',
    [`${DATA}.exampleSDID@32473.iut`]: '3',
  });
});

test('names that are the same when they are covered lose no value, and a key in one value covers none of the next', () => {
  expect(fieldsOf({ 'ann@example.org': '1', 'bob@example.org': '2' })).toEqual({ ['*'.repeat(15)]: '1, 2' });
  expect(fieldsOf({ a: '-----BEGIN PRIVATE KEY-----', b: 'stays', c: 'stays' })).toMatchObject({
    b: 'stays',
    c: 'stays',
  });
  expect(Object.keys(fieldsOf(JSON.parse('{"__proto__":"x"}')))).toEqual(['__proto__']);
});
