import { attributeOr } from './attribute.ts';
import { decimal } from './number.ts';
import { NO_LABELS, type Source } from './source.ts';
import { nowAndThen } from './where-there.ts';

const MODES: Readonly<Record<string, number>> = { enforcing: 1, permissive: 0, disabled: -1 };

/** The mode that /etc/selinux/config asks for: 1 enforcing, 0 permissive, -1 disabled or not said. */
export function parseSelinuxMode(text: string): number {
  const [, mode = ''] = /^\s*SELINUX\s*=\s*(\w+)/m.exec(text) ?? [];
  return MODES[mode.toLowerCase()] ?? -1;
}

/** node_selinux_*: whether the kernel enforces it now, and what it is told to do at the next start. By /sys/fs/selinux. */
export function selinuxSource(): Source {
  const kernelHas = nowAndThen(({ paths, names }) => {
    const all = names(paths.sys('fs'));
    return all === null ? null : all.includes('selinux');
  });
  return {
    name: 'selinux',
    collect(context) {
      const { paths, sink } = context;
      const there = kernelHas(context);
      // Without /sys there is nobody to say so.
      if (there === null) return;
      const enforced = there ? attributeOr(context, paths.sys('fs/selinux/enforce'), '') : '';
      // It is on, and does not let itself be asked.
      if (enforced === undefined) return;
      const current = decimal(enforced);
      const enabled = !Number.isNaN(current);
      sink.add('node_selinux_enabled', NO_LABELS, enabled ? 1 : 0);
      if (!enabled) return;
      sink.add('node_selinux_current_mode', NO_LABELS, current);
      const config = attributeOr(context, paths.at('/etc/selinux/config'), '');
      if (config !== undefined) sink.add('node_selinux_config_mode', NO_LABELS, parseSelinuxMode(config));
    },
  };
}
