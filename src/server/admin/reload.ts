import { z } from 'zod';
import { CertificateError } from '../certificates.ts';
import { ConfigError } from '../config/problems.ts';
import { type AdminCommand, AdminError, adminCommand, noParams } from './command.ts';
import type { CertificateControl, ConfigControl, ReloadControl } from './ports.ts';

const SECOND = 1_000;

const text = z.string().max(1_048_576);
const proposal = z.strictObject({ text });
const trial = z.strictObject({ text, seconds: z.int().min(1).max(3_600) });

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

/** The commands that compare configurations and try them out. */
export function configCommands(control: ConfigControl): AdminCommand[] {
  return [
    adminCommand({
      name: 'config.diff',
      summary: 'Lists what another configuration would change.',
      params: proposal,
      run: (params) => control.diff(params.text).catch(explain),
    }),
    adminCommand({
      name: 'config.pending',
      summary: 'Tells the text of the configuration, and of the one that is being tried out.',
      params: noParams,
      run: async () => control.pending(),
    }),
    adminCommand({
      name: 'config.try',
      summary: 'Takes another configuration for a while.',
      params: trial,
      run: (params) => control.tryOut(params.text, params.seconds * SECOND).catch(explain),
    }),
    adminCommand({
      name: 'config.confirm',
      summary: 'Keeps the configuration that is being tried out.',
      params: noParams,
      run: () => control.confirm(),
    }),
    adminCommand({
      name: 'config.rollback',
      summary: 'Goes back to the configuration from before.',
      params: noParams,
      run: () => control.rollBack(),
    }),
  ];
}

function explain(error: unknown): never {
  if (error instanceof ConfigError) throw new AdminError('bad-config', error.message, UNCHANGED);
  if (!(error instanceof CertificateError)) throw error;
  throw new AdminError('bad-certificate', `${error.message} ${UNCHANGED}`, error.mend);
}
