/** The messages beside frames and definitions: status up, control and desired configuration down. */

export { type Control, decodeControl, encodeControl, type PressureLevel, type RefusedMessage } from './control.ts';
export {
  type Desired,
  decodeDesired,
  encodeDesired,
  type LevelWish,
  LOG_LEVELS,
  type LogLevel,
  wishesOfDesired,
} from './desired.ts';
export { type ClassStatus, decodeStatus, encodeStatus, type Status } from './status.ts';
