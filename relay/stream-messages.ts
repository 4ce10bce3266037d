/** The messages of proto/ingest.proto as the loader makes them: camel case, numbers for 64-bit fields, Buffers for bytes. */
export interface HostState {
  host: string;
  connected: boolean;
  since: number;
  reason: string;
  status: Uint8Array;
  clockSkewMs: number;
  connection: number;
}

export type FromRelay =
  | {
      hello: {
        version: number;
        relay: string;
        site: string;
        boot: string;
        software: string;
        worker?: number;
        workers?: number;
        grantsSince?: number;
      };
    }
  | { block: { id: number; class: number; lane: number; frames: number; items: number; payload: Uint8Array } }
  | { definition: { hash: Uint8Array; content: Uint8Array; host: string } }
  | { fleet: { whole: boolean; hosts: HostState[] } }
  | { ledger: { ledger: Uint8Array } }
  | { heldOrders: { version: number; counts: boolean; trouble: string } }
  | { orderNeeds: { needs: Uint8Array } };

/** One of the fields is set. */
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
