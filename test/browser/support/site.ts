import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { issueCertificates } from '../../interop/support/certificate.ts';
import { freePort, LOOPBACK, untilListening } from '../../interop/support/ports.ts';
import { run, start } from '../../interop/support/process.ts';
import type { Target } from '../../interop/support/target.ts';

const DOMAIN = 'localhost';
const PROGRAM = fileURLToPath(new URL('../../../bin/epode', import.meta.url));
const SIGN_UP = { signUp: true, signUpsPerAddress: 1000, signUpsInAll: 1000 };
/** Level 50 is "error", 60 "fatal". */
const FAULT = /^\{"level":[56]0,/;

/** Epode with its web client, as a newcomer starts it. */
export type Site = Target & {
  /** Where the web client is, with a slash at the end. */
  readonly url: string;
};

export type SiteOptions = {
  /** Set up besides, as the sections below are. */
  readonly modules?: object;
  readonly sections?: object;
  /** The web client and all that belongs to it are found by `https:`. */
  readonly isSecure?: boolean;
};

/** Starts Epode with all its files in `folder`. */
export async function startSite(
  folder: string,
  { modules = {}, sections = {}, isSecure = false }: SiteOptions = {},
): Promise<Site> {
  const certificates = await issueCertificates(folder, DOMAIN);
  const [port, tlsPort, webPort] = [await freePort(), await freePort(), await freePort()];
  const config = join(folder, 'epode.yaml');
  const url = `${isSecure ? 'https' : 'http'}://${DOMAIN}:${webPort}/`;
  const settings = {
    data: join(folder, 'data'),
    hosts: {
      [DOMAIN]: { certificate: { cert: certificates.certificate, key: certificates.key } },
    },
    listeners: [
      { type: 'c2s', address: LOOPBACK, port },
      { type: 'c2s-tls', address: LOOPBACK, port: tlsPort },
      { type: isSecure ? 'https' : 'http', address: LOOPBACK, port: webPort },
    ],
    ...(isSecure ? { http: { publicUrl: url.slice(0, -1) } } : {}),
    control: { socket: join(folder, 'control.sock') },
    log: { level: 'debug', format: 'json' },
    modules: { registration: SIGN_UP, ...modules },
    ...sections,
  };
  // JSON is YAML.
  await writeFile(config, JSON.stringify(settings, null, 2));
  const launch = () => start(process.execPath, [PROGRAM, 'start', '--config', config]);
  let server = launch();
  await untilListening(server, webPort);
  return {
    ...{ name: 'Epode', domain: DOMAIN, host: LOOPBACK, port, tlsPort, certificates },
    url,
    addAccount: async (user, password) => {
      const command = ['user', 'add', `${user}@${DOMAIN}`, '--password-stdin'];
      const launched = { input: `${password}\n` };
      await run(process.execPath, [PROGRAM, ...command, '--config', config], launched);
    },
    log: () => server.output,
    isFault: (line) => FAULT.test(line),
    restart: async () => {
      await server.end();
      server = launch();
      await untilListening(server, webPort);
    },
    stop: () => server.end(),
  };
}
