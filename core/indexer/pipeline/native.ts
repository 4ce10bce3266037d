import { parseExpression, type Tree } from './expression-tree.ts';
import { isOnePass } from './one-pass.ts';

/**
 * The expression for the engine of the language, if that is as safe as RE2's and says the same; null: it is not. That engine is some fifty
 * times faster than RE2JS and goes back when a choice was wrong, which a hostile text makes it do for ever. Where every choice is decided by
 * the next character (one-pass.ts) there is nothing to go back to.
 */
export function toNative(source: string): Native | null {
  const tree = parseExpression(source);
  if (tree === null || capturesInLoop(tree, false)) return null;
  const anchored = tree.kind === 'sequence' && tree.parts[0]?.kind === 'begin';
  // The match at the beginning is the one that is wanted, if there is one: it is the first.
  const whole: Tree = anchored
    ? tree
    : { kind: 'sequence', parts: [{ kind: 'begin' }, { kind: 'group', captures: false, part: tree }] };
  return isOnePass(whole) ? { atBeginning: new RegExp(textOf(whole), 'u'), anchored } : null;
}

export interface Native {
  /** Matches at the beginning of a text only. */
  readonly atBeginning: RegExp;
  /** The expression matches nowhere else: what is not found is not there. */
  readonly anchored: boolean;
}

/** A group that is passed several times keeps its last text in RE2, and may lose it in the language. */
function capturesInLoop(tree: Tree, inLoop: boolean): boolean {
  switch (tree.kind) {
    case 'sequence':
    case 'either':
      return tree.parts.some((part) => capturesInLoop(part, inLoop));
    case 'repeat':
      return capturesInLoop(tree.part, inLoop || tree.most > 1);
    case 'group':
      return (tree.captures && inLoop) || capturesInLoop(tree.part, inLoop);
    default:
      return false;
  }
}

function textOf(tree: Tree): string {
  switch (tree.kind) {
    case 'begin':
      return '^';
    case 'end':
      return '$';
    case 'set':
      return tree.text;
    case 'sequence':
      return tree.parts.map(textOf).join('');
    case 'either':
      return tree.parts.map(textOf).join('|');
    case 'group':
      return `(${tree.captures ? '' : '?:'}${textOf(tree.part)})`;
    case 'repeat': {
      const most = tree.most === Number.POSITIVE_INFINITY ? '' : String(tree.most);
      return `${textOf(tree.part)}{${tree.least},${most}}${tree.lazy ? '?' : ''}`;
    }
  }
}
