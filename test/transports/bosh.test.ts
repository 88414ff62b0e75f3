import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { attribute, body, payloadOf } from '../support/bosh-http.ts';
import { BoshWorld, message } from './bosh-world.ts';

const EMPTY = "<body xmlns='http://jabber.org/protocol/httpbind'/>";
const TERMINATED = "<body xmlns='http://jabber.org/protocol/httpbind' type='terminate'/>";

function fault(condition: string): string {
  return `<body xmlns='http://jabber.org/protocol/httpbind' type='terminate' condition='${condition}'/>`;
}

let world: BoshWorld;

beforeEach(async () => {
  world = await new BoshWorld().start();
});

afterEach(() => world.stop());

describe('a session begins', () => {
  test('with what both agree on [XEP-0124 7.2]', async () => {
    const juliet = await world.creates({ wait: 45, ver: '1.6', ack: 1 });
    const told = (name: string) => attribute(juliet.created, name);
    expect(told('sid')).toMatch(/^[\w-]{22}$/);
    const names = ['wait', 'requests', 'hold', 'ver', 'polling', 'inactivity', 'maxpause'];
    expect(names.map(told)).toEqual(['45', '2', '1', '1.6', '2', '30', '120']);
    expect(told('from')).toBe('example.com');
    expect(told('ack')).toBe(String(juliet.rid));
  });

  test('with the features of the stream, which may be restarted [XEP-0206 4]', async () => {
    const { created } = await world.creates();
    expect(attribute(created, 'xmpp:restartlogic')).toBe('true');
    expect(attribute(created, 'xmpp:version')).toBe('1.0');
    expect(attribute(created, 'xmlns:stream')).toBe('http://etherx.jabber.org/streams');
    expect(payloadOf(created)).toMatch(/^<stream:features .*<mechanism>PLAIN<\/mechanism>/);
    expect(created).not.toMatch(/starttls|-PLUS/);
  });

  test('with the lower of two versions, whose minor numbers are integers [XEP-0124 7.1]', async () => {
    for (const [ver, agreed] of [
      ['1.9', '1.9'],
      ['1.100', '1.11'],
      ['2.0', '1.11'],
    ]) {
      expect(attribute((await world.creates({ ver })).created, 'ver')).toBe(agreed);
    }
  });

  test('for one who polls, with more patience [XEP-0124 12]', async () => {
    const { created } = await world.creates({ hold: 0 });
    expect(['hold', 'requests', 'inactivity'].map((name) => attribute(created, name))).toEqual([
      '0',
      '1',
      '60',
    ]);
  });

  test('waits and holds no more than the client wants, nor than the server does [XEP-0124 7.2]', async () => {
    const { created } = await world.creates({ wait: 65_535, hold: 200 });
    expect(['wait', 'hold', 'requests'].map((name) => attribute(created, name))).toEqual([
      '60',
      '9',
      '10',
    ]);
  });

  test('whose responses have the type that the client asks for [XEP-0124 7.1]', async () => {
    const juliet = await world.creates({ content: 'text/html; charset=utf-8' });
    const { headers, ...posted } = await answered(juliet.asks('', { type: 'terminate' }));
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(posted.text).toBe(TERMINATED);
    const usual = await answered((await world.creates()).asks('', { type: 'terminate' }));
    expect(usual.headers['content-type']).toBe('text/xml; charset=utf-8');
  });

  test('under a name that no other has', async () => {
    const sids = await Promise.all(
      Array.from({ length: 20 }, async () => (await world.creates()).sid),
    );
    expect(new Set(sids).size).toBe(20);
  });

  test.each([
    [{ to: 'example.org' }, 'host-unknown'],
    [{ to: undefined }, 'improper-addressing'],
    [{ to: 'juliet@example.com' }, 'improper-addressing'],
    [{ to: '' }, 'improper-addressing'],
    [{ rid: undefined }, 'bad-request'],
    [{ rid: 0 }, 'bad-request'],
    [{ rid: -1 }, 'bad-request'],
    [{ rid: '9007199254740992' }, 'bad-request'],
    [{ rid: '1e3' }, 'bad-request'],
    [{ wait: 'long' }, 'bad-request'],
    [{ hold: '' }, 'bad-request'],
    [{ ver: 'new' }, 'bad-request'],
    [{ content: 'text/xml; charset=utf-16' }, 'bad-request'],
    [{ content: 'text/xml&#13;&#10;Set-Cookie: a=b' }, 'bad-request'],
    [{ newkey: 'abc' }, 'bad-request'],
    [{ sid: 'unknown' }, 'item-not-found'],
  ])('not with %j: %s [XEP-0124 17.2]', async (attributes, condition) => {
    expect((await world.creates(attributes)).created).toBe(fault(condition));
  });

  test('not for another version of XMPP, which is the stream’s to say [XEP-0124 17.2]', async () => {
    const { created } = await world.creates({ 'xmpp:version': '0.9' });
    expect(attribute(created, 'condition')).toBe('remote-stream-error');
    expect(attribute(created, 'xmlns:stream')).not.toBe('');
    expect(payloadOf(created)).toMatch(/^<stream:error .*<unsupported-version /);
  });

  test('whose version has a prefix of the client’s choice [XEP-0206 3]', async () => {
    const own = { 'xmlns:x': 'urn:xmpp:xbosh', 'x:version': '0.9', 'xmlns:xmpp': 'urn:other' };
    const { created } = await world.creates(own);
    expect(payloadOf(created)).toContain('<unsupported-version ');
  });

  test('once and again, if its answer was lost', async () => {
    const first = world.sender.post(body({ rid: 5, to: 'example.com', ver: '1.11' }));
    const again = world.sender.post(body({ rid: 5, to: 'example.com', ver: '1.11' }));
    const sids = [await first.answer(), await again.answer()].map((text) => attribute(text, 'sid'));
    expect(new Set(sids).size).toBe(2);
  });
});

