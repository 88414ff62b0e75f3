/**
 * What one message costs from its bytes to the recipient's outgoing bytes, without
 * the kernel: parser, stream, session, flows, router, queue, over memory.
 *
 *     node bench/micro/message.ts
 */
import { builtinModules } from '../../src/builtin-modules.ts';
import { LocalDirectory } from '../../src/cluster/local-directory.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { parseConfig } from '../../src/server/config/load.ts';
import { Server } from '../../src/server/server.ts';
import { openSource } from '../../src/sources/open.ts';
import { openStorage } from '../../src/storage/sqlite/open.ts';
import type { SessionWire } from '../../src/stream/ports.ts';
import type { XmlStreamHandler } from '../../src/xml/frame.ts';
import { XmlStreamParser } from '../../src/xml/stream-parser.ts';

const MESSAGES = 200;
const ROUNDS = 500;
const SAMPLES = 12;

const config = parseConfig('/epode.yaml', 'hosts: { localhost: {} }', builtinModules);
const storage = await openStorage({ memory: true, log: silentLog });
const directory = new LocalDirectory();
const server = new Server(config.hosts, {
  storage,
  directory,
  clock: systemClock,
  log: silentLog,
  openSource,
  modules: builtinModules,
});

const out = Buffer.alloc(65_536);
let written = 0;

/** Writes where a connection's queue would. */
const wire: SessionWire = {
  remoteAddress: '::1',
  isSecure: false,
  mayShowPassword: false,
  transport: 'memory',
  queuedBytes: 0,
  lang: '',
  contentXmlns: '',
  send() {},
  sendParts(head, rest) {
    const at = out.write(head, 0);
    out.set(rest, at);
    written += at + rest.length;
  },
  pause() {},
  resume() {},
  close() {},
  leave() {},
};

async function signIn(username: string) {
  const owner = `${username}@localhost`;
  const blank = {
    nickname: null,
    isDisabled: false,
    created: 0,
    lastLogin: null,
    imported: null,
    source: null,
  };
  await storage.users.create({ owner, ...blank }, []);
  const session = await server.find('localhost')!.binder.bind(username, 'phone', wire);
  const handler: XmlStreamHandler = {
    onHeader() {},
    onFrame: (frame) => session.receive(frame),
    onFooter() {},
    onError(error) {
      throw error;
    },
  };
  const { afterLogin } = config.hosts[0]!.policy;
  const parser = new XmlStreamParser(handler, afterLogin);
  parser.write(
    Buffer.from("<stream:stream xmlns='jabber:client' xmlns:stream='urn:s'><presence/>"),
  );
  return parser;
}

await signIn('romeo');
const juliet = await signIn('juliet');
const body = 'x'.repeat(120);
const message = `<message to='romeo@localhost' type='chat' id='m12345'><body>${body}</body></message>`;
const chunk = Buffer.from(message.repeat(MESSAGES));

const samples: number[] = [];
for (let sample = 0; sample < SAMPLES; sample++) {
  const start = process.hrtime.bigint();
  for (let round = 0; round < ROUNDS; round++) juliet.write(chunk);
  samples.push(Number(process.hrtime.bigint() - start) / (ROUNDS * MESSAGES));
}
samples.sort((a, b) => a - b);
const [best, median] = [samples[0]!, samples[samples.length >> 1]!];
console.log(`${(best / 1000).toFixed(2)} us a message (median ${(median / 1000).toFixed(2)})`);
if (written === 0) throw new Error('nothing was delivered');
await storage.close();
