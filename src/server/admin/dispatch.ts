import { StorageError } from '../../storage/ports.ts';
import { type AdminCommand, AdminError } from './command.ts';

/** What an operator's program gets back; JSON all through. */
export type AdminAnswer =
  | { readonly result: unknown }
  | { readonly error: { readonly code: string; readonly message: string; readonly hint: string } };

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

  async run(name: string, params: unknown): Promise<AdminAnswer> {
    try {
      const command = this.#commands.get(name);
      if (!command) throw new AdminError('unknown-command', `There is no command ${name}.`);
      return { result: (await command.run(params)) ?? null };
    } catch (error) {
      return { error: this.#explain(error, name) };
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