describe('the wrapper [XEP-0124 6]', () => {
  test.each([
    ['nothing', ''],
    ['text', 'hello'],
    ['another root', "<html xmlns='http://www.w3.org/1999/xhtml'/>"],
    ['another namespace', "<body xmlns='jabber:client' rid='1' to='example.com'/>"],
    ['no end', "<body xmlns='http://jabber.org/protocol/httpbind' rid='1' to='example.com'"],
    ['a document type', `<!DOCTYPE body>${body({ rid: 1, to: 'example.com' })}`],
    ['a comment', `<!-- -->${body({ rid: 1, to: 'example.com' })}`],
  ])('%s is none', async (_, content) => {
    expect(await world.sender.post(content).answer()).toBe(fault('bad-request'));
  });

  test.each([
    ['a partial element', '<message><body>'],
    ['an element too many closed', '</message>'],
    ['text', 'hello'],
    ['a comment', '<!-- -->'],
    ['a processing instruction', '<?php ?>'],
    ['an entity', '<message><body>&nbsp;</body></message>'],
    ['a character that is none', '<message>&#0;</message>'],
  ])('%s within ends the session, and not before its turn', async (_, payload) => {
    const juliet = await world.signsIn();
    expect(await juliet.asks(`${message('before')}${payload}`).answer()).toBe(fault('bad-request'));
    expect(juliet.session.received).toHaveLength(1);
    expect(juliet.session.ends).toEqual([false]);
    expect(await juliet.asks().answer()).toBe(fault('item-not-found'));
  });

  test('what follows it ends the session', async () => {
    const juliet = await world.signsIn();
    const { rid, sid } = juliet;
    const posted = world.sender.post(`${body({ rid: rid + 1, sid })}<more/>`);
    expect(await posted.answer()).toBe(fault('bad-request'));
  });

  test('may have a declaration and white space around it', async () => {
    const { rid, sid } = await world.signsIn();
    const content = `\n<?xml version="1.0" encoding="utf-8"?>\n${body({ rid: rid + 1, sid }, `\n ${message('hi')}\n`)}\n`;
    const posted = world.sender.post(content.trimStart());
    expect(payloadOf(await posted.answer())).toContain('<body>hi</body>');
  });

  test('lends its namespace to stanzas [XEP-0206 2]', async () => {
    const juliet = await world.signsIn();
    const declared = "<message xmlns='jabber:client'><body>declared</body></message>";
    const answer = await juliet.asks(`${message('inherited')}${declared}`).answer();
    expect(answer.match(/<echo>/g)).toHaveLength(2);
  });

  test('lends nothing to other prefixes', async () => {
    const juliet = await world.signsIn();
    const payload = "<b:message xmlns:b='http://jabber.org/protocol/httpbind'/>";
    await juliet.asks(payload).answer();
    expect(juliet.session.received).toEqual([payload]);
  });

  test('declares nothing that is used: each payload stands for itself', async () => {
    const { created } = await world.creates();
    expect(payloadOf(created)).toMatch(/^<stream:features xmlns:stream=/);
  });
});

