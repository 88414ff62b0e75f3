import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Certificates } from './certificate.ts';
import { freePort, untilListening } from './ports.ts';
import { type Running, start } from './process.ts';

const GUIDE = new URL('../../../docs/http.md', import.meta.url);

/** A proxy in front of a server, and what it is called there. */
export type WebProxy = { readonly port: number; readonly running: Running };

/** Starts a proxy for the server's HTTP on `upstream`, as `docs/http.md` has it. */
export type StartProxy = (
  folder: string,
  upstream: number,
  certificates: Certificates,
) => Promise<WebProxy>;

/** Debian's nginx with the guide's file, within the least that nginx has to have around it. */
export const startNginx: StartProxy = async (folder, upstream, { certificate, key }) => {
  const port = await freePort();
  const site = example('nginx')
    .replace('listen 443', `listen 127.0.0.1:${port}`)
    .replace('127.0.0.1:5280', `127.0.0.1:${upstream}`)
    .replace('chat.example.org;', 'localhost;')
    .replace(/ssl_certificate .*;/, `ssl_certificate ${certificate};`)
    .replace(/ssl_certificate_key .*;/, `ssl_certificate_key ${key};`);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${join(folder, kind)};`,
  );
  const around = `pid ${join(folder, 'pid')};\nerror_log stderr;\nevents {}\n`;
  const http = `http {\naccess_log off;\n${temporary.join('\n')}\n${site}\n}\n`;
  const file = join(folder, 'nginx.conf');
  await writeFile(file, around + http);
  const running = start('/usr/sbin/nginx', ['-p', folder, '-c', file, '-g', 'daemon off;']);
  await untilListening(running, port);
  return { port, running };
};

/** Debian's Caddy with the guide's file; the certificate is ours, since nobody gives one for here. */
export const startCaddy: StartProxy = async (folder, upstream, { certificate, key }) => {
  const port = await freePort();
  const site = example('caddy')
    .replace('chat.example.org {', `https://localhost:${port} {\n    tls ${certificate} ${key}`)
    .replace('127.0.0.1:5280', `127.0.0.1:${upstream}`);
  const file = join(folder, 'Caddyfile');
  await writeFile(file, `{\n    admin off\n    auto_https disable_redirects\n}\n${site}`);
  const home = join(folder, 'home');
  await mkdir(home);
  const env = { HOME: home, XDG_DATA_HOME: home, XDG_CONFIG_HOME: home };
  const args = ['run', '--config', file, '--adapter', 'caddyfile'];
  const running = start('/usr/bin/caddy', args, { env });
  await untilListening(running, port);
  return { port, running };
};

/** The guide's block of that language. */
function example(language: string): string {
  const block = new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(readFileSync(GUIDE, 'utf8'));
  if (!block?.[1]) throw new Error(`docs/http.md has no example of ${language}`);
  return block[1];
}
