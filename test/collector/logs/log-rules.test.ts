import { expect, test } from 'vitest';
import { LogRules } from '../../../collector/core/logs/log-rules.ts';

test('a rotated file, packed too, is followed by the rule of the name it had', () => {
  const format = { container: true, multiline: null };
  const rules = new LogRules([
    { paths: ['/var/log/other.log'], level: 'error' },
    { paths: ['/var/log/app.log'], service: 'shop', level: 'debug', format },
  ]);
  for (const name of ['app.log', 'app.log.1', 'app.log.2.gz', 'app.log-20261130-1764477000', 'app-2026-11-30.log']) {
    const path = `/var/log/${name}`;
    expect(rules.of(path)).toEqual({ service: 'shop', level: 'debug', named: true });
    expect(rules.formatOf(path)).toBe(format);
  }
  expect(rules.of('/var/log/app-2.log')).toEqual({ service: 'app-2', level: 'info', named: false });
});