describe('a stream [XEP-0206 5]', () => {
  test('is restarted after signing in, and only then', async () => {
    const juliet = await world.creates();
    const restart = { 'xmlns:xmpp': 'urn:xmpp:xbosh', 'xmpp:restart': 'true' };
    expect(await juliet.asks('', restart).answer()).toBe(fault('bad-request'));
  });

  test('ignores what comes with the restart, and offers binding', async () => {
    const romeo = await world.signsIn();
    expect(romeo.session.jid.toString()).toBe('juliet@example.com/home');
    const juliet = await world.creates();
    await juliet.asks(PLAIN).answer();
    const restart = {
      to: 'example.com',
      'xml:lang': 'de',
      'xmlns:x': 'urn:xmpp:xbosh',
      'x:restart': '1',
    };
    const answer = await juliet.asks(message('early'), restart).answer();
    expect(payloadOf(answer)).toMatch(/^<stream:features .*<bind /);
    expect(attribute(answer, 'xmlns:stream')).not.toBe('');
    expect(romeo.session.received).toEqual([]);
  });

  test('that is to be restarted takes nothing else', async () => {
    const juliet = await world.creates();
    await juliet.asks(PLAIN).answer();
    expect(await juliet.asks(message('early')).answer()).toBe(fault('bad-request'));
  });

  test('keeps the language of its first request', async () => {
    const juliet = await world.creates({ 'xml:lang': 'it' });
    await juliet.signsIn();
    expect(juliet.session.wire.lang).toBe('it');
  });

  test('has no TLS of its own, and nothing to bind a sign-in to', async () => {
    world.peer = { ...world.peer, isSecure: false };
    const juliet = await world.creates();
    expect(juliet.created).not.toContain('starttls');
    const asked = juliet.asks("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    expect(payloadOf(await asked.answer())).toMatch(/^<stream:error .*<not-authorized /);
  });

  test('says what is wrong with it, behind what was to be said before [XEP-0206 6]', async () => {
    const juliet = await world.creates();
    const wrong = `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='NONE'/>`;
    const answer = await juliet.asks(`${wrong}${message('early')}`).answer();
    expect(attribute(answer, 'condition')).toBe('remote-stream-error');
    expect(attribute(answer, 'type')).toBe('terminate');
    expect(payloadOf(answer)).toMatch(/^<failure .*<stream:error .*<not-authorized /);
  });
});

describe('the end [XEP-0124 13]', () => {
  test('is told on the oldest request, and nothing on the others', async () => {
    const juliet = await world.signsIn();
    const held = juliet.asks();
    await world.settles();
    const last = juliet.asks("<presence type='unavailable'/>", { type: 'terminate' });
    expect(await held.answer()).toBe(TERMINATED);
    expect(await last.answer()).toBe(EMPTY);
    expect(juliet.session.received).toEqual(["<presence type='unavailable'/>"]);
    expect(juliet.session.ends).toEqual([true]);
    expect(await juliet.asks().answer()).toBe(fault('item-not-found'));
    expect(world.manager.connectionCount).toBe(0);
  });

  test('comes from the server at once where a request is held', async () => {
    const juliet = await world.signsIn();
    const held = juliet.asks();
    await world.settles();
    juliet.session.wire.close('conflict', 'elsewhere');
    const answer = await held.answer();
    expect(attribute(answer, 'condition')).toBe('remote-stream-error');
    expect(payloadOf(answer)).toMatch(/^<stream:error .*<conflict /);
  });

  test('waits for the next request where none is, and not for ever', async () => {
    const [juliet, other] = [await world.signsIn(), await world.signsIn()];
    for (const session of world.host.sessions) session.wire.close();
    await world.settles();
    expect(await juliet.asks().answer()).toBe(TERMINATED);
    world.clock.advance(5000);
    expect(await other.asks().answer()).toBe(fault('item-not-found'));
  });

  test('of the server is told to those who are signing in [XEP-0124 17.2]', async () => {
    const juliet = await world.creates();
    const held = juliet.asks();
    await world.settles();
    world.manager.stop();
    expect(await held.answer()).toBe(fault('system-shutdown'));
    expect((await world.creates()).created).toBe(fault('system-shutdown'));
  });
});

describe('a legacy client [XEP-0124 17.1]', () => {
  test('hears status codes', async () => {
    const juliet = await world.creates({ ver: undefined });
    expect(attribute(juliet.created, 'ver')).toBe('');
    const posted = juliet.sends(juliet.rid + 10);
    await posted.answer();
    expect(posted.status).toBe(404);
  });

  test('hears 400 and 403', async () => {
    const juliet = await world.creates({ ver: undefined });
    const malformed = await answered(juliet.asks('text'));
    expect(malformed.status).toBe(400);
    const other = await world.creates({ ver: undefined });
    const paused = await answered(other.asks('', { pause: 10_000 }));
    expect(paused.status).toBe(403);
  });
});

describe('a person', () => {
  test('who looks gets a hint', async () => {
    const posted = world.sender.get();
    expect(await posted.answer()).toMatch(/BOSH/);
    expect(posted.headers['content-type']).toBe('text/plain; charset=utf-8');
  });
});

const PLAIN = `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${Buffer.from(
  '\0juliet\0r0m30myr0m30',
).toString('base64')}</auth>`;

async function answered(posted: { answer(): Promise<string>; headers: object; status: number }) {
  const text = await posted.answer();
  return { text, headers: posted.headers as Record<string, string>, status: posted.status };
}
