import { expect, test } from 'vitest';
import { parseConfig } from '../../../lib/config/load.ts';
import { mqttJsonConfig } from '../../../relay/doors/mqtt-json/config.ts';

const parse = (topic: object) => parseConfig('door.yaml', JSON.stringify({ topics: [topic] }), mqttJsonConfig);

test('a rule that cannot work is refused with its place and what to write', () => {
  const f = (topic: object, ...words: string[]) => {
    for (const word of words) expect(() => parse(topic)).toThrow(word);
  };
  f({ filter: 'a/#/b' }, 'topics.0.filter', '# stands alone');
  f({ filter: 'a/+', labels: { x: '$2' } }, 'topics.0.labels.x', "$2 is none of the filter's 1 wildcards");
  f({ filter: 'a', prefix: '$1' }, 'topics.0.prefix', 'wildcards');
  f({ filter: 'a', line: { message: 'm', host: '$1' } }, 'topics.0.line.host');
  f({ filter: 'a', time: { field: 't', unit: 'days' } }, 'topics.0.time.unit');
  f({ filter: 'a', values: [] }, 'topics.0.values');
  f({ filter: 'a', label: {} }, 'label');
  expect(() => parseConfig('door.yaml', '{"topics":[]}', mqttJsonConfig)).toThrow('write a rule at least');
  expect(parse({ filter: 'a/+/#', labels: { x: '$1', y: '$.unit' } }).topics[0]!.prefix).toBe('');
});
