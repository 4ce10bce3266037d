/** The messages of proto/ingest.proto as proto-loader gives them (camel case, numbers for 64-bit fields, Buffers for bytes). */
export interface Hello {
  version: number;
  relay: string;
  site: string;
  boot: string;
  software: string;
  worker: number;
  workers: number;
  grantsSince: number;
}

export interface BlockMessage {
  id: number;
  class: number;
  lane: number;
  frames: number;
  items: number;
  payload: Uint8Array;
}

export interface DefinitionMessage {
  hash: Uint8Array;
  content: Uint8Array;
  host: string;
}

export interface HostStateMessage {
  host: string;
  connected: boolean;
  since: number;
  reason: string;
  status: Uint8Array;
  clockSkewMs: number;
  connection: number;
}

export interface FleetReport {
  whole: boolean;
  hosts: HostStateMessage[];
}

export interface FromRelay {
  message?: 'hello' | 'block' | 'definition' | 'fleet' | 'ledger' | 'heldOrders' | 'orderNeeds';
  hello?: Hello;
  block?: BlockMessage;
  definition?: DefinitionMessage;
  fleet?: FleetReport;
  ledger?: { ledger: Uint8Array };
  heldOrders?: { version: number; counts: boolean; trouble: string };
  orderNeeds?: { needs: Uint8Array };
}

export interface FromCore {
  welcome?: { version: number; core: string; time: number; sketches: number };
  acknowledged?: { ids: number[] };
  refused?: { id: number; code: string; message: string; retryAfterMs: number };
  need?: { hashes: Uint8Array[] };
  desired?: { host: string; document: Uint8Array };
  pressure?: { class: number; level: number };
  orders?: { list: Uint8Array };
  orderParts?: { parts: Uint8Array };
}
