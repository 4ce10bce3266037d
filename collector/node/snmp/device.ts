/** How a device is spoken to. Secrets are here in the clear: none of it is logged or printed. */
export type Credentials =
  | { readonly version: '2c'; readonly community: string }
  | {
      readonly version: '3';
      readonly user: string;
      /** Null: without authentication. */
      readonly auth: { readonly protocol: AuthProtocol; readonly password: string } | null;
      /** Null: in the clear. */
      readonly privacy: { readonly protocol: PrivacyProtocol; readonly password: string } | null;
      readonly context: string;
    };

export const AUTH_PROTOCOLS = ['md5', 'sha', 'sha224', 'sha256', 'sha384', 'sha512'] as const;
export type AuthProtocol = (typeof AUTH_PROTOCOLS)[number];
/** `aes256`: the key stretched as Cisco does it (Reeder); `aes256b`: as Blumenthal's draft has it. */
export const PRIVACY_PROTOCOLS = ['des', 'aes', 'aes256', 'aes256b'] as const;
export type PrivacyProtocol = (typeof PRIVACY_PROTOCOLS)[number];

/** What one poll may cost at most. */
export interface Budget {
  readonly ms: number;
  /** Requests sent, repeats included. */
  readonly packets: number;
  /** Variables taken. */
  readonly rows: number;
}

/** One device of the table, ready to be polled. Times in ms. */
export interface Device {
  readonly name: string;
  /** A name or an address. */
  readonly host: string;
  readonly port: number;
  readonly credentials: Credentials;
  readonly intervalMs: number;
  /** Its place in the interval. */
  readonly phaseMs: number;
  /** How long an answer is waited for, and how often a question is repeated. */
  readonly timeoutMs: number;
  readonly retries: number;
  readonly maxRepetitions: number;
  readonly budget: Budget;
  /** Names of modules. */
  readonly modules: readonly string[];
  /** Added to each of its series. */
  readonly labels: Readonly<Record<string, string>>;
  /** Answers may come from another address than the one asked. */
  readonly anySource: boolean;
}

/** A value of one series. Labels as [name, value, ...], empty values included. */
export interface Sample {
  readonly name: string;
  readonly labels: readonly string[];
  readonly value: number;
}
