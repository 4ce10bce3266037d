/** Where syslog is heard; 0 where it is not. */
export interface SyslogPorts {
  readonly udp: number;
  readonly tcp: number;
  readonly tls: number;
}

/** Where doors listen; 0 where something is not served. */
export interface DoorPorts {
  /** HTTP of the doors. */
  readonly doors: number;
  readonly grpc: number;
  readonly mqttJson: number;
  readonly syslog: SyslogPorts;
}

/** Where a relay is heard; 0 where something is not served. */
export interface RelayAddresses extends DoorPorts {
  readonly mqtt: number;
  readonly websocket: number;
  readonly http: number;
}

/** Where no door is open. */
export const NO_DOORS: DoorPorts = { doors: 0, grpc: 0, mqttJson: 0, syslog: { udp: 0, tcp: 0, tls: 0 } };
