import { expect, test } from 'vitest';
import { Batch } from '../../../lib/ingest/batch.ts';
import { DeviceMessages } from '../../../relay/doors/mqtt-json/device-message.ts';

const messages = new DeviceMessages({
  topics: [{ filter: 'raw/+', labels: {}, prefix: '$1' }],
  messageBytes: 100,
  jsonDepth: 5,
});
const arrived = 1_700_000_000_000;

test('a message is a copy of its bytes until it goes into a batch, and can go into another', () => {
  const payload = Buffer.from('{"a":1}');
  const addTo = messages.read({ topic: 'raw/x', payload, retain: false, arrived });
  payload.fill('9');
  for (const batch of [new Batch(), new Batch()]) {
    addTo(batch, 3);
    expect(batch.series.map(({ index, series: { name } }) => `${index}: ${name}`)).toEqual(['3: x_a']);
  }
});

test.each([
  ['{"a":', 'HG_DOOR_SYNTAX'],
  ['[[[[[[1]]]]]]', 'HG_DOOR_DEPTH'],
])('what cannot be read says so when it is to go into a batch: %s', (text, code) => {
  const addTo = messages.read({ topic: 'raw/x', payload: Buffer.from(text), retain: false, arrived });
  const batch = new Batch();
  expect(() => addTo(batch, 0)).toThrow(expect.objectContaining({ code }));
  expect(batch.series.length + batch.rejected.length).toBe(0);
});
