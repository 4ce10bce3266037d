// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how Prometheus writes groups in braces
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseConfig } from '../../../lib/config/load.ts';
import { HeliographError } from '../../../lib/errors.ts';
import { labelMap } from '../../../lib/relabel/labels.ts';
import { nodeRelabeler } from '../../../lib/relabel/node-relabeler.ts';
import { KEPT, type RelabelKind, type RelabelRule } from '../../../lib/relabel/rule.ts';
import { relabelRules } from '../../../lib/relabel/schema.ts';
import { stepThrough } from '../../../lib/relabel/steps.ts';

type Input = Partial<RelabelRule>;
type Labels = Readonly<Record<string, string>>;

const rulesOf = (rules: readonly Input[], kind: RelabelKind = 'metrics') => relabelRules(kind).parse(rules);

/** What rules make of labels; null: dropped. */
function relabel(labels: Labels, ...rules: Input[]): Labels | null {
  const after = labelMap(Object.entries(labels));
  return nodeRelabeler(rulesOf(rules), 'metrics').apply(after) === KEPT ? Object.fromEntries(after) : null;
}

describe('actions, as Prometheus documents and tests them', () => {
  const f = (what: string, labels: Labels, rules: Input[], want: Labels | null) =>
    it(what, () => expect(relabel(labels, ...rules)).toEqual(want));

  f(
    'replace puts groups of the match into a label',
    { a: 'foo', b: 'bar', c: 'baz' },
    [{ source_labels: ['a'], regex: 'f(.*)', target_label: 'd', separator: ';', replacement: 'ch${1}-ch${1}' }],
    { a: 'foo', b: 'bar', c: 'baz', d: 'choo-choo' },
  );
  f(
    'rules see what the ones before them did',
    { a: 'foo', b: 'bar' },
    [
      { source_labels: ['a', 'b'], regex: 'f(.*);(.*)r', target_label: 'a', replacement: 'c${1}-${2}' },
      { source_labels: ['a'], regex: 'c(.*)-.*', target_label: 'd' },
    ],
    { a: 'coo-ba', b: 'bar', d: 'oo' },
  );
  f(
    'the expression must match the whole value',
    { a: 'foobar' },
    [{ source_labels: ['a'], regex: 'foo', target_label: 'b', replacement: 'x' }],
    { a: 'foobar' },
  );
  f(
    'defaults: all of the value goes into the target',
    { a: 'x', b: 'y' },
    [{ source_labels: ['a', 'b'], target_label: 'c' }],
    { a: 'x', b: 'y', c: 'x;y' },
  );
  f('without source labels the replacement is set', { a: 'x' }, [{ target_label: 'env', replacement: 'prod' }], {
    a: 'x',
    env: 'prod',
  });
  f('an empty replacement takes the label away', { a: 'x', b: 'y' }, [{ target_label: 'b', replacement: '' }], {
    a: 'x',
  });
  f(
    'a missing source label is empty',
    { a: 'x' },
    [{ source_labels: ['none'], regex: '', target_label: 'b', replacement: 'y' }],
    { a: 'x', b: 'y' },
  );
  f(
    'a dot matches a line break',
    { a: 'x\ny' },
    [{ source_labels: ['a'], regex: 'x.y', target_label: 'b', replacement: 'z' }],
    { a: 'x\ny', b: 'z' },
  );
  f(
    'groups by name, braces, dollar signs, groups that are not there',
    { a: 'foo-bar' },
    [
      {
        source_labels: ['a'],
        regex: '(?P<first>[a-z]+)-([a-z]+)(x)?',
        target_label: 'b',
        replacement: '${first}/$2$3$$$9${nope}$1x',
      },
    ],
    { a: 'foo-bar', b: 'foo/bar$' },
  );
  f(
    'the name of the target may be made of groups',
    { a: 'key:value' },
    [{ source_labels: ['a'], regex: '([a-z]+):(.*)', target_label: '${1}_of', replacement: '$2' }],
    { a: 'key:value', key_of: 'value' },
  );
  f(
    'a target whose name is none is left alone',
    { a: 'some-thing' },
    [{ source_labels: ['a'], regex: '(.*)', target_label: '${1}', replacement: 'x' }],
    { a: 'some-thing' },
  );
  f('alternatives are anchored as a whole', { a: 'ab' }, [{ source_labels: ['a'], regex: 'a|ab', action: 'keep' }], {
    a: 'ab',
  });
  f('drop', { a: 'foo' }, [{ source_labels: ['a'], regex: '.*o.*', action: 'drop' }], null);
  f('drop that does not match', { a: 'foo' }, [{ source_labels: ['a'], regex: 'f', action: 'drop' }], { a: 'foo' });
  f('keep', { a: 'foo' }, [{ source_labels: ['a'], regex: 'no-match', action: 'keep' }], null);
  f('keep that matches', { a: 'foo' }, [{ source_labels: ['a'], regex: 'f.*', action: 'keep' }], { a: 'foo' });
  f(
    'nothing is done after a drop',
    { a: 'foo' },
    [
      { source_labels: ['a'], regex: 'foo', action: 'drop' },
      { target_label: 'b', replacement: 'x' },
    ],
    null,
  );
  f('keepequal', { port: '80', want: '80' }, [{ source_labels: ['want'], target_label: 'port', action: 'keepequal' }], {
    port: '80',
    want: '80',
  });
  f(
    'keepequal that differs',
    { port: '81', want: '80' },
    [{ source_labels: ['want'], target_label: 'port', action: 'keepequal' }],
    null,
  );
  f(
    'dropequal',
    { port: '80', want: '80' },
    [{ source_labels: ['want'], target_label: 'port', action: 'dropequal' }],
    null,
  );
  f(
    'dropequal that differs',
    { port: '81', want: '80' },
    [{ source_labels: ['want'], target_label: 'port', action: 'dropequal' }],
    { port: '81', want: '80' },
  );
  f(
    'hashmod divides as Prometheus does',
    { c: 'baz' },
    [{ source_labels: ['c'], target_label: 'd', action: 'hashmod', modulus: 1000 }],
    { c: 'baz', d: '976' },
  );
  f(
    'hashmod of a text with a line break',
    { a: 'foo\nbar' },
    [{ source_labels: ['a'], target_label: 'b', action: 'hashmod', modulus: 1000 }],
    { a: 'foo\nbar', b: '734' },
  );
  f(
    'labelmap copies labels under other names',
    { a: 'foo', b1: 'bar', b2: 'baz' },
    [{ regex: '(b.*)', replacement: 'bar_${1}', action: 'labelmap' }],
    { a: 'foo', b1: 'bar', b2: 'baz', bar_b1: 'bar', bar_b2: 'baz' },
  );
  f('labeldrop', { a: 'foo', b1: 'bar', b2: 'baz' }, [{ regex: '(b.*)', action: 'labeldrop' }], { a: 'foo' });
  f('labelkeep', { a: 'foo', b1: 'bar', b2: 'baz' }, [{ regex: '(b.*)', action: 'labelkeep' }], {
    b1: 'bar',
    b2: 'baz',
  });
  f(
    'lowercase and uppercase, letter by letter',
    { a: 'ΣΑΣ bAr' },
    [
      { source_labels: ['a'], target_label: 'low', action: 'lowercase' },
      { source_labels: ['a'], target_label: 'up', action: 'uppercase' },
    ],
    { a: 'ΣΑΣ bAr', low: 'σασ bar', up: 'ΣΑΣ BAR' },
  );
  f(
    'an action is known in capitals too',
    { a: 'x' },
    [{ source_labels: ['a'], regex: 'x', action: 'DROP' as 'drop' }],
    null,
  );
});

