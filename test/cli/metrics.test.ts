import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { METRICS, type MetricDescription } from '../../src/server/metric-table.ts';
import { Installation } from './installation.ts';
import { freePort, killServers, startServer } from './serving.ts';

const HEADER = `<stream:stream to='localhost' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`;
const NS_SASL = 'urn:ietf:params:xml:ns:xmpp-sasl';
const NS_BIND = 'urn:ietf:params:xml:ns:xmpp-bind';

let epode: Installation;
beforeEach(() => {
  epode = new Installation();
});
afterEach(async () => {
  await killServers();
  epode.remove();
});

/** A client that signs in at the second attempt and sends a stanza of each kind. */
async function converse(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  let heard = '';
  socket.on('data', (chunk) => {
    heard += chunk;
  });
  const exchange = async (xml: string, answer: string) => {
    heard = '';
    socket.write(xml);
    while (!heard.includes(answer)) await once(socket, 'data');
  };
  const auth = (password: string) => {
    const text = Buffer.from(`\0juliet\0${password}`).toString('base64');
    return `<auth xmlns='${NS_SASL}' mechanism='PLAIN'>${text}</auth>`;
  };
  await exchange(HEADER, '</stream:features>');
  await exchange(`<auth xmlns='${NS_SASL}' mechanism='X'/>`, '</failure>');
  await exchange(auth('wrong'), '</failure>');
  await exchange(auth('secret'), '<success');
  await exchange(HEADER, '</stream:features>');
  const bind = `<bind xmlns='${NS_BIND}'/>`;
  await exchange(`<iq type='set' id='1'>${bind}</iq>`, '</iq>');
  await exchange('<presence/>', '<presence');
  await exchange("<message to='nobody@localhost'><body>x</body></message>", '</message>');
  await exchange("<iq type='get' id='2'/>", 'bad-request');
}

test('a server tells in numbers what its clients do', async () => {
  const [port, metricsPort] = [await freePort(), await freePort()];
  epode.configure(`
hosts: { localhost: }
listeners: [{ type: c2s, address: 127.0.0.1, port: ${port} }]
signIn: { scramIterations: 4096, allowPlainOnLoopback: true }
components: { echo.localhost: { secret: wherefore } }
metrics: { port: ${metricsPort} }
`);
  const { said } = await startServer(epode);
  expect(said).toContain(`  127.0.0.1:${metricsPort}  metrics\n`);
  await epode.run(['user', 'add', 'juliet@localhost', '--password-stdin'], 'secret');
  await converse(port);
  const answer = await fetch(`http://127.0.0.1:${metricsPort}/metrics`);
  expect(answer.headers.get('content-type')).toContain('application/openmetrics-text');
  const text = await answer.text();
  const lines = text.split('\n').filter((line) => !line.startsWith('#'));
  expect(lines).toEqual(
    expect.arrayContaining([
      'epode_sessions{host="localhost"} 1',
      `epode_connections{listener="127.0.0.1:${port}"} 1`,
      `epode_queued_bytes{listener="127.0.0.1:${port}"} 0`,
      'epode_sign_ins_total{mechanism="other",outcome="invalid-mechanism"} 1',
      'epode_sign_ins_total{mechanism="PLAIN",outcome="not-authorized"} 1',
      'epode_sign_ins_total{mechanism="PLAIN",outcome="success"} 1',
      'epode_stanzas_total{host="localhost",kind="presence",outcome="done"} 1',
      'epode_stanzas_total{host="localhost",kind="message",outcome="error"} 1',
      'epode_stanzas_total{host="localhost",kind="iq",outcome="error"} 1',
      `epode_refused_connections_total{listener="127.0.0.1:${port}",reason="too-many"} 0`,
      'epode_waiting_passwords 0',
      expect.stringMatching(/^epode_certificate_expiry_seconds\{host="localhost"\} \d{10}$/),
      'epode_uncommitted_batches 0',
      expect.stringMatching(/^epode_commit_duration_seconds_count [1-9]/),
      expect.stringMatching(/^epode_event_loop_lag_seconds\{quantile="0\.99"\} \d/),
    ]),
  );
  expect(text.endsWith('\n# EOF\n')).toBe(true);
  expect(text).not.toMatch(/juliet|NaN|undefined/);
  const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
  expect(names).toEqual(Object.values(METRICS).map(({ name }) => name));
  for (const { name, labels = [] } of Object.values<MetricDescription>(METRICS)) {
    const sample = lines.find((line) => line.startsWith(name)) ?? '';
    const found = [...sample.matchAll(/[{,](\w+)="/g)].map(([, label]) => label);
    expect([name, found.filter((label) => label !== 'le')]).toEqual([name, labels]);
  }
});
