import { type ZodType, z } from 'zod';
import type { ConfigDocument } from './document.ts';
import { explainIssues, formatPath } from './issues.ts';
import type { ConfigProblem } from './problems.ts';
import { fillEmptySections, overlay, type RawSection, resolveSecrets } from './raw.ts';
import type { KeyPath } from './schema-walk.ts';

/** A section as written, and where. */
export interface WrittenSection {
  readonly path: KeyPath;
  readonly value: RawSection;
}

/** Checks sections of one file against schemas and gathers what is wrong. */
export class SectionReader {
  readonly document: ConfigDocument;
  readonly problems: ConfigProblem[] = [];
  readonly #directory: string;

  /** Relative paths of secrets start at `directory`. */
  constructor(document: ConfigDocument, directory: string) {
    this.document = document;
    this.#directory = directory;
  }

  /** The checked values of `own` laid over `common`; null when they have problems. */
  read<T>(schema: ZodType<T>, common: WrittenSection, own?: WrittenSection): T | null {
    const place = (path: KeyPath) => this.#place(path, common, own);
    const merged = overlay(common.value, own?.value ?? {});
    const filled = fillEmptySections(merged, schema);
    const secretProblems: ConfigProblem[] = [];
    const value = resolveSecrets(filled, schema, this.#directory, (path, message) => {
      const where = place(path);
      secretProblems.push(this.document.atValue(where, `${formatPath(where)}: ${message}`));
    });
    const result = schema.safeParse(value, { reportInput: true });
    const issues = result.error
      ? explainIssues(result.error.issues, { schema, place, document: this.document })
      : [];
    this.problems.push(...secretProblems, ...issues);
    return result.success && secretProblems.length === 0 ? result.data : null;
  }

  #place(path: KeyPath, common: WrittenSection, own?: WrittenSection): KeyPath {
    const inOwn = own && [...own.path, ...path];
    return inOwn && this.document.has(inOwn) ? inOwn : [...common.path, ...path];
  }
}

/** For a module that takes no configuration. */
export const noSettings = z.strictObject({});
