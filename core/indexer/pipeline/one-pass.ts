import { OTHERS, type Tree } from './expression-tree.ts';

/** Characters that can come next, a byte each: 0 to 127, and all others as one. */
type Next = Uint8Array;

const NONE: Next = new Uint8Array(OTHERS + 1);

/**
 * Whether an expression that is anchored at its beginning never has two ways on with the same character: each loop knows by the next character
 * whether it goes on, each alternative which of its branches it is. An engine that tries one way after the other then gives up each wrong one
 * at its first character, so it takes time linear in the text.
 */
export function isOnePass(tree: Tree): boolean {
  const first = tree.kind === 'sequence' ? tree.parts[0] : tree;
  return first?.kind === 'begin' && decided(tree, NONE);
}

/** @param after what can come after the tree; where the expression ends nothing has to */
function decided(tree: Tree, after: Next): boolean {
  switch (tree.kind) {
    case 'sequence': {
      let next = after;
      for (let i = tree.parts.length - 1; i >= 0; i--) {
        const part = tree.parts[i]!;
        if (!decided(part, next)) return false;
        next = canBeEmpty(part) ? union(begin(part), next) : begin(part);
      }
      return true;
    }
    case 'either': {
      let seen = NONE;
      let empty = 0;
      for (const part of tree.parts) {
        if (canBeEmpty(part)) empty++;
        const way = canBeEmpty(part) ? union(begin(part), after) : begin(part);
        if (overlap(seen, way) || !decided(part, after)) return false;
        seen = union(seen, way);
      }
      return empty <= 1;
    }
    case 'group':
      return decided(tree.part, after);
    case 'repeat': {
      const { part, least, most } = tree;
      if (canBeEmpty(part)) return false;
      // So many times exactly: there is no choice.
      if (least !== most && overlap(begin(part), after)) return false;
      return decided(part, most > 1 ? union(begin(part), after) : after);
    }
    default:
      return true;
  }
}

function canBeEmpty(tree: Tree): boolean {
  switch (tree.kind) {
    case 'sequence':
      return tree.parts.every(canBeEmpty);
    case 'either':
      return tree.parts.some(canBeEmpty);
    case 'group':
      return canBeEmpty(tree.part);
    case 'repeat':
      return tree.least === 0 || canBeEmpty(tree.part);
    case 'begin':
      return true;
    // Nothing comes after the end: it is as good as a character that no text has.
    default:
      return false;
  }
}

function begin(tree: Tree): Next {
  switch (tree.kind) {
    case 'set':
      return tree.next;
    case 'sequence': {
      let all = NONE;
      for (const part of tree.parts) {
        all = union(all, begin(part));
        if (!canBeEmpty(part)) break;
      }
      return all;
    }
    case 'either':
      return tree.parts.map(begin).reduce(union, NONE);
    case 'group':
    case 'repeat':
      return begin(tree.part);
    default:
      return NONE;
  }
}

function union(a: Next, b: Next): Next {
  return a.map((byte, i) => byte | b[i]!);
}

function overlap(a: Next, b: Next): boolean {
  return a.some((byte, i) => byte !== 0 && b[i] !== 0);
}
