// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how Prometheus writes groups in braces
import { RELABEL_ACTIONS, type RelabelRule } from '../../../lib/relabel/rule.ts';

export interface RelabelCase {
  readonly rules: readonly Partial<RelabelRule>[];
  readonly labels: Readonly<Record<string, string>>;
}

const NAMES = ['__name__', 'a', 'b', 'b1', 'b_2', 'job', 'Job', '_x', '__tmp_h', 'long_label_name'];
const VALUES = [
  'x',
  'foo',
  'Foo',
  'foobar',
  'a;b',
  'a-b',
  '10.0.0.1:9100',
  'node_cpu_seconds_total',
  'x\ny',
  ' ',
  '$1',
  '${1}',
  'äöü',
  'ÄÖ',
  'straße',
  '日本',
  '😀',
  'ΑΣ',
  'İ',
  'ǅ',
  '0',
  '007',
  'é',
  '/var/lib',
];
const REGEXES = [
  '',
  '.*',
  '.+',
  '(.*)',
  '(.+)',
  'foo',
  'f(.*)',
  '(f)(o+)(b)?.*',
  '(?i)FOO.*',
  'a|ab|foo',
  '([^:]+):(\\d+)',
  '(?P<host>[^:]+):(?P<port>\\d+)',
  '(?:a);(b)?',
  '(.*);(.*)',
  '\\w+',
  '\\pL+',
  '[[:alpha:]]+',
  '(?s).',
  'x.y',
  '(?-s)x.y',
  '^foo$',
  '\\bfoo\\b',
  '\\Afoo\\z',
  '(a+)+',
  '(b.*)',
  'b(\\d)',
  '__(.*)',
  '(?U)(f.*)(.*)',
  '\\x66oo',
  '\\Qa-b\\E',
  'x{1,3}',
  '[^a]',
  '(|x)',
  '((a)|(f))oo',
];
/** What RE2 refuses. */
const REFUSED = ['(?=a)', '(?!a)b', '(a)\\1', 'a++', '(', '[', 'a{1001}', '\\u0041', '(?>a)', '*', '\\Z'];
const REPLACEMENTS = [
  '$1',
  '',
  'x',
  '${1}',
  '$2',
  '$1$2',
  '${1}_x',
  '$1_x',
  'pre-$1-post',
  '$$',
  '$',
  '${',
  '${host}',
  '$host:$port',
  '$0',
  '$9',
  '${01}',
  '$-',
  'ä$1',
  'b_$1',
  'new_${1}',
  '$1$$1',
  '${1',
];
const TARGETS = ['a', 'b', 'new', '__name__', '$1', '${1}', 'l_$1', '$1_x', '${host}'];
const BAD_TARGETS = ['a-b', '', '1a', 'ü', '$', 'a$$'];
const SEPARATORS = [';', '', '-', '@@'];

/** A case made at random: a few labels, one to three rules, some of which no one takes. */
export function randomCase(random: () => number): RelabelCase {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const some = (most: number) => Array.from({ length: Math.floor(random() * (most + 1)) });
  const labels = Object.fromEntries([['__name__', 'm'], ...some(5).map(() => [pick(NAMES), pick(VALUES)])]);
  const rule = (): Partial<RelabelRule> => {
    const action = pick(RELABEL_ACTIONS);
    const lean = random() < 0.95;
    const bare = lean && (action === 'labeldrop' || action === 'labelkeep');
    const equal = lean && (action === 'keepequal' || action === 'dropequal');
    const regex = pick(random() < 0.95 ? REGEXES : REFUSED);
    return {
      action,
      ...(bare || random() < 0.1 ? {} : { source_labels: [pick(NAMES), ...some(1).map(() => pick(NAMES))] }),
      // Prometheus refuses its own default where it is written beside an action without expression; we take it.
      ...(equal || random() < 0.2 || (action.endsWith('equal') && regex === '(.*)') ? {} : { regex }),
      ...(bare || equal || random() < 0.7 ? {} : { separator: pick(SEPARATORS) }),
      ...(bare || (lean && action === 'labelmap') || random() < 0.1
        ? {}
        : { target_label: pick(random() < 0.95 ? TARGETS : BAD_TARGETS) }),
      ...(bare || equal || (lean && action.endsWith('case')) || random() < 0.3
        ? {}
        : { replacement: pick(REPLACEMENTS) }),
      ...(action === 'hashmod' && random() < 0.9 ? { modulus: 1 + Math.floor(random() * 1e9) } : {}),
    };
  };
  return { labels, rules: Array.from({ length: 1 + Math.floor(random() * 3) }, rule) };
}
