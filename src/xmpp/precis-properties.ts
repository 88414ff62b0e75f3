import {
  BIDI_CLASSES,
  DERIVED_PROPERTIES,
  JOINING_TYPES,
  VIRAMAS,
} from './precis-tables.generated.ts';

/** P: valid in both classes; F: in the freeform class; J, O: by context; D: disallowed; U: unassigned. */
export type DerivedProperty = 'P' | 'F' | 'J' | 'O' | 'D' | 'U';
/** L; R for R and AL; E: European, A: Arabic numbers; M: nonspacing marks; N: neutral; X: others. */
export type BidiClass = 'L' | 'R' | 'E' | 'A' | 'M' | 'N' | 'X';
/** L, R, D: joining; T: transparent; U: others. */
export type JoiningType = 'L' | 'R' | 'D' | 'T' | 'U';

/** A property of all code points, as the runs that share a value. */
class RunTable<T extends string> {
  /** First code points of the runs, ascending. */
  readonly #starts: Uint32Array;
  readonly #values: readonly T[];

  /** `encoded`: run lengths in base 36, each followed by the value's letter. */
  constructor(encoded: string) {
    const runs = [...encoded.matchAll(/([0-9a-z]+)([A-Z])/g)];
    this.#starts = new Uint32Array(runs.length);
    this.#values = runs.map((run) => run[2] as T);
    let start = 0;
    for (const [index, run] of runs.entries()) {
      this.#starts[index] = start;
      start += Number.parseInt(run[1]!, 36);
    }
  }

  at(codePoint: number): T {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= codePoint) low = middle;
      else high = middle - 1;
    }
    return this.#values[low]!;
  }
}

const derivedProperties = new RunTable<DerivedProperty>(DERIVED_PROPERTIES);
const bidiClasses = new RunTable<BidiClass>(BIDI_CLASSES);
const joiningTypes = new RunTable<JoiningType>(JOINING_TYPES);
const viramas = new RunTable<'V' | 'N'>(VIRAMAS);

/** RFC 8264 §8, for the first code point of `character`. */
export function derivedProperty(character: string): DerivedProperty {
  return derivedProperties.at(character.codePointAt(0)!);
}

export function bidiClass(character: string): BidiClass {
  return bidiClasses.at(character.codePointAt(0)!);
}

export function joiningType(character: string): JoiningType {
  return joiningTypes.at(character.codePointAt(0)!);
}

/** Whether the canonical combining class is Virama. */
export function isVirama(character: string): boolean {
  return viramas.at(character.codePointAt(0)!) === 'V';
}
