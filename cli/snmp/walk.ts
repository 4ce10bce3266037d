import { createNodeHost } from '../../collector/node/host.ts';
import { Names } from '../../collector/node/snmp/names.ts';
import { Session } from '../../collector/node/snmp/session.ts';
import { counter64, isNothing, KIND, numberOf, textOf, type Varbind } from '../../collector/node/snmp/values.ts';
import { Found, walk } from '../../collector/node/snmp/walk.ts';
import { HeliographError } from '../../lib/errors.ts';
import { say } from '../terminal/output.ts';
import { type TargetOptions, targetDevice } from './target.ts';

const KINDS: ReadonlyMap<number, string> = new Map(Object.entries(KIND).map(([name, kind]) => [kind, name]));

/** Prints what a device has below an OID. @throws HeliographError HG_SNMP_*, HG_CONFIG_* */
export async function walkDevice(
  oid: string,
  name: string | undefined,
  options: TargetOptions & { readonly json?: boolean },
): Promise<void> {
  const root = oid.replace(/^\./, '');
  if (!/^\d+(\.\d+)+$/.test(root)) {
    throw new HeliographError('HG_SNMP_DEVICE', `${oid} is no OID: write numbers, such as 1.3.6.1.2.1.1`);
  }
  const device = await targetDevice(name, options);
  const host = createNodeHost();
  const found = new Found(device);
  const session = new Session(host, device, await new Names(host.mono).find(device));
  try {
    await walk(session, device, root, found);
  } finally {
    session.close();
    for (const varbind of found.values.values()) print(varbind, options.json ?? false);
  }
}

function print(varbind: Varbind, json: boolean): void {
  const type = KINDS.get(varbind.type) ?? String(varbind.type);
  const value = valueText(varbind);
  say(json ? JSON.stringify({ oid: varbind.oid, type, value }) : `${varbind.oid} ${type} ${value}`);
}

function valueText(varbind: Varbind): string {
  const { type, value } = varbind;
  if (isNothing(varbind)) return '';
  if (type === KIND.counter64 && Buffer.isBuffer(value)) return String(counter64(value));
  const number = numberOf(varbind);
  if (!Number.isNaN(number)) return String(number);
  const text = textOf(varbind, 'DisplayString');
  // What is no text is shown as bytes.
  return Buffer.isBuffer(value) && !/^[\t\r\n\x20-\x7e\u00a0-\ufffc]*$/.test(text)
    ? textOf(varbind, 'OctetString')
    : text;
}
