// One file up and down by curl, against Epode and nginx in turns; bench/README.md says how.
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { cpuTime, processTree } from '../rivals/proc.ts';
import { endAll, runToEnd, start, stop } from '../rivals/process.ts';
import { GENERATOR_CORE, SERVER_CORE } from '../run/scenario.ts';
import { askForSlot } from './slot.ts';

const { values } = parseArgs({
  options: {
    megabytes: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '3' },
    port: { type: 'string', default: '24810' },
  },
});
const BYTES = Number(values.megabytes) * 1_000_000;
const PORT = Number(values.port);
const [EPODE_XMPP, EPODE_HTTP, NGINX] = [PORT, PORT + 1, PORT + 2];
const LIMIT_MS = 300_000;
const ACCOUNT = { name: 'bench0', password: 'secret' };
const root = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'epode-bench-upload-'));
const source = join(folder, 'source.bin');
const copy = join(folder, 'copy.bin');

interface Contender {
  readonly name: string;
  readonly argv: readonly string[];
  readonly port: number;
  urls(): Promise<{ put: string; get: string }>;
}

async function epode(): Promise<Contender> {
  const config = join(folder, 'epode.yaml');
  const limits = ['maxFileSize', 'quota', 'dailyLimit'].map((key) => `${key}: 1000 GiB`);
  writeFileSync(
    config,
    `data: ${join(folder, 'data')}
hosts: { localhost: { publicUrl: 'http://localhost:${EPODE_HTTP}' } }
listeners:
  - { type: c2s, address: 127.0.0.1, port: ${EPODE_XMPP} }
  - { type: http, address: 127.0.0.1, port: ${EPODE_HTTP} }
signIn: { allowPlainOnLoopback: true }
modules: { upload: { ${limits.join(', ')} } }
log: { level: warn, format: json }
`,
  );
  const names = { count: 1, prefix: 'bench', domain: 'localhost', password: ACCOUNT.password };
  const accounts = JSON.stringify({ ...names, areContacts: false, stored: 'password' });
  const script = join(root, 'bench', 'rivals', 'epode-accounts.ts');
  mkdirSync(join(folder, 'data'));
  await runToEnd(
    { argv: [process.execPath, script, join(folder, 'data'), accounts] },
    GENERATOR_CORE,
    LIMIT_MS,
  );
  return {
    name: 'epode',
    argv: [process.execPath, join(root, 'bin', 'epode'), 'start', '--config', config],
    port: EPODE_HTTP,
    urls: () => askForSlot(EPODE_XMPP, { ...ACCOUNT, bytes: BYTES }),
  };
}

/** As Debian packages it: sendfile for what is got, the DAV module for what is put. */
function nginx(): Contender {
  const config = join(folder, 'nginx.conf');
  mkdirSync(join(folder, 'files'));
  writeFileSync(
    config,
    `daemon off; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log; user root;
events {}
http {
  access_log off; sendfile on; client_max_body_size 0; client_body_temp_path ${folder}/temp;
  server { listen 127.0.0.1:${NGINX}; root ${folder}/files; location / { dav_methods PUT; } }
}
`,
  );
  let count = 0;
  return {
    name: 'nginx',
    argv: ['nginx', '-c', config, '-e', join(folder, 'nginx.log')],
    port: NGINX,
    urls: async () => {
      const url = `http://localhost:${NGINX}/file-${++count}.bin`;
      return { put: url, get: url };
    },
  };
}

async function untilOpen(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
    await pause(50);
  }
  throw new Error(`nobody listens on port ${port}`);
}

function peakMib(pids: readonly number[]): number {
  const peaks = pids.map(
    (pid) => /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1],
  );
  return peaks.reduce((sum, kib) => sum + Number(kib ?? 0), 0) / 1_024;
}

/** Seconds on the wall, and of the server's processor time. */
async function timed(pids: readonly number[], ...args: readonly string[]) {
  const [cpu, begin] = [cpuTime(pids), performance.now()];
  const argv = ['curl', '--silent', '--show-error', '--fail', ...args];
  await runToEnd({ argv }, GENERATOR_CORE, LIMIT_MS);
  return { wall: (performance.now() - begin) / 1e3, cpu: (cpuTime(pids) - cpu) / 1e9 };
}

async function measure({ name, argv, port, urls }: Contender): Promise<void> {
  const child = start({ argv }, SERVER_CORE, { file: join(folder, `${name}.log`) });
  try {
    await untilOpen(port);
    const pids = processTree(child.pid!);
    const before = peakMib(pids);
    const { put, get } = await urls();
    const type = ['--header', 'Content-Type: application/octet-stream'];
    const up = await timed(pids, ...type, '--upload-file', source, put);
    const down = await timed(pids, '--output', copy, get);
    await runToEnd({ argv: ['cmp', source, copy] }, GENERATOR_CORE, LIMIT_MS);
    const show = ({ wall, cpu }: typeof up) =>
      `${wall.toFixed(2)} s (${(BYTES / 1e6 / wall).toFixed(0)} MB/s), CPU ${cpu.toFixed(2)} s`;
    const memory = `${before.toFixed(0)} -> ${peakMib(pids).toFixed(0)} MiB`;
    console.log(`  ${name.padEnd(6)} up ${show(up)}; down ${show(down)}; peak memory ${memory}`);
  } finally {
    await stop(child);
  }
}

process.once('exit', () => {
  endAll();
  rmSync(folder, { recursive: true, force: true });
});
await runToEnd(
  { argv: ['dd', 'if=/dev/urandom', `of=${source}`, 'bs=1000000', `count=${values.megabytes}`] },
  GENERATOR_CORE,
  LIMIT_MS,
);
const contenders = [await epode(), nginx()];
for (let round = 1; round <= Number(values.rounds); round++) {
  console.log(`round ${round} of ${values.rounds}, ${values.megabytes} MB`);
  for (const contender of contenders) await measure(contender);
}
