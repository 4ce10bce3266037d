import { formatLabels } from '../../collector/core/exposition.ts';
import type { RelabelKind, RelabelRule } from '../../lib/relabel/rule.ts';
import type { LabelChange, RelabelStep } from '../../lib/relabel/steps.ts';
import { coloured } from '../terminal/output.ts';
import { printable } from '../terminal/text.ts';
import type { Attempt } from './attempt.ts';

/** An attempt for people: what came, a line for each rule, what is sent. */
export function story({ before, steps, after, note }: Attempt, kind: RelabelKind): string {
  return [
    `- ${shown(before, kind)}`,
    ...steps.map((step) => `  ${stepText(step)}`),
    ...(note === null ? [] : [`  ${note}`]),
    ...(after === null ? [] : [`  sent as ${shown(after, kind)}`]),
  ].join('\n');
}

/** One for programs; rules are counted from 1, as in the metrics. */
export function answer({ before, steps, after, note }: Attempt) {
  const told = steps.map(({ place, rule, outcome, changes }) => ({
    rule: place + 1,
    action: rule.action,
    outcome,
    changes,
  }));
  return { before, steps: told, after, note };
}

function shown(labels: Readonly<Record<string, string>>, kind: RelabelKind): string {
  if (kind === 'logs')
    return printable(
      Object.entries(labels)
        .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
        .join(' '),
    );
  const { __name__: name = '', ...others } = labels;
  return printable(`${name}${formatLabels(Object.entries(others).flat())}`);
}

function stepText({ place, rule, outcome, changes }: RelabelStep): string {
  const head = `${String(place + 1).padStart(2)} ${rule.action.padEnd(9)} ${asked(rule)}`;
  if (outcome === 'unchanged') return coloured('dim', `${head}: no change`);
  return outcome === 'dropped' ? coloured('red', `${head}: dropped`) : `${head}: ${changes.map(changeText).join(', ')}`;
}

/** What the rule looks at. */
function asked({ action, source_labels: names, regex, target_label: target }: RelabelRule): string {
  const from = names.join(',');
  const what =
    action === 'keepequal' || action === 'dropequal'
      ? `${from} == ${target}`
      : action.startsWith('label')
        ? `names ~ ${regex}`
        : action === 'hashmod' || action.endsWith('case')
          ? from
          : `${from} ~ ${regex}`;
  return printable(what.trim());
}

function changeText({ label, before, after }: LabelChange): string {
  const text = (value: string | null) => (value === null ? 'none' : JSON.stringify(value));
  return printable(`${label} ${text(before)} -> ${text(after)}`);
}
