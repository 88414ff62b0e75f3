// A session of stanza.js driven by JSON lines on standard input, as far as protocol.ts is asked
// of it over WebSocket. The authority comes from NODE_EXTRA_CA_CERTS.
import { createInterface } from 'node:readline';
import { createClient } from 'stanza';
import type { Command, Session } from './protocol.ts';

const session: Session = JSON.parse(process.argv[2] ?? '{}');
const entity = createClient({
  jid: session.address,
  password: session.password,
  transports: { websocket: session.service ?? '', bosh: false },
  autoReconnect: session.comesBack ?? false,
});

function tell(event: string, fields: object = {}): void {
  console.log(JSON.stringify({ event, ...fields }));
}

function bare(address: string): string {
  return address.split('/')[0] ?? '';
}

async function obey(command: Command): Promise<object> {
  switch (command.do) {
    case 'presence':
      entity.sendPresence(command.to ? { to: command.to } : {});
      return {};
    case 'message':
      entity.sendMessage({ to: command.to, type: 'chat', body: command.body });
      return {};
    case 'roster':
      return { items: (await entity.getRoster()).items };
    case 'query':
      await entity.ping(command.to);
      return {};
    case 'cut':
      entity.transport?.disconnect(false);
      return {};
    case 'quit':
      entity.config.autoReconnect = false;
      entity.disconnect();
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

entity.on('session:started', (jid) => tell('online', { jid }));
entity.on('stream:management:resumed', () => tell('resumed'));
entity.on('auth:failed', () => tell('failed', { reason: 'auth' }));
entity.on('disconnected', () => tell('offline'));
entity.on('message', ({ from = '', body = '', type }) => {
  tell('message', { sender: bare(from), body, type });
});
createInterface({ input: process.stdin }).on('line', (line) => void answer(line));
entity.connect();
