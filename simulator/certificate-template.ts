import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import type { CertifiedKey } from '../lib/certificates/authority.ts';

/** An uncompressed point of P-256: what stands at the end of its public key's DER. */
const POINT_BYTES = 65;
const SERIAL_BYTES = 16;
/** 2.5.4.3 in DER (X.520, clause 6.2.2), and the types of its value: PrintableString, UTF8String (X.690, table 1; RFC 5280, 4.1.2.4). */
const COMMON_NAME = [0x06, 0x03, 0x55, 0x04, 0x03];
const STRINGS = [0x13, 0x0c];

/**
 * Certificates like one that the authority has issued, for other names of the same length: all that differs is put in its place and signed
 * anew. A twentieth of what building each from its parts costs, and ten thousand are needed.
 */
export class CertificateTemplate {
  readonly name: string;
  readonly #signed: Buffer;
  readonly #algorithm: Buffer;
  readonly #places: {
    readonly serial: number;
    readonly name: number;
    readonly point: number;
    readonly identifier: number;
  };
  readonly #authority: KeyObject;

  /**
   * @param model certificate of `name`, PEM
   * @param authorityKey PEM
   * @throws Error when the model's parts are not each there once
   */
  constructor(name: string, model: string, authorityKey: string) {
    const certificate = new X509Certificate(model);
    const der = certificate.raw;
    this.name = name;
    const outer = headOf(der, 0);
    const signed = headOf(der, outer.content);
    this.#signed = der.subarray(outer.content, signed.end);
    this.#algorithm = der.subarray(signed.end, headOf(der, signed.end).end);
    const point = pointOf(certificate.publicKey);
    const identifier = createHash('sha1').update(point).digest();
    this.#places = {
      serial: this.#find(Buffer.from(certificate.serialNumber, 'hex')),
      name: this.#findName(name),
      point: this.#find(point),
      identifier: this.#find(identifier),
    };
    this.#authority = createPrivateKey(authorityKey);
  }

  /** A new key and its certificate. @throws Error for a name of another length */
  certify(name: string): CertifiedKey {
    if (name.length !== this.name.length) throw new Error(`${name} is not as long as ${this.name}`);
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const signed = Buffer.from(this.#signed);
    const point = pointOf(publicKey);
    const serial = randomBytes(SERIAL_BYTES);
    // Positive, and none is short.
    serial[0] = (serial[0]! & 0x7f) | 0x40;
    serial.copy(signed, this.#places.serial);
    signed.write(name, this.#places.name);
    point.copy(signed, this.#places.point);
    createHash('sha1').update(point).digest().copy(signed, this.#places.identifier);
    const signature = sign('sha256', signed, this.#authority);
    const bits = Buffer.concat([Buffer.from([0x03]), lengthOf(signature.length + 1), Buffer.from([0]), signature]);
    const content = Buffer.concat([signed, this.#algorithm, bits]);
    const der = Buffer.concat([Buffer.from([0x30]), lengthOf(content.length), content]);
    return { cert: pem(der), key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
  }

  /** As the common name: a short one by itself may stand in the key or the serial number by chance, `h0` in one certificate of two hundred. */
  #findName(name: string): number {
    const text = Buffer.from(name);
    const asType = (type: number) => Buffer.concat([Buffer.from([...COMMON_NAME, type, text.length]), text]);
    const all = STRINGS.map(asType).find((bytes) => this.#signed.includes(bytes));
    return this.#find(all ?? text) + (all ? all.length - text.length : 0);
  }

  #find(bytes: Buffer): number {
    const at = this.#signed.indexOf(bytes);
    if (at < 0 || this.#signed.indexOf(bytes, at + 1) >= 0) throw new Error('a part of the model is not there once');
    return at;
  }
}

function pointOf(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' }).subarray(-POINT_BYTES);
}

/** Where the content of a DER element begins and ends. */
function headOf(der: Buffer, at: number): { content: number; end: number } {
  const first = der[at + 1]!;
  if (first < 0x80) return { content: at + 2, end: at + 2 + first };
  const count = first & 0x7f;
  const content = at + 2 + count;
  return { content, end: content + der.readUIntBE(at + 2, count) };
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  if (length < 0x100) return Buffer.from([0x81, length]);
  return Buffer.from([0x82, length >> 8, length & 0xff]);
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g)!;
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
