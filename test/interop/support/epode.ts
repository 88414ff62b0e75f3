import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Certificates, issueCertificates } from './certificate.ts';
import { freePort, LOOPBACK, untilListening } from './ports.ts';
import { run, start } from './process.ts';
import type { ComponentAccess, StartTarget, Target } from './target.ts';

const DOMAIN = 'localhost';
const ECHO = { domain: `echo.${DOMAIN}`, secret: 'wherefore-4711' };
/** Level 50 is "error", 60 "fatal". */
const FAULT = /^\{"level":[56]0,/;

/** Starts Epode by its command-line program, the file `program`. `settings` are sections besides. */
export function startEpodeWith(program: string, settings: object = {}): StartTarget {
  return async (folder, env = {}) => {
    const certificates = await issueCertificates(folder, DOMAIN);
    const [port, tlsPort] = [await freePort(), await freePort()];
    const web = { http: await freePort(), https: await freePort() };
    const component = { ...ECHO, host: LOOPBACK, port: await freePort() };
    const config = join(folder, 'epode.yaml');
    await writeFile(
      config,
      configuration(folder, { port, tlsPort, web, component }, certificates, settings),
    );
    const launch = () => start(process.execPath, [program, 'start', '--config', config], { env });
    let server = launch();
    await untilListening(server, port);
    return {
      ...{ name: 'Epode', domain: DOMAIN, host: LOOPBACK, port, tlsPort, certificates },
      ...{ component, web },
      addAccount: async (user, password) => {
        const command = ['user', 'add', `${user}@${DOMAIN}`, '--password-stdin'];
        const input = `${password}\n`;
        await run(process.execPath, [program, ...command, '--config', config], { input });
      },
      importUsers: async (csv) => {
        const file = join(folder, 'site.csv');
        await writeFile(file, csv);
        const command = ['user', 'import', file, '--config', config];
        await run(process.execPath, [program, ...command]);
      },
      startAnother: (folder, settings) => startEpodeWith(program, settings)(folder),
      log: () => server.output,
      isFault: (line) => FAULT.test(line),
      restart: async () => {
        await server.end();
        server = launch();
        await untilListening(server, port);
      },
      stop: () => server.end(),
    };
  };
}

type Ports = Pick<Target, 'port' | 'tlsPort'> &
  Required<Pick<Target, 'web'>> & { readonly component: ComponentAccess };

function configuration(
  folder: string,
  { port, tlsPort, web, component }: Ports,
  tls: Certificates,
  settings: object,
): string {
  // JSON is YAML.
  const sections = Object.entries(settings).map(
    ([key, value]) => `${key}: ${JSON.stringify(value)}`,
  );
  return `
data: ${join(folder, 'data')}
hosts:
  ${DOMAIN}:
    certificate: { cert: ${tls.certificate}, key: ${tls.key} }
    publicUrl: https://${DOMAIN}:${web.https}
listeners:
  - { type: c2s, address: ${LOOPBACK}, port: ${port} }
  - { type: c2s-tls, address: ${LOOPBACK}, port: ${tlsPort} }
  - { type: http, address: ${LOOPBACK}, port: ${web.http} }
  - { type: https, address: ${LOOPBACK}, port: ${web.https} }
  - { type: component, address: ${LOOPBACK}, port: ${component.port} }
components: { ${component.domain}: { secret: ${component.secret}, name: Echo } }
control: { socket: ${join(folder, 'control.sock')} }
log: { level: debug, format: json }
${sections.join('\n')}
`;
}
