import { expect, test } from 'vitest';
import { collectorConfig } from '../../../collector/node/config.ts';
import { parseConfig } from '../../../lib/config/load.ts';

const config = (relays: unknown, rest: object = {}) => {
  const whole = { dataDir: '/d', tls: { ca: 'a', cert: 'b', key: 'c' }, relays, ...rest };
  return parseConfig('collector.yaml', JSON.stringify(whole), collectorConfig);
};
/** What is said of a list that is refused. */
function refusal(relays: unknown): { code: string; text: string } {
  try {
    config(relays);
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return { code, text: message };
  }
  throw new Error('it was taken');
}

test('a relay is an address, or an address with weight and tier; both kinds in one list', () => {
  const { relays, homecoming } = config([
    'relay-1.example:8883',
    { address: 'wss://relay-2.example/mqtt', weight: 2.5 },
    { address: '[::1]:8883', tier: 2 },
  ]);
  expect(relays).toEqual([
    { host: 'relay-1.example', port: 8883, weight: 1, tier: 1 },
    { host: 'relay-2.example', port: 443, path: '/mqtt', weight: 2.5, tier: 1 },
    { host: '::1', port: 8883, weight: 1, tier: 2 },
  ]);
  expect(homecoming).toBe(600_000);
  expect(config(['r:1'], { homecoming: '90s' }).homecoming).toBe(90_000);
});

test('what is wrong is said at its place, with what mends it', () => {
  expect(refusal([]).code).toBe('HG_CONFIG_VALUE');
  const address = refusal(['r:1', 'relay.example']);
  expect(address.code).toBe('HG_CONFIG_VALUE');
  expect(address.text).toContain('"relays.1" is "relay.example"; write an address such as relay.example:8883');
  expect(refusal([{ address: 'relay.example' }]).text).toContain(
    '"relays.0.address" is "relay.example"; write an address',
  );
  expect(refusal([{ weight: 2 }]).text).toContain('"relays.0.address" is missing');
  expect(refusal([7]).text).toContain('"relays.0" is 7; write a value of type string or object');
  for (const weight of [0, -1, 1001, 'two']) {
    expect(refusal([{ address: 'r:1', weight }]).text).toContain(`"relays.0.weight" is ${JSON.stringify(weight)}`);
  }
  for (const tier of [0, 1.5, 101]) {
    expect(refusal([{ address: 'r:1', tier }]).text).toContain(`"relays.0.tier" is ${tier}`);
  }
  const typo = refusal([{ address: 'r:1', wieght: 2 }]);
  expect(typo.code).toBe('HG_CONFIG_KEY');
  expect(typo.text).toContain('key "relays.0.wieght" is not known; did you mean "weight"?');
  const twice = refusal(['r:8883', { address: 'mqtts://r', weight: 2 }]);
  expect(twice.text).toContain('name each relay once: r:8883 stands in the list before');
});
