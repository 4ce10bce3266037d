import { once } from 'node:events';
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  ftruncateSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';

/** A program of its own that writes `lines` numbered lines to `path` and has its file rotated in turn: `node writer.ts path lines`. */
const path = process.argv[2]!;
const lines = Number(process.argv[3]);
const EACH = 5_000;
let fd = openSync(path, 'a');
let next = 0;
let rotation = 0;

const write = (count: number): void => {
  let text = '';
  for (let i = 0; i < count && next < lines; i++)
    text += `${next % 7 === 0 ? 'ERROR' : 'INFO'} line ${next++} of a program\n`;
  writeSync(fd, text);
};

/** Between bursts, so that a rotation meets a reader in any state. */
const pause = (): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
};

while (next < lines) {
  for (let burst = 0; burst < EACH / 100; burst++) {
    write(100);
    if (burst % 5 === 0) pause();
  }
  // A generation that nobody looks at while it exists is not the reader's to know: the reader says that it has looked.
  process.send!('rotate');
  await once(process, 'message');
  rotation++;
  if (rotation % 3 === 0) {
    copyFileSync(path, `${path}.${rotation}`);
    ftruncateSync(fd, 0);
  } else if (rotation % 3 === 1) {
    renameSync(path, `${path}.${rotation}`);
    write(100);
    closeSync(fd);
    fd = openSync(path, 'a');
  } else {
    unlinkSync(path);
    write(100);
    closeSync(fd);
    fd = openSync(path, 'a');
  }
}
closeSync(fd);
appendFileSync(`${path}.done`, String(next));
process.disconnect();
