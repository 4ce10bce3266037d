/** Where a relay is heard; 0 where something is not served. */
export interface RelayAddresses {
  readonly mqtt: number;
  readonly websocket: number;
  /** HTTP of the doors. */
  readonly doors: number;
  readonly syslog: SyslogPorts;
  readonly http: number;
}

/** Where syslog is heard; 0 where it is not. */
export interface SyslogPorts {
  readonly udp: number;
  readonly tcp: number;
  readonly tls: number;
}

const NO_SYSLOG: SyslogPorts = { udp: 0, tcp: 0, tls: 0 };

/** The ports of the door for collectors and of the other doors, where they are open. */
export function portsOf(
  door: { readonly port: number; readonly websocket: number } | null,
  doors: { readonly http: number; readonly syslog: SyslogPorts | null } | null,
): Omit<RelayAddresses, 'http'> {
  return {
    mqtt: door?.port ?? 0,
    websocket: door?.websocket ?? 0,
    doors: doors?.http ?? 0,
    syslog: doors?.syslog ?? NO_SYSLOG,
  };
}
