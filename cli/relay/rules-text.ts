import type { RulesState } from '../../relay/status/contract.ts';
import { table } from '../terminal/table.ts';
import { many, printable, spanText } from '../terminal/text.ts';

/** Alerting rules, what fires, and who was notified, as tables; the first row of each is its head. */
export function ruleParts(rules: RulesState, time: number): string[] {
  const { known, down } = rules.hosts;
  const parts = [
    `alerting rules ${rules.rules.length} over ${many(rules.series, 'series', 'series')}; hosts known ${known}, away ${down}`,
    table(
      [
        ['RULE', 'PENDING', 'FIRING'],
        ...rules.rules.map((one) => [printable(`${one.group}/${one.alert}`), String(one.pending), String(one.firing)]),
      ],
      new Set([1, 2]),
    ),
  ];
  if (rules.firing.length > 0) {
    parts.push(
      table(
        [
          ['FIRING', 'FOR', 'VALUE', 'NOTIFIED BY'],
          ...rules.firing.map((one) => [
            printable(labelsText(one.labels)),
            spanText(Math.max(0, time - one.since)),
            one.value,
            one.owner ?? 'not yet',
          ]),
        ],
        new Set([1, 2]),
      ),
    );
  }
  if (rules.receivers.length > 0) {
    parts.push(
      table(
        [
          ['RECEIVER', 'SENT', 'FAILED'],
          ...rules.receivers.map((one) => [printable(one.url), String(one.sent), String(one.failed)]),
        ],
        new Set([1, 2]),
      ),
    );
  }
  return parts;
}

function labelsText({ alertname, ...labels }: Readonly<Record<string, string>>): string {
  const names = Object.keys(labels).sort();
  const pairs = names.map((name) => `${name}=${JSON.stringify(labels[name])}`);
  return `${alertname}{${pairs.join(', ')}}`;
}
