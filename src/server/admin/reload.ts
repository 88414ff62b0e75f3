import { CertificateError } from '../certificates.ts';
import { ConfigError } from '../config/problems.ts';
import { type AdminCommand, AdminError, adminCommand, noParams } from './command.ts';
import type { CertificateControl, ReloadControl } from './ports.ts';

const UNCHANGED = 'Nothing was changed.';

/** The commands that change how the server runs, while it runs. */
export function reloadCommands(control: ReloadControl & CertificateControl): AdminCommand[] {
  return [
    adminCommand({
      name: 'reload',
      summary: 'Takes what the configuration file says now, as far as that goes without a restart.',
      params: noParams,
      run: () => control.reload().catch(explain),
    }),
    adminCommand({
      name: 'cert.show',
      summary: 'Lists the certificates in use.',
      params: noParams,
      run: async () => control.inUse(),
    }),
    adminCommand({
      name: 'cert.reload',
      summary: 'Takes what the files of certificates hold now for new connections.',
      params: noParams,
      run: () => control.reloadCertificates().catch(explain),
    }),
  ];
}

function explain(error: unknown): never {
  if (error instanceof ConfigError) throw new AdminError('bad-config', error.message, UNCHANGED);
  if (!(error instanceof CertificateError)) throw error;
  throw new AdminError('bad-certificate', `${error.message} ${UNCHANGED}`, error.mend);
}