describe('what is refused, with the line and the fix', () => {
  const refusal = (yaml: string, kind: RelabelKind = 'metrics'): string => {
    try {
      parseConfig('rules.yaml', yaml, z.strictObject({ relabel: relabelRules(kind) }));
    } catch (error) {
      expect(error).toBeInstanceOf(HeliographError);
      return (error as Error).message;
    }
    return 'taken';
  };
  const f = (rule: string, ...said: string[]) =>
    it(rule, () => {
      const message = refusal(`relabel:\n  - target_label: fine\n  - ${rule}\n`);
      for (const part of ['rules.yaml:3:', ...said]) expect(message).toContain(part);
    });
  f("{action: keep, regex: '(?=a)'}", 'relabel.1.regex', '(?=a)', 'no look-around');
  f("{action: keep, regex: '(?<!a)b'}", 'no look-around');
  f("{action: keep, regex: '(a)\\1'}", 'no back-references');
  f("{action: keep, regex: 'a++'}", 'relabel.1.regex');
  f("{action: keep, regex: '(a'}", 'relabel.1.regex');
  f('{action: replaced}', 'replace, keep, drop');
  f('{action: hashmod, target_label: a}', 'relabel.1.modulus', 'at least 1');
  f('{action: replace}', 'relabel.1.target_label', 'add the label');
  f('{target_label: a-b}', 'a label name');
  f("{target_label: 'a-$1'}", 'a label name');
  f('{action: labelmap, replacement: a-b}', 'relabel.1.replacement');
  f('{action: labeldrop, source_labels: [a], regex: x}', 'relabel.1.source_labels', 'remove it');
  f('{action: keepequal, source_labels: [a], target_label: b, regex: x}', 'relabel.1.regex', 'remove it');
  f('{action: lowercase, source_labels: [a], target_label: b, replacement: x}', 'relabel.1.replacement', 'remove it');
  f('{target_label: instance, replacement: x}', 'relay and core give this label');
  f('{sourceLabels: [a], target_label: b}', 'did you mean "source_labels"');

  it('fields of lines may have dots; the level and the time are not theirs to set', () => {
    const rule = (target: string) => refusal(`relabel:\n  - {target_label: '${target}', replacement: x}\n`, 'logs');
    expect(rule('labels.env')).toBe('taken');
    expect(rule('log.level')).toContain('class of a line follows from its level');
    expect(rule('@timestamp')).toContain('read from the line');
  });
});

