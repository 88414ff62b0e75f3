import { CertificateError } from '../certificates.ts';
import { type AdminCommand, AdminError, adminCommand, noParams } from './command.ts';
import type { CertificateControl } from './ports.ts';

/** The commands about the certificates of the running server. */
export function certificateCommands(certificates: CertificateControl): AdminCommand[] {
  return [
    adminCommand({
      name: 'cert.show',
      summary: 'Lists the certificates in use.',
      params: noParams,
      run: async () => certificates.inUse(),
    }),
    adminCommand({
      name: 'cert.reload',
      summary: 'Takes what the files of certificates hold now for new connections.',
      params: noParams,
      run: () => certificates.reload().catch(explain),
    }),
  ];
}

function explain(error: unknown): never {
  if (!(error instanceof CertificateError)) throw error;
  const message = `${error.message} The certificates in use stay.`;
  throw new AdminError('bad-certificate', message, error.mend);
}
