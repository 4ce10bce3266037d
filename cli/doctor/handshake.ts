import { readFileSync } from 'node:fs';
import { isIP, type Socket } from 'node:net';
import { connect, type PeerCertificate, type TLSSocket } from 'node:tls';
import { HeliographError } from '../../lib/errors.ts';
import { spanText } from '../terminal/text.ts';
import type { CertificatePaths } from './certificate.ts';
import { type Check, fail, ok, systemReason, warn } from './check.ts';
import { explain } from './reason.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** How long the other end may take for one step. */
const PATIENCE_MS = 5000;
const SOON_MS = 10 * 86_400_000;

/** A real TLS 1.3 handshake with our certificate; then `probe` finds out whether the other end takes us. */
export async function checkHandshake(
  what: string,
  at: Address,
  tls: CertificatePaths,
  options: {
    readonly role: string;
    readonly alpn?: string;
    /** The way there, where a proxy is on it. */
    readonly tunnel?: (signal: AbortSignal) => Promise<Socket>;
    readonly probe: (socket: TLSSocket) => Promise<Check | null>;
  },
): Promise<Check> {
  let files: { ca: Buffer; cert: Buffer; key: Buffer };
  try {
    files = { ca: readFileSync(tls.ca), cert: readFileSync(tls.cert), key: readFileSync(tls.key) };
  } catch (error) {
    return fail(what, `not tried: ${systemReason(error)}`, 'see the certificate above');
  }
  const began = performance.now();
  let socket: TLSSocket;
  try {
    const below = options.tunnel && (await inTime(options.tunnel));
    socket = await open(at, files, options.alpn, below);
  } catch (error) {
    if (error instanceof HeliographError) return fail(what, error.message, 'docs/errors.md says more of the code');
    const { found, fix } = explain(codeOf(error));
    return fail(what, found, fix);
  }
  try {
    const took = performance.now() - began;
    const refused = judge(what, socket, options.role);
    if (refused) return refused;
    const probed = await options.probe(socket);
    if (probed) return probed;
    const certificate = socket.getPeerCertificate();
    const left = Date.parse(certificate.valid_to) - Date.now();
    const found = `${socket.getProtocol()} with "${certificate.subject.CN}" in ${Math.round(took)} ms; it takes our certificate; its own is good for ${spanText(left)}`;
    return left < SOON_MS ? warn(what, found, 'renew its certificate there: heliograph ca issue') : ok(what, found);
  } finally {
    socket.destroy();
  }
}

async function inTime(tunnel: (signal: AbortSignal) => Promise<Socket>): Promise<Socket> {
  const giveUp = new AbortController();
  const late = setTimeout(() => giveUp.abort(new Error('no answer')), PATIENCE_MS);
  try {
    return await tunnel(giveUp.signal);
  } finally {
    clearTimeout(late);
  }
}

function open(
  at: Address,
  files: { ca: Buffer; cert: Buffer; key: Buffer },
  alpn?: string,
  below?: Socket,
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    let socket: TLSSocket;
    try {
      socket = connect({
        ...(below ? { socket: below } : { port: at.port }),
        ...files,
        // Looked at afterwards, so that it can be said what is wrong with it.
        rejectUnauthorized: false,
        minVersion: 'TLSv1.3',
        servername: isIP(at.host) ? '' : at.host,
        // Against which the certificate is held; a socket that is given has no name.
        host: at.host,
        ...(alpn ? { ALPNProtocols: [alpn] } : {}),
      });
    } catch (error) {
      // A key that is not the certificate's is found before anything is sent.
      reject(error);
      return;
    }
    const timer = setTimeout(() => socket.destroy(new Error('no answer')), PATIENCE_MS);
    socket.once('secureConnect', () => {
      clearTimeout(timer);
      socket.off('error', reject);
      // Whoever reads next hears of it by the close.
      socket.on('error', () => undefined);
      resolve(socket);
    });
    socket.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    socket.once('close', () => reject(new Error('closed')));
  });
}

/** The other end's certificate: the authority's, with this name, of the right role. */
function judge(what: string, socket: TLSSocket, role: string): Check | null {
  const certificate: PeerCertificate | null = socket.getPeerCertificate();
  if (!socket.authorized) {
    const { found, fix } = explain(codeOf(socket.authorizationError));
    const who = certificate?.subject?.CN
      ? `; it is "${certificate.subject.CN}", ${certificate.subjectaltname ?? 'without names'}`
      : '';
    return fail(what, `${found}${who}`, fix);
  }
  const unit = certificate.subject.OU;
  if (unit !== undefined && unit !== role) {
    return fail(
      what,
      `the certificate there is one for a ${String(unit)}`,
      `is it the right port? A ${role} should be there`,
    );
  }
  return null;
}

/** The code where there is one: the message of a TLS error repeats it and much more. */
export function codeOf(error: unknown): string {
  if (typeof error === 'string') return error;
  const { code, message } = error as { code?: string; message?: string };
  return code && code !== 'ERR_SSL_TLS_ALERT' ? code : (message ?? String(error));
}

/** Waits for bytes, an error or the end. */
export function answerOf(socket: TLSSocket, patienceMs: number): Promise<Buffer | string | null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), patienceMs);
    const done = (answer: Buffer | string) => {
      clearTimeout(timer);
      resolve(answer);
    };
    socket.once('data', done);
    socket.once('error', (error) => done(codeOf(error)));
    socket.once('close', () => done('closed'));
  });
}
