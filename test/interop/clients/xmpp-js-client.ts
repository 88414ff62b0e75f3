// An @xmpp/client session driven by JSON lines on standard input; see protocol.ts.
// The certificate authority comes from NODE_EXTRA_CA_CERTS, which Node reads at its start.
import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import { client, jid, xml } from '@xmpp/client';
import type { Element } from 'ltx';
import type { Command, Query, Session } from './protocol.ts';

const ROSTER = 'jabber:iq:roster';
const VCARD = 'vcard-temp';
const UPDATE = 'vcard-temp:x:update';
const BLOCKING = 'urn:xmpp:blocking';
const session: Session = JSON.parse(process.argv[2] ?? '{}');
const address = jid(session.address);
const entity = client({
  service:
    session.service ?? `${session.directTls ? 'xmpps' : 'xmpp'}://${session.host}:${session.port}`,
  domain: session.address.slice(session.address.indexOf('@') + 1),
  username: session.address.slice(0, session.address.indexOf('@')),
  password: session.password,
  // Two seconds by default, too few for a busy machine.
  timeout: 10_000,
});

function tell(event: string, fields: object = {}): void {
  console.log(JSON.stringify({ event, ...fields }));
}

function giveUp(error: Error & { condition?: string; code?: string }): void {
  entity.reconnect.stop();
  tell('failed', { reason: `${error.condition ?? error.code ?? ''} ${error.message}` });
}

function report(stanza: Element): void {
  const from = jid(stanza.attrs.from ?? address.toString());
  const who = { sender: from.bare().toString(), resource: from.resource };
  if (stanza.is('message')) {
    const delay = stanza.getChild('delay', 'urn:xmpp:delay')?.attrs.stamp ?? null;
    tell('message', { ...who, body: stanza.getChildText('body'), type: stanza.attrs.type, delay });
  } else if (stanza.is('presence')) {
    const show = stanza.getChildText('show') ?? '';
    const status = stanza.getChildText('status') ?? '';
    const photo = stanza.getChild('x', UPDATE)?.getChildText('photo') ?? null;
    tell('presence', { ...who, type: stanza.attrs.type ?? 'available', show, status, photo });
  }
}

function rosterItems(query: Element | undefined): object[] {
  return (query?.getChildren('item') ?? []).map((item) => ({
    jid: item.attrs.jid,
    name: item.attrs.name ?? '',
    subscription: item.attrs.subscription ?? 'none',
    ask: item.attrs.ask ?? '',
    groups: item.getChildren('group').map((group) => group.text()),
  }));
}

function blockedJids(list: Element | undefined): string[] {
  return (list?.getChildren('item') ?? []).map(({ attrs }) => attrs.jid).sort();
}

async function ask(type: 'get' | 'set', to: string | undefined, payload: Element) {
  return await entity.iqCaller.request(xml('iq', { type, to }, payload), 10_000);
}

async function query(kind: Query, to: string): Promise<object> {
  if (kind === 'disco') {
    const xmlns = 'http://jabber.org/protocol/disco#info';
    const info = (await ask('get', to, xml('query', { xmlns }))).getChild('query');
    return { features: info?.getChildren('feature').map(({ attrs }) => attrs.var) ?? [] };
  }
  if (kind === 'ping') {
    await ask('get', to, xml('ping', { xmlns: 'urn:xmpp:ping' }));
    return {};
  }
  if (kind === 'version') {
    const about = await ask('get', to, xml('query', { xmlns: 'jabber:iq:version' }));
    const text = (name: string) => about.getChild('query')?.getChildText(name);
    return { name: text('name'), version: text('version') };
  }
  const time = await ask('get', to, xml('time', { xmlns: 'urn:xmpp:time' }));
  return { utc: time.getChild('time')?.getChildText('utc') };
}

