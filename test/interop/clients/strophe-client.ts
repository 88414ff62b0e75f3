// A session of Strophe.js driven by JSON lines on standard input, as far as protocol.ts is asked
// of it over WebSocket. The authority comes from NODE_EXTRA_CA_CERTS.
import { createInterface } from 'node:readline';
import { $iq, $msg, $pres, Strophe } from 'strophe.js';
import type { Command, Session } from './protocol.ts';

/** What is read of the browser's own kind of element. */
interface Node {
  readonly textContent: string | null;
  getAttribute(name: string): string | null;
  getElementsByTagName(name: string): ArrayLike<Node>;
}

const session: Session = JSON.parse(process.argv[2] ?? '{}');
const connection = new Strophe.Connection(session.service ?? '');

function tell(event: string, fields: object = {}): void {
  console.log(JSON.stringify({ event, ...fields }));
}

function ask(iq: ReturnType<typeof $iq>): Promise<Node | null> {
  const { promise, resolve, reject } = Promise.withResolvers<Node | null>();
  const fail = (answer: Node | null) =>
    reject(new Error(answer ? Strophe.serialize(answer) : 'no answer'));
  connection.sendIQ(iq, resolve, fail, 10_000);
  return promise;
}

async function obey(command: Command): Promise<object> {
  switch (command.do) {
    case 'presence':
      connection.send($pres(command.to ? { to: command.to } : {}));
      return {};
    case 'message':
      connection.send($msg({ to: command.to, type: 'chat' }).c('body').t(command.body));
      return {};
    case 'roster':
      await ask($iq({ type: 'get' }).c('query', { xmlns: 'jabber:iq:roster' }));
      return { items: [] };
    case 'query':
      await ask($iq({ type: 'get', to: command.to }).c('ping', { xmlns: 'urn:xmpp:ping' }));
      return {};
    case 'quit':
      connection.disconnect('quit');
      return {};
    default:
      throw new Error(`this client does no ${command.do}`);
  }
}

async function answer(line: string): Promise<void> {
  const command: Command = JSON.parse(line);
  const result = await obey(command).catch((error) => ({ error: String(error.message) }));
  if ('id' in command) tell('answer', { id: command.id, ...result });
}

function changed(status: number, condition: string | null): void {
  const { CONNECTED, DISCONNECTED, AUTHFAIL, CONNFAIL } = Strophe.Status;
  if (status === CONNECTED) tell('online', { jid: connection.jid });
  if (status === DISCONNECTED) tell('offline');
  if (status === AUTHFAIL || status === CONNFAIL) tell('failed', { reason: condition });
}

function heard(message: Node): boolean {
  const sender = Strophe.getBareJidFromJid(message.getAttribute('from') ?? '');
  const body = message.getElementsByTagName('body')[0]?.textContent ?? '';
  tell('message', { sender, body, type: message.getAttribute('type') });
  return true;
}

connection.addHandler(heard, '', 'message', '', '', '');
createInterface({ input: process.stdin }).on('line', (line) => void answer(line));
connection.connect(session.address, session.password, changed);
