import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Certificates, issueCertificates } from './certificate.ts';
import { freePort, LOOPBACK, untilListening } from './ports.ts';
import { run, start } from './process.ts';
import type { Target } from './target.ts';

const DOMAIN = 'localhost';

/** Starts the machine's Prosody: checks the drivers against a server known to work. */
export async function startProsody(folder: string): Promise<Target> {
  const certificates = await issueCertificates(folder, DOMAIN);
  const [port, tlsPort] = [await freePort(), await freePort()];
  const config = join(folder, 'prosody.cfg.lua');
  await mkdir(join(folder, 'data'));
  await writeFile(config, configuration(folder, port, tlsPort, certificates));
  const server = start('prosody', ['--config', config, '--root', '-F']);
  await untilListening(server, port);
  return {
    ...{ name: 'Prosody', domain: DOMAIN, host: LOOPBACK, port, tlsPort, certificates },
    addAccount: async (user, password) => {
      const command = ['--root', '--config', config, 'register', user, DOMAIN, password];
      await run('prosodyctl', command);
    },
    log: () => server.output,
    isFault: (line) => /\serror\t/.test(line),
    stop: () => server.end(),
  };
}

function configuration(folder: string, port: number, tlsPort: number, tls: Certificates): string {
  const files = `{ certificate = "${tls.certificate}", key = "${tls.key}" }`;
  return `
run_as_root = true
pidfile = "${join(folder, 'prosody.pid')}"
data_path = "${join(folder, 'data')}"
interfaces = { "${LOOPBACK}" }
c2s_ports = { ${port} }
c2s_direct_tls_ports = { ${tlsPort} }
ssl = ${files}
c2s_direct_tls_ssl = ${files}
c2s_require_encryption = true
modules_enabled = {
  "roster", "saslauth", "tls", "disco", "carbons", "pep", "private", "blocklist",
  "vcard_legacy", "version", "uptime", "time", "ping", "offline", "smacks", "mam"
}
modules_disabled = { "s2s" }
log = { debug = "*console" }
VirtualHost "${DOMAIN}"
`;
}