async function obey(command: Command): Promise<object> {
  switch (command.do) {
    case 'presence':
      await entity.send(presence(command));
      return {};
    case 'message': {
      const { to, body } = command;
      await entity.send(xml('message', { to, type: 'chat' }, xml('body', {}, body)));
      return {};
    }
    case 'roster': {
      const result = await ask('get', undefined, xml('query', { xmlns: ROSTER }));
      return { items: rosterItems(result.getChild('query', ROSTER)) };
    }
    case 'roster-set': {
      const groups = command.groups.map((name) => xml('group', {}, name));
      const item = xml('item', { jid: command.jid, name: command.name }, ...groups);
      await ask('set', undefined, xml('query', { xmlns: ROSTER }, item));
      return {};
    }
    case 'roster-remove': {
      const item = xml('item', { jid: command.jid, subscription: 'remove' });
      await ask('set', undefined, xml('query', { xmlns: ROSTER }, item));
      return {};
    }
    case 'query':
      return await query(command.kind, command.to);
    case 'vcard-set':
      await setVcard(command.name, command.photo);
      return {};
    case 'vcard':
      return await readVcard(command.of);
    case 'block':
    case 'unblock': {
      const item = xml('item', { jid: command.jid });
      await ask('set', undefined, xml(command.do, { xmlns: BLOCKING }, item));
      return {};
    }
    case 'push': {
      const { jid, node } = command;
      await ask('set', undefined, xml('enable', { xmlns: 'urn:xmpp:push:0', jid, node }));
      return {};
    }
    case 'blocklist': {
      const result = await ask('get', undefined, xml('blocklist', { xmlns: BLOCKING }));
      return { jids: blockedJids(result.getChild('blocklist', BLOCKING)) };
    }
    case 'carbons':
    case 'history':
    case 'state':
      throw new Error(`this client does no ${command.do}`);
    case 'cut':
      // What comes next is to come by itself.
      entity.socket.end();
      return {};
    case 'return':
      await entity.stop();
      await entity.start();
      return {};
    case 'quit':
      await entity.stop();
      return {};
  }
}

async function setVcard(name: string, photo: string): Promise<void> {
  const picture = xml('PHOTO', {}, xml('TYPE', {}, 'image/png'), xml('BINVAL', {}, photo));
  await ask('set', undefined, xml('vCard', { xmlns: VCARD }, xml('FN', {}, name), picture));
  const hash = createHash('sha1').update(photo, 'base64').digest('hex');
  await entity.send(xml('presence', {}, xml('x', { xmlns: UPDATE }, xml('photo', {}, hash))));
}

async function readVcard(of: string): Promise<object> {
  // XEP-0054 §3.1: one's own is asked for without an address.
  const to = of === address.toString() ? undefined : of;
  const vcard = (await ask('get', to, xml('vCard', { xmlns: VCARD }))).getChild('vCard', VCARD);
  const photo = vcard?.getChild('PHOTO')?.getChildText('BINVAL');
  // The server may have broken the lines.
  return { name: vcard?.getChildText('FN'), photo: photo?.replace(/\s/g, '') ?? null };
}

function presence({ to, type, show, status }: Command & { do: 'presence' }): Element {
  const text = (name: string, value?: string) =>
    value === undefined ? undefined : xml(name, {}, value);
  return xml('presence', { to, type }, text('show', show), text('status', status));
}

async function answer(line: string): Promise<void> {
  const command: Command = JSON.parse(line);
  const result = await obey(command).catch(({ condition, message }) => ({
    error: condition ?? message,
  }));
  if ('id' in command) tell('answer', { id: command.id, ...result });
}

entity.on('online', (bound) => tell('online', { jid: String(bound) }));
entity.on('offline', () => tell('offline'));
entity.on('error', giveUp);
entity.on('stanza', report);
entity.streamManagement.on('resumed', () => tell('resumed'));
entity.iqCallee.set(ROSTER, 'query', ({ element }) => {
  for (const item of rosterItems(element)) tell('roster-push', item);
  return {};
});
for (const name of ['block', 'unblock']) {
  entity.iqCallee.set(BLOCKING, name, ({ element }) => {
    tell(`${name}ed`, { jids: blockedJids(element) });
    return {};
  });
}
createInterface({ input: process.stdin }).on('line', (line) => void answer(line));
entity.start().catch(giveUp);
