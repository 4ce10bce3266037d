import type { HeliographError } from '../../../lib/errors.ts';
import type { Device } from './device.ts';
import { failure } from './failure.ts';
import { follows, isUnder } from './oid.ts';
import type { Session } from './session.ts';
import { KIND, type Varbind } from './values.ts';

/** What a device was found to have, by OID, and how much more may be taken. */
export class Found {
  readonly values = new Map<string, Varbind>();
  readonly #device: Device;

  constructor(device: Device) {
    this.#device = device;
  }

  /** @throws HG_SNMP_BUDGET */
  add(varbind: Varbind): void {
    const { rows } = this.#device.budget;
    if (this.values.size >= rows) {
      throw failure(
        'HG_SNMP_BUDGET',
        this.#device,
        `it has more than ${rows} values; raise budget.rows, or poll fewer modules`,
      );
    }
    this.values.set(varbind.oid, varbind);
  }
}

/**
 * Takes everything below `root`, by GETBULK. A device that says `tooBig` is asked for less at a time.
 * @throws HG_SNMP_LOOP: an OID that does not come after the one before it would never end; HG_SNMP_BUDGET, HG_SNMP_*
 */
export async function walk(session: Session, device: Device, root: string, found: Found): Promise<void> {
  let at = root;
  let most = device.maxRepetitions;
  for (;;) {
    let answer: Varbind[];
    try {
      answer = await session.bulk(at, most);
    } catch (error) {
      const status = (error as HeliographError).code === 'HG_SNMP_STATUS' ? String((error as Error).message) : '';
      if (status.includes('TooBig') && most > 1) {
        most = Math.floor(most / 2);
        continue;
      }
      // What an agent says that has nothing more, where it should say endOfMibView.
      if (status.includes('NoSuchName')) return;
      throw error;
    }
    if (answer.length === 0) return;
    for (const varbind of answer) {
      if (varbind.type === KIND.endOfView || !isUnder(root, varbind.oid)) return;
      if (!follows(at, varbind.oid)) {
        throw failure('HG_SNMP_LOOP', device, `after ${at} it says ${varbind.oid}, which does not come after it`);
      }
      if (varbind.value === null && varbind.type < KIND.noObject && varbind.type !== 5) {
        throw failure('HG_SNMP_ANSWER', device, `${varbind.oid} ends in the middle`);
      }
      found.add(varbind);
      at = varbind.oid;
    }
  }
}
