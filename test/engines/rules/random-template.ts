/** Pieces of actions; most rows of them are no template, and some are. */
const WORDS =
  '$value $labels $labels.job .Labels.instance .Value . $ $x nil true false 0 1 2.5 -3 "a" "b:1" `r` \'c\' (query "up") (query "none") (args 1 "b") (first (query "up"))'.match(
    /\([^)]*(?:\([^)]*\))?\)|"[^"]*"|\S+/g,
  )!;
const NAMES =
  'print printf println len index slice html js urlquery and or not eq ne lt le gt ge query first label value strvalue sortByLabel args humanize humanize1024 humanizeDuration humanizePercentage humanizeTimestamp toTime toDuration parseDuration title toUpper toLower stripPort stripDomain match reReplaceAll graphLink urlQueryEscape safeHtml'.split(
    ' ',
  );
const BLOCKS = ['if', 'with', 'range', 'else', 'else if', 'else with', 'end', 'end', 'end', 'break', 'continue'];

/** A text that may be a template: actions that call functions with what may or may not fit them, blocks that may or may not be closed. */
export function randomTemplate(random: () => number): string {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const command = (): string => {
    const count = Math.floor(random() * 3);
    const words = Array.from({ length: count }, () => (random() < 0.1 ? `(${command()})` : pick(WORDS)));
    return [random() < 0.75 ? pick(NAMES) : pick(WORDS), ...words].join(' ');
  };
  const pipeline = (): string => (random() < 0.3 ? `${command()} | ${pick(NAMES)}` : command());
  const trim = () => (random() < 0.15 ? ['{{- ', ' -}}'] : ['{{ ', ' }}']);
  const action = (inner: string): string => {
    const [open, close] = trim();
    return `${open}${inner}${close}`;
  };
  const body = (depth: number): string => {
    let text = '';
    for (let parts = 1 + Math.floor(random() * 2); parts > 0; parts--) {
      const kind = random();
      if (kind < 0.25) text += pick([' a ', '\n', 'x: ', '}}', '{ ']);
      else if (kind < 0.65 || depth > 2) text += action(pipeline());
      else if (kind < 0.75) text += action(`$x ${pick([':=', ':=', '='])} ${pipeline()}`) + action('$x');
      else if (kind < 0.95) {
        const block = pick(['if', 'with', 'range', 'range $i, $x :=', 'range $x :=']);
        text += action(`${block} ${pipeline()}`) + body(depth + 1);
        if (random() < 0.4) text += action('else') + body(depth + 1);
        text += action('end');
      } else text += action(`${pick(BLOCKS)} ${random() < 0.5 ? pipeline() : ''}`);
    }
    return text;
  };
  return body(0);
}
