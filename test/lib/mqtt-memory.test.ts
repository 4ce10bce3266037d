import { PassThrough } from 'node:stream';
import mqttPacket, { generate, type IPublishPacket } from 'mqtt-packet';
import { expect, it } from 'vitest';
import { keepNoMqttCaches } from '../../lib/mqtt-memory.ts';

const packet = (over: Partial<IPublishPacket> = {}): IPublishPacket => ({
  cmd: 'publish',
  topic: 'fleet/host-1/metric',
  payload: Buffer.from('bytes'),
  qos: 1,
  messageId: 513,
  retain: false,
  dup: false,
  ...over,
});

/** What goes to a connection. */
async function written(sent: IPublishPacket, options?: object): Promise<Buffer> {
  keepNoMqttCaches();
  const stream = new PassThrough({ highWaterMark: 8 * 1024 * 1024 });
  mqttPacket.writeToStream(sent, stream, options);
  stream.end();
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

it('writes PUBLISH as the package does', async () => {
  // 24 bytes are topic and number: the lengths are those around which the length itself takes another byte.
  for (const bytes of [0, 1, 103, 104, 105, 16_359, 16_360, 16_361, 2_097_127, 2_097_128]) {
    const sent = packet({ payload: Buffer.alloc(bytes, 7) });
    expect((await written(sent)).equals(generate(sent)), `${bytes} bytes`).toBe(true);
  }
  for (const over of [
    { qos: 0, messageId: undefined },
    { retain: true },
    { dup: true },
    { topic: 'flotte/hôte', payload: 'texte à écrire' },
    { messageId: 65_535 },
  ] satisfies Partial<IPublishPacket>[]) {
    expect(await written(packet(over))).toEqual(generate(packet(over)));
  }
});

it('leaves MQTT 5 and what is wrong to the package', async () => {
  const options = { protocolVersion: 5 };
  expect(await written(packet(), options)).toEqual(generate(packet(), options));
  await expect(written(packet({ messageId: undefined }))).rejects.toThrow('Invalid messageId');
});
