/**
 * The classes of data, most important first; the index is the number on the wire. Each class has its own frames,
 * sequence, segment chain, cursor, blocks and in-flight window, so none can hold another back.
 * alert: events and edge alerts; error: error and fatal lines; log: info, warning and unlevelled lines; debug: debug and trace.
 */
export const DATA_CLASSES = ['alert', 'metric', 'error', 'log', 'debug'] as const;

export type DataClass = (typeof DATA_CLASSES)[number];

/** What a full chain does: refuse new data until there is room, or give up its oldest segment. */
export const CAP_POLICY: Readonly<Record<DataClass, 'push-back' | 'drop-oldest'>> = {
  alert: 'push-back',
  metric: 'drop-oldest',
  error: 'push-back',
  log: 'drop-oldest',
  debug: 'drop-oldest',
};
