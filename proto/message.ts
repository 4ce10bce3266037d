/** The messages beside frames and definitions: status up, control and desired configuration down. */

export { type Control, decodeControl, encodeControl, type PressureLevel, type RefusedMessage } from './control.ts';
export { type Desired, decodeDesired, encodeDesired, LOG_LEVELS, type LogLevel } from './desired.ts';
export { type ClassStatus, decodeStatus, encodeStatus, type Status } from './status.ts';
