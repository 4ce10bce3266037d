/** Who reads events for alerts, beside the indexer. */
export const ALERTS_GROUP = 'alerts';
export const EVENTS_TOPIC = 'events';
