import { StorageError } from '../../storage/ports.ts';
import { type AdminCommand, AdminError } from './command.ts';

/** What an operator's program gets back; JSON all through. */
export type AdminAnswer =
  | { readonly result: unknown }
  | { readonly error: { readonly code: string; readonly message: string; readonly hint: string } };

/** A bit of a result; more follow, and at last an answer. */
export interface AdminBit {
  readonly next: unknown;
}

/** For those who wait in any case. */
const NEVER = new AbortController().signal;

/** Runs commands by name. The answer says what went wrong; nothing is thrown. */
export class AdminDispatcher {
  readonly #commands: ReadonlyMap<string, AdminCommand>;
  readonly #report: (error: unknown, command: string) => void;

  /** `report` hears of failures that no operator caused. */
  constructor(
    commands: readonly AdminCommand[],
    report: (error: unknown, command: string) => void,
  ) {
    this.#commands = new Map(commands.map((command) => [command.name, command]));
    this.#report = report;
  }

  /** The answer of a command, or, where its result comes bit by bit, the answers. */
  async run(
    name: string,
    params: unknown,
    signal = NEVER,
  ): Promise<AdminAnswer | AsyncIterable<AdminAnswer | AdminBit>> {
    try {
      const command = this.#commands.get(name);
      if (!command) throw new AdminError('unknown-command', `There is no command ${name}.`);
      const result = (await command.run(params, signal)) ?? null;
      return isIterator(result) ? this.#answers(result, name) : { result };
    } catch (error) {
      return { error: this.#explain(error, name) };
    }
  }

  async *#answers(
    bits: AsyncIterator<unknown>,
    name: string,
  ): AsyncGenerator<AdminAnswer | AdminBit> {
    try {
      for (let bit = await bits.next(); ; bit = await bits.next()) {
        yield bit.done ? { result: bit.value ?? null } : { next: bit.value };
        if (bit.done) return;
      }
    } catch (error) {
      yield { error: this.#explain(error, name) };
    } finally {
      await bits.return?.();
    }
  }

  #explain(error: unknown, command: string) {
    if (error instanceof AdminError) {
      return { code: error.code, message: error.message, hint: error.hint };
    }
    this.#report(error, command);
    if (error instanceof StorageError) {
      return { code: `storage-${error.code}`, message: error.message, hint: error.mend };
    }
    return { code: 'failed', message: 'The command failed.', hint: "See the server's log." };
  }
}

function isIterator(result: unknown): result is AsyncIterator<unknown> {
  return typeof result === 'object' && result !== null && Symbol.asyncIterator in result;
}
