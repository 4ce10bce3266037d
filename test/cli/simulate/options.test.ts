import { expect, test } from 'vitest';
import { relayOption } from '../../../cli/simulate/options.ts';

test('relays are gathered, with weight and tier behind the address where these are not 1', () => {
  const texts = ['127.0.0.1:8883', 'r2.example:8884=2.5', '[::1]:8885@2', 'r4:1=3@2'];
  const relays = texts.reduce<ReturnType<typeof relayOption>>((before, text) => relayOption(text, before), []);
  expect(relays).toEqual([
    { host: '127.0.0.1', port: 8883, weight: 1, tier: 1 },
    { host: 'r2.example', port: 8884, weight: 2.5, tier: 1 },
    { host: '::1', port: 8885, weight: 1, tier: 2 },
    { host: 'r4', port: 1, weight: 3, tier: 2 },
  ]);
  for (const bad of ['r', 'r:0', 'r:70000', 'r:1=', 'r:1=-1', 'r:1@x', 'r:1@2=3'])
    expect(() => relayOption(bad)).toThrow('write an address such as');
  for (const bad of ['r:1=0', 'r:1@0']) expect(() => relayOption(bad)).toThrow('more than 0');
  expect(() => relayOption('r:1=2', relayOption('r:1'))).toThrow('name each relay once');
});
