import { HeliographError } from '../../../lib/errors.ts';

/** What brokers call it when we are not let in, or not let near a topic or group. */
const LOGIN = /^(SASL_AUTHENTICATION_FAILED|ILLEGAL_SASL_STATE|UNSUPPORTED_SASL_MECHANISM|.*_AUTHORIZATION_FAILED)$/;
/** What somebody must change at the brokers. */
const SETTING: Readonly<Record<string, string>> = {
  MESSAGE_TOO_LARGE: 'raise max.message.bytes of the topic to messageBytes of the configuration',
  RECORD_LIST_TOO_LARGE: 'raise max.message.bytes of the topic to messageBytes of the configuration',
  INVALID_REPLICATION_FACTOR: 'there are fewer brokers than "replicas" says',
  POLICY_VIOLATION: 'a policy of the brokers forbids it',
};
/** What TLS says of certificates, ours or theirs. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ALERT|ALTNAME|HANDSHAKE_FAILURE/;
/** What TLS says of something that does not speak it. */
const NO_TLS = /WRONG_VERSION_NUMBER|PACKET_LENGTH|UNKNOWN_PROTOCOL|ERR_SSL_(?!.*ALERT)/;

interface Told {
  readonly name?: string;
  readonly type?: string;
  readonly code?: string | number;
  readonly cause?: unknown;
  /** Of an error that stands for several: one for each topic that was to be made. */
  readonly errors?: readonly unknown[];
}

/** kafkajs wraps errors in errors; the innermost says what it was. */
export function rootOf(error: unknown): unknown {
  let root = error;
  for (let depth = 0; depth < 10; depth++) {
    const { cause, errors } = (root ?? {}) as Told;
    const inner = cause ?? errors?.[0];
    if (inner === undefined || inner === null) break;
    root = inner;
  }
  return root;
}

/** What a request ran into, as one of ours. */
export function engineError(engine: string, error: unknown): HeliographError {
  if (error instanceof HeliographError) return error;
  const root = rootOf(error);
  const { name = '', type = '', code = '' } = (root ?? {}) as Told;
  const said = `${engine}: ${root instanceof Error ? root.message : String(root)}`;
  const facts = { type: type || name };
  if (name === 'KafkaJSSASLAuthenticationError' || LOGIN.test(type)) {
    const fix = 'see sasl and tls of the configuration, and the brokers’ access list';
    return new HeliographError('HG_ENGINE_LOGIN', `${said}; ${fix}`, facts, error);
  }
  if (Object.hasOwn(SETTING, type)) {
    return new HeliographError('HG_ENGINE_SETTING', `${said}; ${SETTING[type]}`, facts, error);
  }
  const words = String(code);
  if (NO_TLS.test(words)) {
    return new HeliographError('HG_ENGINE_ADDRESS', `${said}; that listener does not speak TLS`, facts, error);
  }
  if (CERTIFICATE.test(words)) {
    const fix = 'see ca, cert and key under tls of the configuration';
    return new HeliographError('HG_ENGINE_LOGIN', `${said}; ${fix}`, facts, error);
  }
  return new HeliographError('HG_ENGINE_DOWN', said, facts, error);
}

/** Whether it was that no connection could be made. */
export function isUnreachable(error: unknown): boolean {
  return ((rootOf(error) ?? {}) as Told).name === 'KafkaJSConnectionError';
}
