import { type ZodType, z } from 'zod';

/**
 * A command for operators, as data: the control socket, the command line and
 * later the web all run the same ones.
 */
export interface AdminCommand {
  /** `user.add` */
  readonly name: string;
  readonly summary: string;
  /**
   * Its result; where that comes bit by bit, an async iterable whose last value is the
   * result. `signal` says that nobody waits for it any more.
   */
  run(params: unknown, signal: AbortSignal): Promise<unknown>;
}

/** An operator asked for what cannot be; `message` says why, `hint` what to do. */
export class AdminError extends Error {
  readonly code: AdminErrorCode;
  /** '' when the message says it all. */
  readonly hint: string;

  constructor(code: AdminErrorCode, message: string, hint = '') {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

/** Why a command fails, by the `code` of its answer. */
export const ADMIN_ERRORS = {
  'bad-params': 'A parameter is missing, unknown, or not what it should be.',
  'unknown-command': 'There is no such command.',
  'unknown-host': 'The domain is not served here.',
  'bad-address': 'The address is none, or none of an account or contact.',
  'bad-password': 'The password cannot be one: it is empty, or holds what SASLprep forbids.',
  exists: 'What is to be made is there already.',
  retired: 'An account of that name was deleted lately (`accounts.nameRetirement`).',
  'kept-elsewhere':
    'The accounts of the domain are kept elsewhere (`accounts.source`); change it there.',
  'source-failed': 'Where the accounts are kept does not answer, or not as it should.',
  'not-found': 'The account, contact, session or client is not there.',
  'bad-certificate': 'A certificate cannot be used; all is as it was.',
  'bad-config': 'The configuration has mistakes; all is as it was.',
  failed: 'It could not be done; the message or the log says why.',
} as const;

export type AdminErrorCode = keyof typeof ADMIN_ERRORS;

/** Completes a command: its parameters are checked before it runs. */
export function adminCommand<P>(definition: {
  readonly name: string;
  readonly summary: string;
  readonly params: ZodType<P>;
  run(params: P, signal: AbortSignal): Promise<unknown>;
}): AdminCommand {
  return {
    name: definition.name,
    summary: definition.summary,
    run: (params, signal) =>
      definition.run(checkParams(definition.name, definition.params, params), signal),
  };
}

/** For a command without parameters. */
export const noParams = z.strictObject({});

/** @throws {AdminError} bad-params, with what is wrong. */
export function checkParams<P>(command: string, schema: ZodType<P>, params: unknown): P {
  const result = schema.safeParse(params ?? {});
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) =>
    path.length > 0 ? `${path.join('.')}: ${message}` : message,
  );
  throw new AdminError('bad-params', `${command}: ${issues.join('; ')}`);
}
