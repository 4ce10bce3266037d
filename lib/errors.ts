/**
 * The one table of error codes. Each code says what is wrong in words a reader at night understands;
 * docs/errors.md says what it means and how to solve it, and a test holds both against each other.
 * Engine-neutral: no Node types here, the collector's core uses it too.
 */
export const ERRORS = {
  // configuration and command line
  HG_CONFIG_FILE: 'The configuration file cannot be read',
  HG_CONFIG_SYNTAX: 'The configuration file is not valid YAML',
  HG_CONFIG_KEY: 'The configuration has a key that is not known',
  HG_CONFIG_VALUE: 'The configuration has a value that is not allowed',
  HG_PORT_TAKEN: 'The port is taken by another program',
  HG_PORT_RIGHT: 'This user may not listen at that port',
  HG_PEER: 'Another process of this core does not answer as it should',
  HG_START_NEEDS: 'What an engine needs is not on this machine',
  HG_START_ENGINE: 'An engine did not start',
  HG_CORE_UNREACHABLE: 'No core answers at that address',
  HG_CORE_ANSWER: 'The core refused what was asked',
  HG_RELAY_UNREACHABLE: 'No relay answers at that address',
  HG_RELAY_ANSWER: 'The relay refused what was asked',
  // certificates
  HG_CERT_FILE: 'A certificate or key file cannot be read',
  HG_CERT_NAME: 'The name cannot stand in a certificate',
  HG_CERT_UNKNOWN: 'No certificate of that name was issued here',
  // wire (proto/)
  HG_WIRE_VERSION: 'The bytes are of a version this program does not read',
  HG_WIRE_TORN: 'The bytes end too early or go on after the end',
  HG_WIRE_MALFORMED: 'The bytes do not have the form they should have',
  HG_WIRE_LIMIT: 'A length or count in the bytes is over the limit',
  HG_WIRE_COMPRESSION: 'The compressed part cannot be unpacked',
  HG_WIRE_VALUE: 'A value cannot be written in the wire format',
  HG_WIRE_LABEL: 'A page has a label it must not have, or its series are not in order',
  HG_WIRE_SKETCH: 'A sketch of values does not agree with itself',
  HG_FRAME_DEFINITION: 'The frame names a definition that is not known here',
  HG_FRAME_BASE: 'The frame names a base row of another page',
  HG_FRAME_COUNT: 'The frame holds another number of items than it says',
  // collector
  HG_COLLECTOR_DISK: 'A file of the collector cannot be read or written',
  HG_COLLECTOR_SPOOL_RECORD: 'A record of the spool cannot be understood',
  HG_COLLECTOR_LOG_SOURCE: 'A source of log lines cannot be read, or a part of it',
  HG_COLLECTOR_NAME: 'The name does not agree with the certificate',
  HG_COLLECTOR_WEBSOCKET: 'What answers for the relay is no WebSocket',
  HG_PROXY_SETTING: 'The proxy of the environment cannot be used',
  HG_PROXY_UNREACHABLE: 'The proxy does not answer',
  HG_PROXY_ANSWER: 'What answers at the address of the proxy is no HTTP proxy',
  HG_PROXY_LOGIN: 'The proxy does not know who we are',
  HG_PROXY_REFUSED: 'The proxy does not connect us with the relay',
  // queries (core/promql)
  HG_QUERY_SYNTAX: 'The query is not valid PromQL',
  HG_QUERY_TYPE: 'An expression of the query has another type than its place needs',
  HG_QUERY_REGEX: 'A regular expression of the query is not valid RE2',
  HG_QUERY_RANGE: 'The times of the query do not make a range',
  HG_QUERY_LIMIT: 'The query is larger than a query may be',
  HG_QUERY_TIMEOUT: 'The query took longer than a query may take',
  HG_QUERY_CANCELED: 'The query was given up before it had an answer',
  HG_QUERY_MEMORY: 'The query needed more memory than a query may have',
  HG_QUERY_EXECUTION: 'The query does not fit the data it met',
  HG_QUERY_TIER: 'The query cannot be answered from the windows that are left of that time',
  // journal, bus, objects
  HG_JOURNAL_FULL: 'The journal is full and pushes back',
  HG_JOURNAL_DISK: 'The disk of the journal refused to read or write',
  HG_JOURNAL_RECORD: 'The record is larger than the journal can hold',
  HG_JOURNAL_CLOSED: 'The journal is closed',
  HG_JOURNAL_CHAIN: 'The journal has no chain or reader of that name',
  HG_JOURNAL_NONE: 'There is no journal in that folder',
  HG_JOURNAL_OWNER: 'The journal is in use by another process',
  HG_BUS_POSITION: 'The position is not one that the bus gave',
  HG_BUS_DAMAGED: 'Records of the bus cannot be read any more and were passed over',
  HG_BUS_RECORD: 'A record of the bus cannot be understood',
  HG_OBJECT_KEY: 'The key cannot name an object',
  HG_OBJECT_DISK: 'The object cannot be read or written',
  HG_OBJECT_RECORD: 'The object of dead letters cannot be understood',
  // embedded stores
  HG_STORE_DISK: 'An embedded store could not write to its disk',
  HG_STORE_WORKER: 'An embedded store met an error it does not know',
  HG_STORE_VERSION: 'A file of an embedded store has a form that this program does not know',
  HG_STORE_DAMAGED: 'A database file of the core is damaged',
  HG_STORE_LOCKED: 'Another process uses this data directory',
  HG_STORE_CLOSED: 'The embedded store is closed',
  HG_METRIC_RESTORE: 'The metric store in use is not the one that refused the series',
  HG_LOG_RESTORE: 'The log store in use is not the one that refused the lines',
  HG_LOG_QUERY: 'The log search is not valid',
  HG_LOG_QUERY_TIMEOUT: 'The log search took longer than a search may take',
  // engines in place of the embedded stores (core/engines)
  HG_ENGINE_ADDRESS: 'What answers at the address is not the engine it should be',
  HG_ENGINE_LOGIN: 'The engine does not let us in',
  HG_ENGINE_VERSION: 'The engine is of a version that cannot be used',
  HG_ENGINE_SETTING: 'The engine is set up in a way that would lose or alter data',
  HG_ENGINE_DOWN: 'The engine does not answer, or says that it cannot work now',
  HG_ENGINE_REFUSED: 'The engine refused what it was given',
  // core (core/gateway, core/fleet, core/api)
  HG_CORE_IDENTITY: 'The certificate does not stand for what the other end says it is',
  HG_CORE_REVOKED: 'The certificate is on the deny list',
  HG_CORE_HELLO: 'The stream did not begin as it must',
  HG_CORE_BLOCK: 'The block is not what its message says',
  HG_CORE_FRAME: 'The frame does not belong where it stands',
  HG_CORE_FAULT: 'The core itself is at fault with this frame',
  HG_CORE_DEFINITION: 'The definition does not have the hash it is named by',
  HG_CORE_BUSY: 'More waits for the stores than may wait',
  HG_CORE_STORE: 'A store cannot take data now',
  HG_CORE_LEDGER: 'An account does not have the form of a ledger',
  HG_CORE_DESIRED: 'What is wanted of a host cannot be wanted',
  HG_ROLLUP_ROOM: 'More windows of roll-ups wait in the core than may wait',
  HG_ROLLUP_LATE: 'A relay sent its part of a window after the window was written',
  HG_ROLLUP_FUTURE: 'A relay sent its part of a window that ends far ahead of the clock',
  HG_ROLLUP_PLAN: 'Two relays have another rule under one name',
  HG_CORE_HTTP_ADDRESS: 'The API would be open to others than this machine',
  HG_CORE_HTTP_HOST: 'The request came under a name that is not ours',
  HG_API_PARAMETER: 'A parameter of the request cannot be used',
  HG_API_TAILS: 'More live tails are open than may be',
  // log pipeline (core/indexer/pipeline)
  HG_PIPELINE_FILE: 'A file that the log pipeline needs cannot be used',
  // relay
  HG_RELAY_IDENTITY: 'The connection was refused: no good certificate, or a client id that is not its name',
  HG_RELAY_TOPIC: 'A collector may publish and subscribe under its own name only',
  HG_RELAY_CLASS: 'The frame is of another class than its topic',
  HG_RELAY_OVERSIZED: 'The message is larger than the limit',
  HG_RELAY_QOS: 'Messages are taken at QoS 0 and 1 only',
  HG_RELAY_QUOTA: 'The host has more definitions in use than one host may have',
  HG_RELAY_WEBSOCKET: 'What came over WebSocket or HTTP is not MQTT as it is served there',
  HG_RELAY_HUNG: 'A worker of the relay hangs and is ended',
  HG_RELAY_RULE: 'A rule asks for what a relay does not evaluate',
  HG_RELAY_DEFECT: 'A message could not be handled because of a defect in the relay',
  // doors (lib/ingest, lib/tokens, lib/doors, core/gateway/doors): whole requests
  HG_DOOR_TYPE: 'The door does not take that content type',
  HG_DOOR_ENCODING: 'The door does not take that content encoding',
  HG_DOOR_BODY: 'The body is larger than a body may be',
  HG_DOOR_UNPACK: 'The body cannot be unpacked',
  HG_DOOR_DEPTH: 'The document is nested deeper than a document may be',
  HG_DOOR_SYNTAX: 'The body does not have the form it should have',
  HG_DOOR_KEY: 'The idempotency key cannot be used',
  HG_DOOR_TOKEN: 'Neither a token nor a certificate that is good here came with the request',
  HG_DOOR_SCOPE: 'The token is not for this',
  HG_DOOR_RATE: 'The client sends faster than it may',
  HG_DOOR_BUSY: 'More waits at the doors than may wait',
  HG_DOOR_PRESSURE: 'There is no room for lines of that class now',
  HG_MQTT_TOPIC: 'No rule takes messages of that topic',
  HG_MQTT_UNSERVED: 'Devices publish at QoS 0 and 1 and nothing else: no subscription, no retained message, no QoS 2',
  HG_MQTT_PACKET: 'An MQTT packet announced more than a message may have',
  HG_TOKEN_FILE: 'The file of tokens cannot be read or written',
  HG_TOKEN_NAME: 'The token cannot be made or revoked under that name',
  // blocks and caps of series
  HG_LIMITS_ORDER: 'A block or cap of series cannot be given so',
  HG_LIMITS_UNKNOWN: 'There is no such block or cap in force',
  HG_LIMITS_MESSAGE: 'Blocks and caps that another process tells cannot be read',
  // doors: single items of a request, the others are taken
  HG_ITEM_NAME: 'The name is not one that a metric can have',
  HG_ITEM_LABELS: 'The labels are not ones that a series can have',
  HG_ITEM_TIME: 'The time is older than what is kept, or in the future',
  HG_ITEM_VALUE: 'The value is not a number that can be kept',
  HG_ITEM_TEXT: 'The value is a text, and samples are numbers',
  HG_ITEM_KIND: 'The kind of metric is not taken',
  HG_ITEM_DUPLICATE: 'The series has two values for one time',
  HG_ITEM_SERIES_CAP: 'The client has more series than it may have',
  HG_ITEM_BLOCKED: 'The series is blocked',
  HG_ITEM_LINE: 'The line is not one that can be kept',
  HG_ITEM_PRESSURE: 'There is no room for the line now, because of its class',
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** An error with a code of the table, a message for this case, and the facts (path, numbers) that belong to it. */
export class HeliographError extends Error {
  readonly code: ErrorCode;
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, detail: string, facts: Record<string, unknown> = {}, cause?: unknown) {
    super(`${code}: ${ERRORS[code]}: ${detail}`, cause === undefined ? undefined : { cause });
    this.name = 'HeliographError';
    this.code = code;
    this.facts = facts;
  }
}
