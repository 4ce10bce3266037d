import type { Message } from 'net-snmp';
import type { Event, Fact } from '../../../../proto/event.ts';
import { LIMITS } from '../../../../proto/limits.ts';
import { KIND, numberOf, type Varbind } from '../values.ts';
import { trapName, variableName, version1Oid } from './known-traps.ts';

const UP_TIME = '1.3.6.1.2.1.1.3.0';
const TRAP_OID = '1.3.6.1.6.3.1.1.4.1.0';

/** Values of one trap that are kept; the others are counted in the event. */
const MOST_VARIABLES = 32;
const MOST_TEXT = 512;

/** Who sent it. */
export interface TrapSender {
  readonly address: string;
  /** The device of the table that has this address; null: none. */
  readonly device: string | null;
}

/**
 * The event of a trap or inform of any version: `snmp.linkDown` and the like, `snmp.trap` for a vendor's own, about the device, with the OID, the address and the
 * values as facts. Null: it names no trap.
 * @param about `host`: whom the event is about
 * @param mask covers secrets in texts
 */
export function trapEvent(
  message: Message,
  sender: TrapSender,
  about: { readonly time: number; readonly host: string; readonly inform: boolean },
  mask: (text: string) => string,
): Event | null {
  const { pdu } = message;
  const oid = trapOid(message);
  if (oid === null) return null;
  const name = trapName(oid);
  const facts: Record<string, Fact> = {
    'source.address': sender.address,
    ...(sender.device === null ? {} : { device: sender.device }),
    'snmp.trap.oid': oid,
    'snmp.version': ['1', '2c', '', '3'][message.version] ?? '',
    ...(about.inform ? { 'snmp.inform': true } : {}),
    ...(pdu.agentAddr !== undefined && pdu.agentAddr !== sender.address ? { 'snmp.agent': pdu.agentAddr } : {}),
  };
  const upTime = pdu.upTime ?? pdu.varbinds.find((varbind) => varbind.oid === UP_TIME)?.value;
  if (typeof upTime === 'number') facts['snmp.uptime_seconds'] = upTime / 100;
  addVariables(facts, pdu.varbinds, mask);
  return { time: about.time, type: `snmp.${name ?? 'trap'}`, host: about.host, facts };
}

function trapOid({ pdu }: Message): string | null {
  if (pdu.enterprise !== undefined) return version1Oid(pdu.enterprise, pdu.generic ?? 0, pdu.specific ?? 0);
  const value = pdu.varbinds.find((varbind) => varbind.oid === TRAP_OID)?.value;
  return typeof value === 'string' ? value : null;
}

function addVariables(facts: Record<string, Fact>, varbinds: readonly Varbind[], mask: (text: string) => string): void {
  const own = varbinds.filter(({ oid }) => oid !== UP_TIME && oid !== TRAP_OID);
  const room = Math.min(MOST_VARIABLES, LIMITS.facts - Object.keys(facts).length - 1);
  for (const varbind of own.slice(0, room)) {
    const called = variableName(varbind.oid);
    // Of two interfaces in one trap, both.
    const name = called in facts ? varbind.oid : called;
    if (name.length <= LIMITS.nameBytes) facts[name] = factOf(varbind, mask);
  }
  if (own.length > room) facts['snmp.variables_left_out'] = own.length - room;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function factOf(varbind: Varbind, mask: (text: string) => string): Fact {
  const { type, value } = varbind;
  if (typeof value === 'string') return value.slice(0, MOST_TEXT);
  if (Buffer.isBuffer(value) && type === KIND.octets) return octetsText(value, mask);
  const number = numberOf(varbind);
  if (!Number.isNaN(number)) return number;
  return Buffer.isBuffer(value) ? `0x${value.subarray(0, MOST_TEXT / 2).toString('hex')}` : null;
}

/** Text where it is text, hexadecimal where it is not (addresses, bits). Whole texts are masked before they are cut: a half secret is not seen. */
function octetsText(bytes: Buffer, mask: (text: string) => string): string {
  try {
    const text = utf8.decode(bytes);
    if (!/[\u0000-\u0008\u000e-\u001f\u007f]/.test(text)) return mask(text).slice(0, MOST_TEXT);
  } catch {
    // Not UTF-8.
  }
  return `0x${bytes.subarray(0, MOST_TEXT / 2).toString('hex')}`;
}