it('steps tell of each rule what it changed, and end with the drop', () => {
  const relabeler = nodeRelabeler(
    rulesOf([
      { source_labels: ['a'], target_label: 'b' },
      { regex: 'none', action: 'labeldrop' },
      { source_labels: ['b'], regex: 'x', action: 'drop' },
      { target_label: 'c', replacement: 'never' },
    ]),
    'metrics',
  );
  const steps = stepThrough(
    relabeler,
    new Map([
      ['a', 'x'],
      ['b', 'y'],
    ]),
  );
  expect(steps.map(({ outcome, changes }) => [outcome, changes])).toEqual([
    ['changed', [{ label: 'b', before: 'y', after: 'x' }]],
    ['unchanged', []],
    ['dropped', []],
  ]);
});

it('an expression that would go back and forth for ever in other engines takes its time once', () => {
  const rules = [{ source_labels: ['a'], regex: '(a+)+b', action: 'drop' as const }];
  expect(relabel({ a: 'a'.repeat(5000) }, ...rules)).not.toBeNull();
});

it('knows whether rules look at a label', () => {
  const reads = (...rules: Input[]) => nodeRelabeler(rulesOf(rules, 'logs'), 'logs').reads('message');
  expect(reads({ source_labels: ['message'], action: 'drop' })).toBe(true);
  expect(reads({ source_labels: ['a'], target_label: 'message', action: 'keepequal' })).toBe(true);
  expect(reads({ regex: 'm(.*)', replacement: 'x.$1', action: 'labelmap' })).toBe(true);
  expect(reads({ target_label: 'message', replacement: 'x' }, { regex: 'm.*', action: 'labeldrop' })).toBe(false);
});
