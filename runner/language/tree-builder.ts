/** From the parser's nodes to the language's tree: aliases expanded, keys unique, nothing that has no meaning here. */
import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar } from 'yaml';
import type { Complaints } from './complaints';
import { MAX_DEPTH, tooDeep } from './guard';
import type { TextRange } from './source';
import { checkSpelling } from './spelling';
import { quote } from './suggest';
import type { Entry, ScalarTree, ScalarValue, Tree } from './tree';

/** Nodes of one file after its aliases are expanded: what an alias bomb runs into. */
export const MAX_NODES = 50_000;

/** The tree of a document, or undefined when it is too large to look at further. */
export function buildTree(complaints: Complaints, contents: unknown): Tree | undefined {
  const builder = new TreeBuilder(complaints);
  const tree = builder.build(contents, 0);
  return builder.stopped ? undefined : tree;
}

class TreeBuilder {
  private nodes = 0;
  private readonly anchors = new Map<string, Node>();
  /** Anchors that are being expanded right now: an alias to one of them never ends. */
  private readonly open = new Set<Node>();
  stopped = false;

  constructor(private readonly complaints: Complaints) {}

  build(node: unknown, depth: number): Tree {
    const range = rangeOf(node);
    this.nodes += 1;
    if (!this.stopped && this.nodes > MAX_NODES) {
      this.stopped = true;
      this.complaints.error(
        range,
        'alias-bomb',
        `with its aliases expanded the file has more than ${MAX_NODES} values`,
        {
          cause: 'aliases of aliases multiply; write the steps out or use `repeat`',
        },
      );
    }
    if (!this.stopped && depth > MAX_DEPTH) {
      this.stopped = true;
      tooDeep(this.complaints, range.start, range.end);
    }
    if (this.stopped) return nothing(range);
    if (isAlias(node)) return this.expand(node, range, depth);
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) return nothing(range);
    if (node.anchor !== undefined) this.anchors.set(node.anchor, node);
    if (node.tag !== undefined) {
      this.complaints.error(range, 'tag', `the tag ${quote(node.tag)} has no meaning here`, {
        cause: 'values of this language have no tags: quotes make text, a plain number is a number',
      });
      return nothing(range);
    }
    if (isScalar(node) && typeof node.value === 'string' && /\p{Surrogate}/u.test(node.value)) {
      this.complaints.error(range, 'half-a-character', 'this text holds one half of a character', {
        cause: 'beyond U+FFFF an escape is written as one: "\\U0001F600", not as two with \\u',
      });
      const scalar = this.scalar(node, range);
      return scalar.kind === 'scalar' ? { ...scalar, unknown: true } : scalar;
    }
    if (isScalar(node)) return this.scalar(node, range);
    this.open.add(node);
    const tree: Tree = isMap(node)
      ? { kind: 'map', range, ...this.entries(node.items as Pair[], depth) }
      : { kind: 'list', range, items: node.items.map((item) => this.build(item, depth + 1)) };
    this.open.delete(node);
    return tree;
  }

  private expand(alias: Alias, range: TextRange, depth: number): Tree {
    const target = this.anchors.get(alias.source);
    if (target === undefined) {
      this.complaints.error(range, 'unknown-alias', `there is no anchor ${quote(`&${alias.source}`)} above this alias`);
      return nothing(range);
    }
    if (this.open.has(target)) {
      this.complaints.error(range, 'alias-cycle', `the alias ${quote(`*${alias.source}`)} contains itself`);
      return nothing(range);
    }
    return { ...this.build(target, depth), alias: range };
  }

  private scalar(node: Scalar, range: TextRange): Tree {
    const plain = node.type === 'PLAIN';
    const value = (node.value ?? null) as ScalarValue;
    const text = typeof value === 'string' ? value : this.complaints.source.text.slice(range.start, range.end);
    const misspelt = plain && typeof value !== 'string' && !checkSpelling(this.complaints, range, text, value);
    return { kind: 'scalar', range, value: lowerInteger(value), text, plain, ...(misspelt ? { unknown: true } : {}) };
  }

  private entries(pairs: readonly Pair[], depth: number): { entries: Entry[]; damaged?: boolean } {
    const entries: Entry[] = [];
    let damaged = false;
    const first = new Map<string, TextRange>();
    for (const pair of pairs) {
      const keyRange = rangeOf(pair.key);
      const key = this.key(pair.key, keyRange);
      const value = pair.value === null ? absent(after(keyRange)) : this.build(pair.value, depth + 1);
      if (key === undefined) {
        damaged = true;
        continue;
      }
      const earlier = first.get(key);
      if (earlier) {
        const line = this.complaints.position(earlier).line;
        this.complaints.error(keyRange, 'duplicate-key', `${quote(key)} stands twice in this map`, {
          cause: `the first one is in line ${line}; only one of them could count`,
        });
        continue;
      }
      first.set(key, keyRange);
      entries.push({ key, keyRange, value });
    }
    return { entries, ...(damaged ? { damaged } : {}) };
  }

  private key(node: unknown, range: TextRange): string | undefined {
    if (isScalar(node) && typeof node.value === 'string' && node.value !== '__proto__') return node.value;
    const what = isScalar(node) ? 'is not a name' : 'is not a name but a collection or an alias';
    this.complaints.error(range, 'bad-key', `this key ${what}`, {
      cause: `a key is plain text before a colon; text with a placeholder such as \${name} needs quotes`,
    });
    return undefined;
  }
}

function rangeOf(node: unknown): TextRange {
  const range = (node as { range?: readonly [number, number, number] | null } | null)?.range;
  return range ? { start: range[0], end: Math.max(range[0], range[1]) } : { start: 0, end: 0 };
}

function after(range: TextRange): TextRange {
  return { start: range.end, end: range.end };
}

function absent(range: TextRange): ScalarTree {
  return { kind: 'scalar', range: { start: range.start, end: range.start }, value: null, text: '', plain: true };
}

/** Stands for a value of which was said already that it is wrong. */
function nothing(range: TextRange): ScalarTree {
  return { ...absent(range), unknown: true };
}

/** Integers within 2^53 become numbers, so that a validator takes them; the others stay exact. */
function lowerInteger(value: ScalarValue): ScalarValue {
  if (typeof value !== 'bigint') return value;
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}
