/** What this folder uses of the net-snmp package, which brings no types of its own. */
declare module 'net-snmp' {
  import type { RemoteInfo } from 'node:dgram';
  import type { EventEmitter } from 'node:events';

  export interface RawVarbind {
    oid: string;
    type: number;
    value: unknown;
  }

  export interface User {
    readonly name: string;
    readonly level: number;
    readonly authProtocol?: string | undefined;
    readonly authKey?: string | undefined;
    readonly privProtocol?: string | undefined;
    readonly privKey?: string | undefined;
  }

  /** What the package makes its sockets with. */
  export interface DgramModule {
    createSocket(type: string): unknown;
  }

  export interface SessionOptions {
    readonly version?: number;
    readonly port?: number;
    readonly transport?: 'udp4' | 'udp6';
    readonly retries?: number;
    readonly timeout?: number;
    readonly context?: string;
    readonly backwardsGetNexts?: boolean;
    readonly dgramModule?: DgramModule;
  }

  export interface Session extends EventEmitter {
    get(oids: string[], done: (error: Error | null, varbinds: RawVarbind[]) => void): void;
    getBulk(
      oids: string[],
      nonRepeaters: number,
      maxRepetitions: number,
      done: (error: Error | null, varbinds: RawVarbind[][]) => void,
    ): void;
    cancelRequests(error: Error): void;
    close(): void;
  }

  export interface Pdu {
    type: number;
    id: number;
    varbinds: RawVarbind[];
    /** Of a trap of version 1. */
    enterprise?: string;
    agentAddr?: string;
    generic?: number;
    specific?: number;
    upTime?: number;
  }

  export interface Message {
    readonly version: number;
    readonly community?: string;
    readonly user?: User;
    readonly pdu: Pdu;
    readonly msgSecurityParameters?: {
      readonly msgAuthoritativeEngineID: Buffer;
      readonly msgAuthoritativeEngineBoots: number;
      readonly msgAuthoritativeEngineTime: number;
      readonly msgUserName: string;
    };
    hasAuthentication(): unknown;
    toBuffer(): Buffer;
  }

  export interface Receiver {
    readonly listener: { send(message: Message, rinfo: RemoteInfo, socket: unknown): void };
    formatCallbackData: (message: Message, rinfo: RemoteInfo) => unknown;
    getAuthorizer(): { communities: string[]; users: User[] };
    close(done?: () => void): void;
  }

  interface Snmp {
    createSession(target: string, community: string, options: SessionOptions): Session;
    createV3Session(target: string, user: User, options: SessionOptions): Session;
    createReceiver(
      options: {
        readonly port: number;
        readonly address?: string;
        readonly transport?: 'udp4' | 'udp6';
        readonly engineID?: string;
        readonly dgramModule?: DgramModule;
        readonly disableAuthorization?: boolean;
      },
      callback: (error: Error | null, data: unknown) => void,
    ): Receiver;
    readonly Version2c: 1;
    readonly Version3: 3;
    readonly SecurityLevel: Readonly<Record<'noAuthNoPriv' | 'authNoPriv' | 'authPriv', number>>;
    readonly AuthProtocols: Readonly<Record<string, string>>;
    readonly PrivProtocols: Readonly<Record<string, string>>;
    readonly PduType: Readonly<Record<string, number>>;
    readonly ErrorStatus: Readonly<Record<string, number>>;
    /** Keys made of passwords, by password and engine. */
    readonly Authentication: { authToKeyCache: Record<string, Buffer> };
  }

  const snmp: Snmp;
  export default snmp;
}
