import { type ErrorCode, HeliographError } from '../../../lib/errors.ts';
import type { Device } from './device.ts';
import type { Traffic } from './socket.ts';

/** Names of counters and labels for what went wrong. */
export const REASONS: Readonly<Partial<Record<ErrorCode, string>>> = {
  HG_SNMP_TIMEOUT: 'timeout',
  HG_SNMP_UNREACHABLE: 'unreachable',
  HG_SNMP_NAME: 'name',
  HG_SNMP_AUTH: 'auth',
  HG_SNMP_CLOCK: 'clock',
  HG_SNMP_ENGINE: 'engine',
  HG_SNMP_ANSWER: 'answer',
  HG_SNMP_LOOP: 'loop',
  HG_SNMP_STATUS: 'status',
  HG_SNMP_BUDGET: 'budget',
};

export function reasonOf(error: HeliographError): string {
  return REASONS[error.code] ?? 'defect';
}

/** An error of the table about a device: who, where, what, and what to do. */
export function failure(code: ErrorCode, device: Device, detail: string, cause?: unknown): HeliographError {
  const where = `${device.name} (${device.host}:${device.port})`;
  return new HeliographError(code, `${where}: ${detail}`, { device: device.name, host: device.host }, cause);
}

/** What an error of the net-snmp package or of a socket means. The package's own is not kept as the cause: it holds the user with the passwords. */
export function snmpFailure(device: Device, error: unknown, traffic: Traffic): HeliographError {
  if (error instanceof HeliographError) return error;
  const { name, message, code } = error as NodeJS.ErrnoException & { code?: string | number };
  if (name === 'RequestTimedOutError') return timedOut(device, traffic);
  if (name === 'RequestFailedError')
    return failure('HG_SNMP_STATUS', device, `it answers ${message}${hintOf(message)}`);
  if (name === 'ResponseInvalidError') return invalidAnswer(device, message);
  if (code === 'ECONNREFUSED') {
    return failure('HG_SNMP_UNREACHABLE', device, 'nobody listens at that port; is an SNMP agent running there?');
  }
  if (code === 'FLOOD')
    return failure('HG_SNMP_ANSWER', device, `${message}: ${traffic.received} datagrams for ${traffic.sent} requests`);
  if (typeof code === 'string') {
    return failure('HG_SNMP_UNREACHABLE', device, `the way there does not work (${code}); check address and route`);
  }
  return failure('HG_SNMP_ANSWER', device, `its answer cannot be used: ${message}`);
}

function hintOf(status: string): string {
  return /authorization|noaccess/i.test(status)
    ? '; its access rules do not let these credentials, at their level, see that'
    : '';
}

function timedOut(device: Device, traffic: Traffic): HeliographError {
  if (traffic.malformed > 0) {
    return failure('HG_SNMP_ANSWER', device, `${traffic.malformed} of its answers are torn or no SNMP`);
  }
  if (traffic.received === 1 && device.credentials.version === '3') {
    const detail =
      'it named its engine and then said nothing, as devices do to a wrong password or protocol of privacy';
    return failure('HG_SNMP_TIMEOUT', device, detail);
  }
  if (traffic.received > 0) {
    const detail = `it stopped answering after ${traffic.received} answers to ${traffic.sent} requests; a lower maxRepetitions or a longer timeout may help`;
    return failure('HG_SNMP_TIMEOUT', device, detail);
  }
  const waited = `nothing came to ${traffic.sent} requests of ${device.timeoutMs} ms each`;
  const hint =
    device.credentials.version === '2c'
      ? 'check address, firewall and the access list of the device; to a wrong community devices say nothing'
      : 'check address, firewall and the access list of the device';
  return failure('HG_SNMP_TIMEOUT', device, `${waited}; ${hint}`);
}

/** By the words of the package: it has one code for most of what RFC 3414 tells apart. */
function invalidAnswer(device: Device, message: string): HeliographError {
  if (/time window/i.test(message)) {
    return failure(
      'HG_SNMP_CLOCK',
      device,
      'its engine time and ours differ by more than 150 s, or its boot counter went back',
    );
  }
  if (/unknown user/i.test(message)) return failure('HG_SNMP_AUTH', device, 'it does not know the user');
  if (/wrong digest|authentication digest/i.test(message)) {
    return failure('HG_SNMP_AUTH', device, 'the password or the protocol of authentication is wrong');
  }
  if (/unsupported security/i.test(message)) {
    return failure('HG_SNMP_AUTH', device, 'it does not let the user in at that level (authentication and privacy)');
  }
  if (/decrypt/i.test(message))
    return failure('HG_SNMP_AUTH', device, 'the password or the protocol of privacy is wrong');
  if (/engine|report/i.test(message)) {
    return failure('HG_SNMP_ENGINE', device, 'it reports another engine than the one that it named before');
  }
  return failure(
    'HG_SNMP_ANSWER',
    device,
    `its answer does not belong to the question: ${message.replace(/Community '.*/s, 'another community')}`,
  );
}
