import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../lib/config/duration.ts';

/** For commander: ms of `500ms`, `10s`, `1h30m`. */
export function durationOption(text: string): number {
  const ms = parseDuration(text);
  if (ms === null || ms <= 0) throw new InvalidArgumentError('write a duration such as 30s, 10m, 1h30m or 7d');
  return ms;
}

/** For commander: a whole number of at least 1. */
export function countOption(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1_000_000_000)
    throw new InvalidArgumentError('write a whole number, at least 1');
  return value;
}

/** For commander: a whole number within bounds, which stand in the message. */
export function wholeOption(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`write a whole number from ${least} to ${most}`);
    return value;
  };
}

/** For commander: ms of an RFC 3339 time, of a local time without a zone, of Unix seconds, of `now`, or of a duration: so long ago. */
export function timeOption(text: string): number {
  if (text === 'now') return Date.now();
  const ago = parseDuration(text.replace(/^-| ago$/g, ''));
  if (ago !== null) return Date.now() - ago;
  const ms = /^\d+(\.\d+)?$/.test(text) ? Math.round(Number(text) * 1000) : Date.parse(text);
  if (Number.isFinite(ms) && /^\d/.test(text)) return ms;
  throw new InvalidArgumentError('write a time such as 2026-11-23T14:30:00Z, 1795530600, or 10m for ten minutes ago');
}
