import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { compareOids, integerBytes, oidBytes, type Walk } from './snmp-walk.ts';

/** What a device gets and gives, as bytes. */
export interface Request {
  readonly id: bigint;
  /** 0xa0 GET, 0xa1 GETNEXT, 0xa5 GETBULK. */
  readonly kind: number;
  readonly repetitions: number;
  readonly oids: readonly string[];
  readonly community: string;
}

export interface DeviceOptions {
  readonly walk: Walk;
  readonly community?: string;
  /** What becomes of an answer before it is sent; null: nothing is. */
  readonly answer?: (answer: Uint8Array, request: Request, device: SnmpDevice) => Uint8Array | null;
  readonly port?: number;
}

/** A device of version 2c on loopback that answers from a walk. Its own encoder: what it says does not depend on the package that is tested. */
export class SnmpDevice {
  walk: Walk;
  requests = 0;
  /** Where the last request came from. */
  lastPort = 0;
  readonly #socket: Socket = createSocket('udp4');
  readonly #options: DeviceOptions;
  #sorted: string[] = [];
  readonly #places = new Map<string, number>();

  private constructor(options: DeviceOptions) {
    this.#options = options;
    this.walk = options.walk;
  }

  static async start(options: DeviceOptions): Promise<SnmpDevice> {
    const device = new SnmpDevice(options);
    device.change(options.walk);
    device.#socket.on('message', (bytes, from) => device.#take(bytes, from));
    await new Promise<void>((resolve) => device.#socket.bind(options.port ?? 0, '127.0.0.1', resolve));
    return device;
  }

  get port(): number {
    return this.#socket.address().port;
  }

  change(walk: Walk): void {
    this.walk = walk;
    // Walks come in order; what `set` added stands last.
    const keys = [...walk.keys()];
    this.#sorted = keys.every((oid, i) => i === 0 || this.#places.get(oid)! > this.#places.get(keys[i - 1]!)!)
      ? keys
      : keys.sort(compareOids);
    this.#places.clear();
    for (const [i, oid] of this.#sorted.entries()) this.#places.set(oid, i);
  }

  /** One value, from now on. */
  set(oid: string, tag: number, value: bigint): void {
    const known = this.walk.has(oid);
    this.walk.set(oid, { tag, bytes: integerBytes(value) });
    if (!known) this.change(this.walk);
  }

  send(bytes: Uint8Array, to: RemoteInfo): void {
    this.#socket.send(bytes, to.port, to.address);
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }

  #take(bytes: Buffer, from: RemoteInfo): void {
    const request = readRequest(bytes);
    this.requests++;
    this.lastPort = from.port;
    if (request.community !== (this.#options.community ?? 'public')) return;
    const answer = encodeAnswer(request, this.#values(request));
    const given = this.#options.answer === undefined ? answer : this.#options.answer(answer, request, this);
    if (given !== null) this.send(given, from);
  }

  #values(request: Request): Uint8Array[] {
    if (request.kind === 0xa0) {
      return request.oids.map((oid) => {
        const value = this.walk.get(oid);
        return varbind(oid, value?.tag ?? 128, value?.bytes ?? new Uint8Array());
      });
    }
    const values: Uint8Array[] = [];
    let at = request.oids[0]!;
    let size = 0;
    for (let i = 0; i < request.repetitions; i++) {
      const place = this.#places.get(at);
      const next = place === undefined ? this.#sorted.find((oid) => compareOids(oid, at) > 0) : this.#sorted[place + 1];
      const value = next === undefined ? undefined : this.walk.get(next)!;
      const one = varbind(next ?? at, value?.tag ?? 130, value?.bytes ?? new Uint8Array());
      size += one.length;
      // As agents do: no more than fits.
      if (size > 1400) break;
      values.push(one);
      if (next === undefined) break;
      at = next;
    }
    return values;
  }
}

export function tlv(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(contents);
  const { length } = content;
  const head =
    length < 128 ? [tag, length] : length < 256 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 255];
  return Buffer.concat([Uint8Array.from(head), content]);
}

export const integer = (value: number | bigint): Uint8Array => tlv(2, integerBytes(BigInt(value)));

export function varbind(oid: string, tag: number, bytes: Uint8Array): Uint8Array {
  return tlv(0x30, tlv(6, oidBytes(oid)), tlv(tag, bytes));
}

export function encodeAnswer(
  request: Pick<Request, 'id' | 'community'>,
  values: readonly Uint8Array[],
  status = 0,
): Uint8Array {
  const pdu = tlv(0xa2, integer(request.id), integer(status), integer(status === 0 ? 0 : 1), tlv(0x30, ...values));
  return tlv(0x30, integer(1), tlv(4, Buffer.from(request.community)), pdu);
}

interface Part {
  readonly tag: number;
  readonly bytes: Buffer;
}

export function* berParts(bytes: Buffer): Generator<Part> {
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes[at++]!;
    let length = bytes[at++]!;
    if (length >= 0x80) {
      const count = length & 0x7f;
      length = bytes.readUIntBE(at, count);
      at += count;
    }
    yield { tag, bytes: bytes.subarray(at, at + length) };
    at += length;
  }
}

function readRequest(bytes: Buffer): Request {
  const [message] = [...berParts(bytes)];
  const [, community, pdu] = [...berParts(message!.bytes)];
  const [id, , repetitions, list] = [...berParts(pdu!.bytes)];
  const number = (part: Part | undefined): bigint =>
    BigInt.asIntN(part!.bytes.length * 8, BigInt(`0x${part!.bytes.toString('hex')}`));
  return {
    id: number(id),
    kind: pdu!.tag,
    repetitions: Number(number(repetitions)),
    oids: [...berParts(list!.bytes)].map((one) => oidText([...berParts(one.bytes)][0]!.bytes)),
    community: community!.bytes.toString(),
  };
}

export function oidText(bytes: Uint8Array): string {
  const numbers: number[] = [];
  let value = 0;
  for (const byte of bytes) {
    value = value * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    numbers.push(value);
    value = 0;
  }
  const first = numbers.shift()!;
  return [Math.floor(first / 40), first % 40, ...numbers].join('.');
}
