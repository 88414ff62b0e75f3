import assert from 'node:assert/strict';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { builtinModules } from '../../../src/builtin-modules.ts';
import { checkCalls } from '../../../src/cli/doctor/calls.ts';
import { type Certificates, issueCertificates } from '../support/certificate.ts';
import { Dino } from '../support/dino.ts';
import { Display } from '../support/display.ts';
import { slixmpp } from '../support/libraries.ts';
import { until } from '../support/poll.ts';
import { freePort, LOOPBACK } from '../support/ports.ts';
import { run } from '../support/process.ts';
import { freshAccount, type Target } from '../support/target.ts';
import { Coturn } from '../support/turn-server.ts';
import type { Scenario, Stage } from './scenario.ts';

const SECRET = 'wherefore-4711';
const METRIC = /^epode_issued_credentials_total\{host="localhost"\} (\d+)$/m;

interface Service {
  readonly type: string;
  readonly username?: string;
  readonly password?: string;
}

/** coturn, with the credentials that clients get for it. */
export const callsScenario: Scenario = {
  name: 'calls',
  timeoutMs: 180_000,
  async play(stage) {
    if (!stage.target.startAnother) return;
    const certificates = await certificatesIn(await subfolder(stage, 'turn'));
    await asItShouldBe(stage, certificates);
    await asItShouldNotBe(stage, certificates);
  },
};

async function asItShouldBe(stage: Stage, certificates: Certificates): Promise<void> {
  const { check } = stage;
  const folder = await subfolder(stage, 'closed');
  const coturn = await check('coturn', 'starts by the example', () =>
    Coturn.start(folder, certificates, { secret: SECRET }),
  );
  const metrics = await freePort();
  const target = await withServices(stage, folder, coturn, metrics);
  await check('doctor', 'has relays allocated over UDP, TCP and TLS', async () => {
    const lines = await findings(folder);
    for (const uri of urisOf(coturn)) {
      assert.match(lines, new RegExp(`ok ${uri}[^:]*: credentials are made out, and end in time`));
      assert.match(lines, new RegExp(`ok ${uri}[^:]*: relays nothing to loopback and private`));
    }
    // Their authority is ours alone.
    assert.match(lines, /error turns:.*: clients refuse its certificate/);
  });
  await check('slixmpp', 'is told of all services, with credentials', async () => {
    const told = await servicesFor(target);
    assert.deepEqual(
      told.map(({ type }) => type),
      ['stun', 'turn', 'turn', 'turns'],
    );
  });
  await check('dino', 'asks for the services as it signs in', async () => {
    const before = await issued(metrics);
    const display = await Display.open();
    const dino = await Dino.signIn(folder, target, await freshAccount(target, 'juliet'), display);
    await until('Dino asks', async () => (await issued(metrics)) > before);
    await dino.quit();
  });
  await check('doctor', 'finds out that coturn has gone', async () => {
    await coturn.stop();
    const lines = await findings(folder);
    assert.match(lines, /error turn:.*udp.*nobody listens on UDP port/);
    assert.match(lines, /error turn:.*tcp.*nobody listens on TCP port/);
  });
  await target.stop();
}

async function asItShouldNotBe(stage: Stage, certificates: Certificates): Promise<void> {
  const folder = await subfolder(stage, 'open');
  const coturn = await Coturn.start(folder, certificates, { secret: SECRET, isOpen: true });
  const target = await withServices(stage, folder, coturn, await freePort());
  await stage.check('doctor', 'warns of a relay to this machine', async () => {
    assert.match(await findings(folder), /warning turn:.*: relays to 127\.0\.0\.1, 10\.0\.0\.1/);
  });
  await stage.check('turnutils_uclient', 'has its packets relayed', async () => {
    const turn = (await servicesFor(target)).find(({ type }) => type === 'turn')!;
    const output = await run('turnutils_uclient', [
      ...['-u', turn.username!, '-w', turn.password!, '-p', String(coturn.port)],
      ...['-y', '-n', '20', '-m', '1', LOOPBACK],
    ]);
    assert.match(output, /tot_send_msgs=\d*[1-9]\d*, tot_recv_msgs=\d*[1-9]/);
    assert.match(output, /Total lost packets 0 /);
  });
  await coturn.stop();
  await target.stop();
}

function withServices(stage: Stage, folder: string, coturn: Coturn, port: number): Promise<Target> {
  const place = { host: 'localhost', port: coturn.port };
  const services = [
    { type: 'stun', ...place },
    { type: 'turn', ...place },
    { type: 'turn', ...place, transport: 'tcp' },
    { type: 'turns', ...place, port: coturn.tlsPort },
  ];
  const modules = { 'external-services': { secret: SECRET, services } };
  return stage.target.startAnother!(folder, { modules, metrics: { port } });
}

function urisOf({ port, tlsPort }: Coturn): string[] {
  const turn = `turn:localhost:${port}\\?transport=`;
  return [`${turn}udp`, `${turn}tcp`, `turns:localhost:${tlsPort}\\?transport=tcp`];
}

async function findings(folder: string): Promise<string> {
  const found = await checkCalls(join(folder, 'epode.yaml'), builtinModules, {});
  return found.map(({ level, message }) => `${level} ${message}`).join('\n');
}

async function servicesFor(target: Target): Promise<readonly Service[]> {
  const client = slixmpp.connect(target, await freshAccount(target, 'romeo'));
  await client.sees('online');
  const { services } = await client.ask({ do: 'services', to: target.domain });
  await client.quit();
  return services as Service[];
}

async function issued(port: number): Promise<number> {
  const response = await fetch(`http://${LOOPBACK}:${port}/metrics`);
  return Number(METRIC.exec(await response.text())?.[1]);
}

/** For programs that run as somebody else, too. */
async function certificatesIn(folder: string): Promise<Certificates> {
  const certificates = await issueCertificates(folder, 'localhost');
  await chmod(certificates.key, 0o644);
  return certificates;
}

async function subfolder({ folder }: Stage, name: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(path, { recursive: true });
  await chmod(path, 0o777);
  return path;
}
