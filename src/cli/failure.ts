import { AdminError } from '../server/admin/command.ts';
import { CertificateError } from '../server/certificates.ts';
import { ConfigError } from '../server/config/problems.ts';
import { StorageError } from '../storage/ports.ts';
import { ControlError } from '../transports/control.ts';

/** Exit statuses: done, failed, called wrongly, done with something to look at. */
export const EXIT = { ok: 0, failed: 1, usage: 2, warned: 3 } as const;

/** A command cannot do what it was called for. */
export class CliError extends Error {
  /** '' when the message says it all. */
  readonly mend: string;
  readonly exitCode: number;

  constructor(message: string, mend = '', exitCode: number = EXIT.failed) {
    super(message);
    this.mend = mend;
    this.exitCode = exitCode;
  }
}

/** The one message that an operator gets: what is wrong and what mends it. */
export function explainFailure(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  if (error instanceof AdminError) return withMend(error.message, error.hint);
  if (
    error instanceof CliError ||
    error instanceof CertificateError ||
    error instanceof ControlError ||
    error instanceof StorageError
  ) {
    return withMend(error.message, error.mend);
  }
  return explainListenFailure(error as ListenFailure) ?? defect(error);
}

interface ListenFailure extends NodeJS.ErrnoException {
  readonly address?: string;
  readonly port?: number;
}

// What the system says when a port cannot be listened on.
function explainListenFailure({ code, syscall, address, port }: ListenFailure): string | null {
  if (syscall !== 'listen' && syscall !== 'bind') return null;
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} is in use by another program.\nStop that program, or set another port under "listeners".`;
    case 'EACCES':
      return `Port ${port} needs privileges: this user may not listen on ports below 1024.\nSet a higher port under "listeners", or allow Node.js: setcap cap_net_bind_service=+ep $(which node)`;
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
      return `This machine has no address ${address}.\nSet another address under "listeners", or none to listen on all.`;
    default:
      return null;
  }
}

// Nobody can mend this but us, who need to see where it happened.
function defect(error: unknown): string {
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `Epode failed in a way that it should not; please report this:\n${details}`;
}

function withMend(message: string, mend: string): string {
  return mend === '' ? message : `${message}\n${mend}`;
}
