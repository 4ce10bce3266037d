import { Buffer } from 'node:buffer';
import mqttPacket, { type Packet } from 'mqtt-packet';

/**
 * The mqtt-packet package, which the client and the broker write with, without its two caches, of which one is a leak.
 *
 * It keeps the encoded length of every packet, for each length below 16,384: four bytes, but a part of a piece of memory of 64 KiB that
 * Node shares among small Buffers, and as long as one part is kept all of it is. Frames have almost every length in time, so one process
 * could hold up to 1 GiB. PUBLISH, the only packet whose length varies, is therefore written here.
 *
 * The other keeps a Buffer for each number below 65,536: 7 MB, and 65,536 objects that every collection of garbage walks over.
 *
 * To be called once before the first connection; a second call changes nothing.
 */
export function keepNoMqttCaches(): void {
  if (mqttPacket.writeToStream === writeToStream) return;
  packageWrite.cacheNumbers = false;
  // Both look the function up at each packet.
  Object.assign(mqttPacket, { writeToStream });
}

const packageWrite = mqttPacket.writeToStream;

/** The largest remaining length that MQTT can state. */
const MOST_BYTES = 268_435_455;

const writeToStream: typeof packageWrite = Object.assign(
  (packet: Packet, stream: NodeJS.WritableStream, options?: object): boolean =>
    writePublish(packet, stream, options) ?? packageWrite(packet, stream, options),
  { cacheNumbers: false },
);

/** Whether more may be written at once; null: not written, it is a packet for the package (MQTT 5, another command, wrong). */
function writePublish(packet: Packet, stream: NodeJS.WritableStream, options: object = {}): boolean | null {
  if (packet.cmd !== 'publish' || typeof packet.topic !== 'string' || packet.topic === '') return null;
  if ('protocolVersion' in options && options.protocolVersion === 5) return null;
  const { qos, messageId } = packet;
  if (qos > 0 && messageId === undefined) return null;
  const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
  const topicBytes = Buffer.byteLength(packet.topic);
  const length = 2 + topicBytes + (qos > 0 ? 2 : 0) + payload.length;
  if (topicBytes > 0xffff || length > MOST_BYTES) return null;

  const head = Buffer.allocUnsafe(5 + length - payload.length);
  let at = head.writeUInt8(0x30 | (packet.dup ? 8 : 0) | (qos << 1) | (packet.retain ? 1 : 0), 0);
  let rest = length;
  for (; rest > 127; rest >>>= 7) at = head.writeUInt8((rest & 127) | 128, at);
  at = head.writeUInt8(rest, at);
  at = head.writeUInt16BE(topicBytes, at);
  at += head.write(packet.topic, at);
  if (qos > 0) at = head.writeUInt16BE(messageId!, at);

  // Both in one write to the connection, and with what else is written in this turn.
  const corked = stream as Partial<Record<'cork' | 'uncork', () => void>>;
  corked.cork?.();
  process.nextTick(() => corked.uncork?.());
  stream.write(head.subarray(0, at));
  return stream.write(payload);
}
