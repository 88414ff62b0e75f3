import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
  visit,
  type YAMLMap,
} from 'yaml';
import { ConfigError, type ConfigProblem } from './problems.ts';
import type { KeyPath } from './schema-walk.ts';

const MAX_BYTES = 1_048_576;
/** Bounds what anchors may multiply ("billion laughs"). */
const MAX_ALIASES = 100;

/** Our words for what the YAML parser says in its own. */
const SYNTAX: ReadonlyMap<string, readonly [message: string, hint: string]> = new Map([
  ['TAB_AS_INDENT', ['a tab indents this line', 'YAML wants spaces']],
  ['MULTIPLE_DOCS', ['a second document begins here', 'remove the line "---"']],
  ['NON_STRING_KEY', ['a key must be plain text', '']],
  ['RESOURCE_EXHAUSTION', ['this is nested too deeply', '']],
  ['BLOCK_AS_IMPLICIT_KEY', ['two keys on one line', 'put a text with ":" between quotes']],
  ['BAD_SCALAR_START', ['a value cannot begin with this character', 'put it between quotes']],
]);

/** A parsed YAML file: its values, and where each of them stands. */
export class ConfigDocument {
  readonly file: string;
  readonly value: unknown;
  readonly #document: Document;
  readonly #lines: LineCounter;

  /** @throws {ConfigError} when `text` is no sound YAML. */
  constructor(file: string, text: string) {
    this.file = file;
    this.#lines = new LineCounter();
    if (Buffer.byteLength(text) > MAX_BYTES) {
      throw new ConfigError([this.#problem(0, 'the file is larger than 1 MiB')]);
    }
    this.#document = parseDocument(text, {
      lineCounter: this.#lines,
      stringKeys: true,
      uniqueKeys: false,
      prettyErrors: false,
    });
    this.#refuseSyntaxErrors();
    this.value = this.#values();
  }

  /** A problem with the value at `path`, or with what is nearest to it. */
  atValue(path: KeyPath, message: string, hint = ''): ConfigProblem {
    return this.#problem(this.#offset(path, 'value'), message, hint);
  }

  /** A problem with the key that ends `path`. */
  atKey(path: KeyPath, message: string, hint = ''): ConfigProblem {
    return this.#problem(this.#offset(path, 'key'), message, hint);
  }

  /** Whether something is written at `path`. */
  has(path: KeyPath): boolean {
    return this.#find(path).depth === path.length;
  }

  #offset(path: KeyPath, part: 'key' | 'value'): number {
    const { name, value, depth } = this.#find(path);
    const wanted = part === 'value' && depth === path.length ? value : name;
    return (wanted ?? name ?? this.#document.contents)?.range?.[0] ?? 0;
  }

  // Goes as far along the path as the file does. `name` is the key or list
  // entry that it came by last.
  #find(path: KeyPath): { name: Node | null; value: Node | null; depth: number } {
    let name: Node | null = null;
    let value = this.#document.contents as Node | null;
    for (const [depth, key] of path.entries()) {
      const next = stepInto(this.#resolve(value), key);
      if (!next) return { name, value, depth };
      ({ name, value } = next);
    }
    return { name, value, depth: path.length };
  }

  #resolve(node: Node | null): Node | null {
    return isAlias(node) ? ((node.resolve(this.#document) as Node | undefined) ?? null) : node;
  }

  #refuseSyntaxErrors(): void {
    const { errors, warnings } = this.#document;
    const problems = [...errors, ...warnings].map(({ code, pos, message }) => {
      const [ours, hint] = SYNTAX.get(code) ?? [`not valid YAML: ${message}`, ''];
      return this.#problem(pos[0], ours, hint);
    });
    // Behind the first slip, a parser mostly sees ghosts.
    if (problems.length > 0) throw new ConfigError(problems.slice(0, 1));
    this.#refuseConfusion();
  }

  // What YAML parses, but nobody means.
  #refuseConfusion(): void {
    const problems: ConfigProblem[] = [];
    const refuse = (node: Node, message: string, hint = '') =>
      problems.push(this.#problem(node.range?.[0] ?? 0, message, hint));
    visit(this.#document, {
      Alias: (_, alias) => {
        if (alias.resolve(this.#document)) return;
        refuse(alias, `nothing is anchored as "&${alias.source}"`);
      },
      Map: (_, map) => {
        for (const key of repeatedKeys(map)) {
          refuse(key, `the key "${key.value}" stands here twice`, 'keep one of them');
        }
      },
    });
    if (problems.length > 0) throw new ConfigError(problems);
  }

  #values(): unknown {
    try {
      return this.#document.toJS({ maxAliasCount: MAX_ALIASES });
    } catch {
      throw new ConfigError([this.#problem(0, 'the aliases (*name) expand to too much')]);
    }
  }

  #problem(offset: number, message: string, hint = ''): ConfigProblem {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.file, line: Math.max(1, line), column: Math.max(1, col), message, hint };
  }
}

function stepInto(node: Node | null, key: PropertyKey) {
  if (isSeq(node)) {
    const item = (node.items[Number(key)] ?? null) as Node | null;
    return item && { name: item, value: item };
  }
  if (!isMap(node)) return null;
  const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
  return pair ? { name: pair.key as Node, value: pair.value as Node | null } : null;
}

function repeatedKeys(map: YAMLMap): Scalar[] {
  const keys = map.items.map((pair) => pair.key as Scalar);
  const seen = new Set<string>();
  return keys.filter((key) => seen.size === seen.add(String(key.value)).size);
}
