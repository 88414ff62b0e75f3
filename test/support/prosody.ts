import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selfSigned } from './self-signed.ts';

/**
 * Runs a command with a private Prosody as its `TARGET`:
 *
 *     node test/support/prosody.ts npm run --silent jest -- test/conversations
 *
 * Prosody listens on a free port of loopback, keeps everything in a temporary
 * directory, and is gone afterwards.
 */

const DOMAIN = 'localhost';
const LOOPBACK = '127.0.0.1';
const START_TIMEOUT = 10_000;

const MODULES = [
  ...['roster', 'saslauth', 'tls', 'disco', 'ping', 'time', 'version', 'uptime', 'offline'],
  ...['blocklist', 'lastactivity', 'pep', 'private', 'register', 'server_contact_info'],
  ...['vcard_legacy', 'carbons', 'csi', 'csi_simple', 'mam', 'smacks'],
];

function configuration(directory: string, port: number): string {
  const list = (names: readonly string[]) => `{ ${names.map((name) => `"${name}"`).join(', ')} }`;
  const file = (name: string) => JSON.stringify(join(directory, name));
  return `
run_as_root = true
pidfile = ${file('prosody.pid')}
data_path = ${file('data')}
log = { info = ${file('log')} }
interfaces = { "${LOOPBACK}" }
c2s_ports = { ${port} }
ssl = { certificate = ${file('cert.pem')}, key = ${file('key.pem')} }
c2s_require_encryption = true
modules_enabled = ${list(MODULES)}
modules_disabled = ${list(['s2s', 's2s_auth_certs'])}
authentication = "internal_plain"
storage = "internal"
VirtualHost "${DOMAIN}"
`;
}

/** What `prosodyctl register` writes; that takes half a second an account. */
function accountScript(accounts: string): string {
  return `#!/bin/sh
printf 'return {\\n\\t["password"] = "%s";\\n};\\n' "$3" > "${accounts}/$1.dat"
`;
}

async function prepare(directory: string, port: number): Promise<void> {
  const accounts = join(directory, 'data', DOMAIN, 'accounts');
  const { cert, key } = await selfSigned(DOMAIN);
  await mkdir(accounts, { recursive: true });
  await writeFile(join(directory, 'cert.pem'), cert);
  await writeFile(join(directory, 'key.pem'), key);
  await writeFile(join(directory, 'prosody.cfg.lua'), configuration(directory, port));
  await writeFile(join(directory, 'create-account'), accountScript(accounts));
  await chmod(join(directory, 'create-account'), 0o700);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, LOOPBACK);
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}

async function untilListening(server: ChildProcess, port: number): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT;
  while (!(await accepts(port))) {
    if (server.exitCode !== null || Date.now() > deadline) throw new Error('Prosody did not start');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, LOOPBACK);
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

async function main([command = '', ...args]: readonly string[]): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'prosody-'));
  const port = await freePort();
  await prepare(directory, port);
  const config = join(directory, 'prosody.cfg.lua');
  const server = spawn('prosody', ['-F', '--root', '--config', config], { stdio: 'ignore' });
  try {
    await untilListening(server, port);
    const env = {
      ...process.env,
      TARGET: `${LOOPBACK}:${port}`,
      TARGET_DOMAIN: DOMAIN,
      TARGET_CREATE: join(directory, 'create-account'),
    };
    const [code] = await once(spawn(command, args, { env, stdio: 'inherit' }), 'exit');
    return code ?? 1;
  } finally {
    server.kill();
    await once(server, 'exit');
    await rm(directory, { recursive: true });
  }
}

process.exitCode = await main(process.argv.slice(2));
