import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect, type TLSSocket } from 'node:tls';
import type { CertificateFiles } from '../../lib/certificates/authority.ts';
import { connectClient, Host } from './setup.ts';

/** A host that comes as the mqtt package does it, over its own way to a WebSocket. */
export async function hostOverWebSocket(port: number, files: CertificateFiles, name: string): Promise<Host> {
  const wsOptions = { servername: 'localhost' } as object;
  const url = `wss://127.0.0.1:${port}/mqtt`;
  return new Host(name, await connectClient(port, files, name, { connectTimeout: 15_000, wsOptions }, url));
}

/** A GET that asks for MQTT over WebSocket, with lines changed or taken out (null). */
export function upgradeRequest(path = '/mqtt', changes: Record<string, string | null> = {}): string {
  const lines: Record<string, string | null> = {
    Host: 'relay',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    'Sec-WebSocket-Protocol': 'mqtt',
    ...changes,
  };
  const head = Object.entries(lines).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]));
  return `GET ${path} HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n`;
}

export const OPCODE = { continued: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A client's frame (RFC 6455, 5.2). `announced`: a length that is not the payload's. */
export function clientFrame(
  payload: Buffer,
  { opcode = OPCODE.binary, last = true, announced = payload.length }: Partial<FrameOptions> = {},
): Buffer {
  const first = (last ? 0x80 : 0) | opcode;
  const mask = randomBytes(4);
  const masked = payload.map((byte, at) => byte ^ mask[at % 4]!);
  let length: Buffer;
  if (announced < 126) length = Buffer.from([0x80 | announced]);
  else if (announced < 65_536) length = Buffer.from([0x80 | 126, announced >> 8, announced & 255]);
  else {
    length = Buffer.alloc(9);
    length[0] = 0x80 | 127;
    length.writeBigUInt64BE(BigInt(announced), 1);
  }
  return Buffer.concat([Buffer.from([first]), length, mask, masked]);
}

interface FrameOptions {
  readonly opcode: number;
  readonly last: boolean;
  readonly announced: number;
}

/** A TLS connection of a host that writes what a test wants. */
export class RawClient {
  readonly socket: TLSSocket;
  received: Buffer = Buffer.alloc(0);
  closed = false;

  private constructor(socket: TLSSocket) {
    this.socket = socket;
    socket.on('data', (bytes) => {
      this.received = Buffer.concat([this.received, bytes]);
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.closed = true;
    });
  }

  static async open(port: number, files: CertificateFiles): Promise<RawClient> {
    const [ca, cert, key] = [files.ca, files.cert, files.key].map((file) => readFileSync(file));
    const socket = connect({ host: '127.0.0.1', port, ca: ca!, cert: cert!, key: key!, minVersion: 'TLSv1.3' });
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve);
      socket.once('error', reject);
    });
    return new RawClient(socket);
  }

  write(bytes: string | Buffer): void {
    this.socket.write(bytes);
  }

  /** The status line that was answered. */
  get status(): string {
    return this.received.toString('latin1').split('\r\n', 1)[0]!;
  }

  /** What came behind the head of the answer. */
  get frames(): Buffer {
    const end = this.received.indexOf('\r\n\r\n');
    return end < 0 ? Buffer.alloc(0) : this.received.subarray(end + 4);
  }

  /** The status of the close frame that came last; null: none came. */
  get closeStatus(): number | null {
    const at = this.frames.lastIndexOf(0x88);
    return at < 0 || this.frames.length < at + 4 ? null : this.frames.readUInt16BE(at + 2);
  }
}
