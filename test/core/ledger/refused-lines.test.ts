import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode } from 'cbor-x';
import { expect, test } from 'vitest';
import { RefusedLines } from '../../../core/ledger/refused-lines.ts';
import { LetterBudget } from '../../../core/letters/budget.ts';
import { FolderObjects } from '../../../core/objects/folder.ts';
import { openState } from '../../../core/state.ts';
import { logFrame, logLine } from '../../contracts/log-frames.ts';

test('lines that the store refused are kept with its words, once however often they come', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'heliograph-refused-'));
  const state = openState(folder);
  try {
    const objects = new FolderObjects(join(folder, 'objects'));
    const letters = new RefusedLines(objects, state, () => 7, new LetterBudget(state, 1 << 20));
    const frame = logFrame('h1', 3, [logLine(1, 'good'), logLine(2, 'bad')], { places: [4, 9] });
    await letters.put([{ frame, at: 1, reason: 'mapper_parsing_exception' }]);
    await letters.put([{ frame, at: 1, reason: 'mapper_parsing_exception' }]);
    const rows = letters.latest(10);
    expect(rows).toMatchObject([{ host: 'h1', sequence: 3, place: 9, why: 'mapper_parsing_exception', time: 7 }]);
    const object = await objects.get(String(rows[0]!.object));
    expect(decode(object!)).toMatchObject({ v: 2, lines: [{ place: 9, line: { message: 'bad' } }] });
  } finally {
    state.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
