/** Why a connection or a handshake failed, and what to do, by what the system or the TLS library said. */
export interface Reason {
  readonly found: string;
  readonly fix: string;
}

const REASONS: readonly (readonly [RegExp, string, string])[] = [
  [
    /ENOTFOUND|EAI_AGAIN/,
    'the name cannot be resolved',
    'check the name in the configuration, and DNS (getent hosts NAME)',
  ],
  [/ECONNREFUSED/, 'nothing listens there', 'start it, or check address and port in the configuration'],
  [
    /ETIMEDOUT|no answer/,
    'no answer: a firewall drops the packets, or the machine is down',
    'check the route and the firewall for this port',
  ],
  [/EHOSTUNREACH|ENETUNREACH/, 'there is no route to it', 'check the network and the address'],
  [/CERT_HAS_EXPIRED/, "the other end's certificate has run out", 'renew it there: heliograph ca issue'],
  [
    /CERT_NOT_YET_VALID/,
    "the other end's certificate is not valid yet by the clock here",
    'compare the clocks of both machines',
  ],
  [
    /ALTNAME_INVALID/,
    "the other end's certificate does not have this name or address",
    'issue it anew there with --host and this name or address, or use in the configuration a name that it has',
  ],
  [
    /SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|CERT_SIGNATURE|CERT_UNTRUSTED/,
    "the other end's certificate was issued by another authority than the one in our ca.pem",
    'put the same ca.pem on both ends (two authorities may stand in one file)',
  ],
  [
    /UNKNOWN_CA|unknown ca/i,
    'the other end does not trust our authority',
    'put the authority that issued our certificate into its ca.pem',
  ],
  [
    /CERTIFICATE_EXPIRED|certificate expired/i,
    'the other end says that our certificate has run out',
    'renew it: heliograph ca issue; compare the clocks too',
  ],
  [
    /CERTIFICATE_REQUIRED|certificate required/i,
    'the other end wants a client certificate and got none',
    'set tls.cert and tls.key',
  ],
  [
    /BAD_CERTIFICATE|CERTIFICATE_REVOKED|CERTIFICATE_UNKNOWN|DECRYPT_ERROR|bad certificate/i,
    'the other end refuses our certificate',
    'see its log; issue ours anew',
  ],
  [
    /WRONG_VERSION|UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION/i,
    'the other end does not speak TLS 1.3 there',
    'is it the right port? A plain or older service answers',
  ],
  [
    /ECONNRESET|EPIPE|socket hang up|closed/,
    'the other end closed the connection',
    'see its log: it may refuse us, be overloaded, or be another program',
  ],
];

/** Words for an error of connect or handshake. */
export function explain(error: string): Reason {
  for (const [pattern, found, fix] of REASONS) if (pattern.test(error)) return { found: `${found} (${error})`, fix };
  return { found: error, fix: 'see the log of the other end' };
}
