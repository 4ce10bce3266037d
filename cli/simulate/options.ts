import { InvalidArgumentError } from 'commander';
import type { RelayMember } from '../../collector/core/uplink/relay-order.ts';
import { addressText } from '../../collector/core/uplink/relay-turns.ts';
import { parseDuration } from '../../lib/config/duration.ts';
import { KINDS, type Kind, type Mix } from '../../simulator/kinds.ts';
import { parseShare } from '../../simulator/share.ts';

/** For commander: a number from 0. */
export function amount(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('write a number, at least 0');
  return value;
}

/** For commander: ms of a duration, at least `least`. */
export function milliseconds(least: number): (text: string) => number {
  return (text) => {
    const value = parseDuration(text);
    if (value === null || value < least)
      throw new InvalidArgumentError(
        `write a duration such as 500ms, 10s or 5m${least > 0 ? `, at least ${least}ms` : ''}`,
      );
    return value;
  };
}

/** For commander: a share of the hosts, from 0 to 1. */
export function shareOption(text: string): number {
  const value = parseShare(text);
  if (value === null) throw new InvalidArgumentError('write a share such as 1%, 0.5% or 100%');
  return value;
}

/** For commander: `web=50,router=10`. */
export function kindsOption(text: string): Mix {
  const mix: Partial<Record<Kind, number>> = {};
  for (const part of text.split(',')) {
    const [name, parts = '1'] = part.trim().split('=');
    const kind = KINDS.find((known) => known === name);
    const value = Number(parts);
    if (!kind || !(value > 0))
      throw new InvalidArgumentError(
        `write kinds with their parts, such as web=50,router=10; kinds: ${KINDS.join(', ')}`,
      );
    mix[kind] = value;
  }
  return mix;
}

/** For commander, which calls it for each: `host:port`, with `=WEIGHT` and `@TIER` behind it where these are not 1. */
export function relayOption(text: string, before: readonly RelayMember[] = []): readonly RelayMember[] {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:\s/=@]+)):(\d{1,5})(?:=(\d+(?:\.\d+)?))?(?:@(\d+))?$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port < 1 || port > 65_535) {
    throw new InvalidArgumentError(
      'write an address such as 127.0.0.1:8883, or 127.0.0.1:8883=2@1 with weight and tier',
    );
  }
  const weight = Number(match[4] ?? 1);
  const tier = Number(match[5] ?? 1);
  if (weight === 0 || tier === 0) throw new InvalidArgumentError('weight and tier are more than 0');
  const relay = { host: match[1] ?? match[2]!, port, weight, tier };
  if (before.some((other) => addressText(other) === addressText(relay))) {
    throw new InvalidArgumentError('name each relay once; =WEIGHT gives it more hosts');
  }
  return [...before, relay];
}

/** For commander: the address of a core. */
export function coreUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new InvalidArgumentError("write a core's address such as http://127.0.0.1:9470");
  return url;
}

/** As a host's certificate may be named, with a number behind it. */
export function prefix(text: string): string {
  if (!/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/.test(text))
    throw new InvalidArgumentError('give small letters, digits and dashes, 40 at most, such as demo');
  return text;
}
