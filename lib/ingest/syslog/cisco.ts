import type { SyslogMessage } from './message.ts';

const LONGEST = 80;

/**
 * `%FACILITY-SEVERITY-MNEMONIC:` at `at`, as IOS, IOS XE, NX-OS, ASA and others begin their texts: the facility is what speaks, the whole without
 * `%` the kind of message. It stays in the text, where people look for it. Nothing is read where it has another form.
 */
export function readMnemonic(bytes: Buffer, at: number, to: number, message: SyslogMessage): void {
  const head = bytes.toString('latin1', at + 1, Math.min(to, at + 1 + LONGEST));
  const match = /^(([A-Z][A-Z0-9_]*)(?:-[A-Z0-9_]+)*?-[0-7]-[A-Z0-9_]+) ?:/.exec(head);
  if (!match) return;
  message.msgid = match[1]!;
  // IOS XR says the program before.
  if (message.app === '') message.app = match[2]!;
}
