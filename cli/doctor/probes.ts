import { connect as connectHttp2 } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { type Check, fail } from './check.ts';
import { answerOf } from './handshake.ts';
import { explain } from './reason.ts';

const PATIENCE_MS = 5000;
const NOTHING = '/heliograph.ingest.v1.Ingest/Doctor';
const UNIMPLEMENTED = '12';
/** The name that a relay refuses; it stands in its log. */
export const PROBE_NAME = 'heliograph-doctor';

/**
 * Asks a relay whether it takes our certificate, without taking the place of the collector that may be connected: a CONNECT
 * under a name that is not the certificate's is refused for that name only if certificate and deny list are in order.
 */
export async function probeRelay(what: string, socket: TLSSocket): Promise<Check | null> {
  socket.write(connectPacket(PROBE_NAME));
  const answer = await answerOf(socket, PATIENCE_MS);
  if (typeof answer === 'string') {
    return afterHandshake(what, answer);
  }
  if (answer === null)
    return fail(what, 'it does not answer after the handshake', 'is it a relay of this project? See its log');
  if (answer[0] !== 0x20 || answer.length < 4) {
    return fail(
      what,
      'what answers there is no MQTT server',
      'check address and port: collectors connect to mqtt.listen',
    );
  }
  // Identifier rejected: all that comes before it was good.
  if (answer[3] === 2) return null;
  const fix = "see the relay's log (connection refused); issue our certificate anew";
  return fail(what, 'the relay refuses our certificate: it is on its deny list, or has run out by its clock', fix);
}

/** An MQTT 3.1.1 CONNECT with a clean session. */
function connectPacket(clientId: string): Buffer {
  const id = Buffer.from(clientId);
  const body = Buffer.concat([Buffer.from([0, 4]), Buffer.from('MQTT'), Buffer.from([4, 2, 0, 10, 0, id.length]), id]);
  return Buffer.concat([Buffer.from([0x10, body.length]), body]);
}

/**
 * Asks a core for something that it does not have. It says so to whoever got through TLS with a good certificate. (A stream of
 * its own would take the place of the relay's; whether the certificate is on the core's deny list only that would tell.)
 */
export function probeCore(what: string, socket: TLSSocket): Promise<Check | null> {
  if (socket.alpnProtocol !== 'h2') {
    const fix = 'check address and port: relays connect to ingest.listen of a core';
    return Promise.resolve(fail(what, 'what answers there does not speak gRPC', fix));
  }
  return new Promise((resolve) => {
    const session = connectHttp2('https://core', { createConnection: () => socket });
    const done = (check: Check | null) => {
      clearTimeout(late);
      session.destroy();
      resolve(check);
    };
    const broken = (error: Error) => done(afterHandshake(what, error.message));
    const late = setTimeout(() => broken(new Error('no answer')), PATIENCE_MS);
    session.once('error', broken);
    session.once('close', () => broken(new Error('closed')));
    const stream = session.request({
      ':method': 'POST',
      ':path': NOTHING,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    stream.on('error', broken);
    stream.once('response', (headers) => {
      const status = String(headers['grpc-status'] ?? '');
      if (status === UNIMPLEMENTED) return done(null);
      const why = decodeURIComponent(String(headers['grpc-message'] ?? `HTTP status ${String(headers[':status'])}`));
      done(
        fail(what, `what answers there is no core: ${why}`, 'check address and port: relays connect to ingest.listen'),
      );
    });
    stream.end();
  });
}

/** With TLS 1.3 a client learns only after the handshake that it is not wanted, and from some servers only by the end. */
function afterHandshake(what: string, error: string): Check {
  if (/closed|ECONNRESET|EPIPE|socket hang up/.test(error)) {
    const fix =
      'issue it by the authority in its ca.pem, with the right role, within its dates; its log has the reason';
    return fail(what, 'closed right after the handshake, as by one that does not accept our certificate', fix);
  }
  const { found, fix } = explain(error);
  return fail(what, `after the handshake ${found}`, fix);
}
