import { expect, test } from 'vitest';
import { takenSyslog } from './masked-lines.ts';

const TOKEN = `ghp_${'a1B2'.repeat(9)}`;

test('a key before a colon is no tag: the secret behind it is covered', () => {
  for (const key of ['password', 'db_pwd', 'api-key']) {
    const { service, message } = takenSyslog(`<13>Nov 29 15:59:00 fw ${key}: hunter2x`);
    expect([service, message], key).toEqual(['', `${key}: ********`]);
  }
  expect(takenSyslog('<13>Nov 29 15:59:00 fw passwd[7]: changed').service).toBe('passwd');
  expect(takenSyslog('<13>Nov 29 15:59:00 fw user=bob: in')).toMatchObject({ service: '', message: 'user=bob: in' });
});

test('a secret in the place of the program is covered, in its fields too', () => {
  for (const secret of [TOKEN, 'bob@example.com', 'hunter2']) {
    const name = secret === 'hunter2' ? 'password=hunter2' : secret;
    for (const head of [`<13>Nov 29 15:59:00 fw ${name}: `, `<13>1 - fw ${name} - - - `]) {
      const line = takenSyslog(`${head}bad`);
      expect(JSON.stringify(line), head).not.toContain(secret);
      expect(line.message, head).toContain('bad');
    }
  }
});
