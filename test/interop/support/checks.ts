/** Counts checks and prints one line for each, as it is decided. */
export class Checks {
  passed = 0;
  failed = 0;

  /** Runs one check. A failed check is printed with its cause and rethrown: later ones depend on it. */
  async check<T>(subject: string, what: string, body: () => Promise<T>): Promise<T> {
    try {
      const result = await body();
      this.passed += 1;
      console.log(`ok ${subject}: ${what}`);
      return result;
    } catch (error) {
      this.fail(subject, what, error);
      throw new Failed(subject, { cause: error });
    }
  }

  fail(subject: string, what: string, error: unknown): void {
    this.failed += 1;
    console.log(`not ok ${subject}: ${what}`);
    console.log(indent(error instanceof Error ? error.message : String(error)));
  }

  summary(): string {
    return `${this.passed} passed, ${this.failed} failed`;
  }
}

/** A check has failed and has been reported. */
export class Failed extends Error {}

export function indent(text: string): string {
  return text.replace(/^/gm, '    ');
}
