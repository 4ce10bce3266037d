import { expect, test } from 'vitest';
import { newSeries } from '../../../relay/rollup/output-series.ts';
import { writableOutputs } from '../../../relay/rollup/writable.ts';

test('of outputs that cannot be written together those stay that can be alone', () => {
  const sample = (name: string, labels: [string, string][] = []) => ({
    series: newSeries(name, labels),
    time: 1,
    value: 1,
  });
  const good = [sample('a'), sample('b', [['code', '200']])];
  const bad = [
    sample('a', [['instance', 'h']]),
    sample('x'.repeat(5000)),
    sample('b', [
      ['code', '1'],
      ['code', '2'],
    ]),
  ];
  expect(writableOutputs({ samples: [...bad, ...good], sketches: [] })).toEqual({ samples: good, sketches: [] });
});
