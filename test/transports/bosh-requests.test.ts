import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { attribute, body, payloadOf } from '../support/bosh-http.ts';
import { BoshWorld, message, type WorldClient } from './bosh-world.ts';

const EMPTY = "<body xmlns='http://jabber.org/protocol/httpbind'/>";
const AGAIN = "<body xmlns='http://jabber.org/protocol/httpbind' type='error'/>";

function fault(condition: string): string {
  return `<body xmlns='http://jabber.org/protocol/httpbind' type='terminate' condition='${condition}'/>`;
}

/** A response without payload that tells that a later request has come. */
function acknowledging(rid: number): string {
  return `<body xmlns='http://jabber.org/protocol/httpbind' ack='${rid}'/>`;
}

let world: BoshWorld;

beforeEach(async () => {
  world = await new BoshWorld().start();
});

afterEach(() => world.stop());

/** The session has something for its client. */
function tells(client: WorldClient, text: string): void {
  client.session.wire.sendParts('<message>', Buffer.from(`<body>${text}</body></message>`));
}

function textsIn(answer: string): string[] {
  return [...answer.matchAll(/<body>([^<]*)<\/body>/g)].map(([, text]) => text!);
}

describe('a request is held [XEP-0124 8]', () => {
  test('until there is something to say', async () => {
    const juliet = await world.signsIn();
    const held = juliet.asks();
    await world.settles();
    expect(held.isAnswered).toBe(false);
    tells(juliet, 'one');
    tells(juliet, 'two');
    expect(textsIn(await held.answer())).toEqual(['one', 'two']);
  });

  test('no longer than was agreed on', async () => {
    const juliet = await world.signsIn({ wait: 10 });
    const held = juliet.asks();
    await world.settles();
    world.clock.advance(9000);
    await world.settles();
    expect(held.isAnswered).toBe(false);
    world.clock.advance(1000);
    expect(await held.answer()).toBe(EMPTY);
  });

  test('until another comes, which is held in its place', async () => {
    const juliet = await world.signsIn();
    const held = juliet.asks();
    await world.settles();
    const next = juliet.asks('<presence/>');
    expect(await held.answer()).toBe(acknowledging(juliet.rid));
    await world.settles();
    expect(next.isAnswered).toBe(false);
  });

  test('and another where the client wants it', async () => {
    const juliet = await world.signsIn({ hold: 2 });
    const [first, second] = [juliet.asks(), juliet.asks('<presence/>')];
    await world.settles();
    expect([first.isAnswered, second.isAnswered]).toEqual([false, false]);
    tells(juliet, 'for the oldest');
    expect(textsIn(await first.answer())).toEqual(['for the oldest']);
    await world.settles();
    expect(second.isAnswered).toBe(false);
  });

  test('not where nothing may be held [XEP-0124 12]', async () => {
    for (const wish of [{ hold: 0 }, { wait: 0 }]) {
      const juliet = await world.signsIn(wish);
      expect(await juliet.asks('<presence/>').answer()).toBe(EMPTY);
    }
  });

  test('and everything of one turn leaves in one response, with its length', async () => {
    const juliet = await world.signsIn();
    const posted = juliet.asks(`${message('ä')}${message('ö')}`);
    const answer = await posted.answer();
    expect(answer.match(/<echo>/g)).toHaveLength(2);
    expect(posted.headers['content-length']).toBe(String(Buffer.byteLength(answer)));
  });
});

describe('requests have an order [XEP-0124 14.2]', () => {
  test('in which they are read and answered', async () => {
    const juliet = await world.signsIn({ hold: 3 });
    const { rid } = juliet;
    const third = juliet.sends(rid + 3, message('3'));
    const second = juliet.sends(rid + 2, message('2'));
    await world.settles();
    expect(juliet.session.received).toEqual([]);
    const first = juliet.sends(rid + 1, message('1'));
    expect(textsIn(await first.answer())).toEqual(['1', '2', '3']);
    expect([third.isAnswered, second.isAnswered]).toEqual([false, false]);
  });

  test.each([
    ['far', 3],
    ['further', 1000],
  ])('one too %s ahead ends the session', async (_, ahead) => {
    const juliet = await world.signsIn();
    const held = juliet.asks();
    await world.settles();
    expect(await juliet.sends(juliet.rid + ahead).answer()).toBe(fault('item-not-found'));
    expect(await held.answer()).toBe(fault('other-request'));
    expect(juliet.session.ends).toEqual([false]);
  });

  test('one whose answer is forgotten ends the session', async () => {
    const juliet = await world.signsIn();
    expect(await juliet.sends(juliet.rid - 3).answer()).toBe(fault('item-not-found'));
  });

  test('what waits for one that never comes is told so', async () => {
    const juliet = await world.signsIn();
    const early = juliet.sends(juliet.rid + 2);
    await world.settles();
    world.clock.advance(30_000);
    expect(await early.answer()).toBe(fault('item-not-found'));
    expect(juliet.session.received).toEqual([]);
  });
});

describe('connections break [XEP-0124 14.3]', () => {
  test('and the same response comes again, for the same request', async () => {
    const juliet = await world.signsIn();
    const answer = await juliet.asks(message('hi')).answer();
    expect(textsIn(answer)).toEqual(['hi']);
    expect(await juliet.sends(juliet.rid, message('hi')).answer()).toBe(answer);
    expect(await juliet.sends(juliet.rid, message('hi')).answer()).toBe(answer);
    expect(juliet.session.received).toHaveLength(1);
  });

  test('as long as as many are kept as may be under way', async () => {
    const juliet = await world.signsIn();
    const first = await juliet.asks(message('1')).answer();
    const second = await juliet.asks(message('2')).answer();
    expect(await juliet.sends(juliet.rid - 1, message('1')).answer()).toBe(first);
    expect(await juliet.sends(juliet.rid, message('2')).answer()).toBe(second);
    await juliet.asks(message('3')).answer();
    expect(await juliet.sends(juliet.rid - 2, message('1')).answer()).toBe(fault('item-not-found'));
  });

  test('while a request is held: what comes goes to the newest copy, and the old one hears', async () => {
    const juliet = await world.signsIn();
    const held = juliet.asks('<presence/>');
    await world.settles();
    const again = juliet.sends(juliet.rid, '<presence/>');
    expect(await held.answer()).toBe(AGAIN);
    tells(juliet, 'to whoever is there');
    expect(textsIn(await again.answer())).toEqual(['to whoever is there']);
    expect(juliet.session.received).toEqual(['<presence/>']);
  });

  test('while a request is held: nothing goes where nobody reads', async () => {
    const juliet = await world.signsIn();
    const held = juliet.asks();
    await world.settles();
    await held.breaks();
    await world.settles();
    tells(juliet, 'patience');
    await world.settles();
    expect(textsIn(await juliet.sends(juliet.rid).answer())).toEqual(['patience']);
  });

  test('and what waits goes into the next response, where the one before is lost', async () => {
    const juliet = await world.signsIn();
    const held = juliet.asks();
    await world.settles();
    await held.breaks();
    await world.settles();
    tells(juliet, 'patience');
    await world.settles();
    expect(textsIn(await juliet.asks().answer())).toEqual(['patience']);
    expect(await juliet.sends(juliet.rid - 1).answer()).toBe(acknowledging(juliet.rid));
  });

  test('while a request waits for its turn', async () => {
    const juliet = await world.signsIn();
    const { rid } = juliet;
    const early = juliet.sends(rid + 2, message('2'));
    await world.settles();
    const again = juliet.sends(rid + 2, message('2'));
    expect(await early.answer()).toBe(AGAIN);
    expect(textsIn(await juliet.sends(rid + 1, message('1')).answer())).toEqual(['1', '2']);
    await world.settles();
    expect(again.isAnswered).toBe(false);
  });

  test('and not too often', async () => {
    const juliet = await world.signsIn();
    await juliet.asks(message('hi')).answer();
    for (let i = 0; i < 20; i++) await juliet.sends(juliet.rid, message('hi')).answer();
    const answer = await juliet.sends(juliet.rid, message('hi')).answer();
    expect(answer).toBe(fault('policy-violation'));
  });
});

describe('acknowledgements [XEP-0124 9]', () => {
  test('tell of requests that came while another was held', async () => {
    const juliet = await world.signsIn();
    const held = juliet.asks();
    await world.settles();
    juliet.asks(message('hi'));
    expect(attribute(await held.answer(), 'ack')).toBe(String(juliet.rid));
    const direct = await (await world.signsIn()).asks(message('hi')).answer();
    expect(attribute(direct, 'ack')).toBe('');
  });

  test('let responses be forgotten', async () => {
    const juliet = await world.signsIn({ ack: 1 });
    await juliet.asks(message('1')).answer();
    const second = await juliet.asks(message('2'), { ack: juliet.rid - 1 }).answer();
    expect(await juliet.sends(juliet.rid, message('2'), { ack: juliet.rid - 2 }).answer()).toBe(
      second,
    );
    await juliet.asks(message('3')).answer();
    const answer = await juliet.sends(juliet.rid - 1, message('2')).answer();
    expect(answer).toBe(fault('item-not-found'));
  });

  test('that lack one lead to a report, at once [XEP-0124 9.2]', async () => {
    const juliet = await world.signsIn({ ack: 1 });
    const { rid } = juliet;
    await juliet.asks(message('lost')).answer();
    world.clock.advance(1500);
    const answer = await juliet.asks('', { ack: rid }).answer();
    expect(attribute(answer, 'report')).toBe(String(rid + 1));
    expect(Number(attribute(answer, 'time'))).toBe(1500);
    expect(textsIn(await juliet.sends(rid + 1, message('lost')).answer())).toEqual(['lost']);
  });

  test('that lack one which has only just left lead to nothing', async () => {
    const juliet = await world.signsIn({ ack: 1 });
    const { rid } = juliet;
    await juliet.asks(message('on its way')).answer();
    const held = juliet.asks('', { ack: rid });
    await world.settles();
    expect(held.isAnswered).toBe(false);
  });
});

describe('what a client has got [XEP-0124 9.2]', () => {
  const left = ({ session }: WorldClient) =>
    session.wire.receipts!.given - session.wire.receipts!.received;

  test('it says by its next request', async () => {
    const juliet = await world.signsIn();
    await juliet.asks().breaks;
    juliet.asks('<presence/>');
    await world.settles();
    expect(left(juliet)).toBe(0);
    tells(juliet, 'hi');
    await world.settles();
    expect(left(juliet)).toBe('<message><body>hi</body></message>'.length);
    juliet.asks();
    await world.settles();
    expect(left(juliet)).toBe(0);
  });

  test('is not what its broken connection was given', async () => {
    const juliet = await world.signsIn();
    const held = juliet.asks();
    await world.settles();
    tells(juliet, 'hi');
    await held.answer();
    juliet.sends(juliet.rid);
    await world.settles();
    expect(left(juliet)).toBeGreaterThan(0);
    juliet.asks();
    await world.settles();
    expect(left(juliet)).toBe(0);
  });

  test('it may say itself', async () => {
    const juliet = await world.signsIn({ ack: 1 });
    const before = juliet.rid;
    await juliet.asks(message('1')).answer();
    juliet.asks('', { ack: before });
    await world.settles();
    expect(left(juliet)).toBeGreaterThan(0);
    juliet.asks('<presence/>');
    await world.settles();
    expect(left(juliet)).toBe(0);
  });
});

describe('pauses [XEP-0124 10]', () => {
  test('answer all requests, themselves with nothing, and bring patience', async () => {
    const juliet = await world.signsIn();
    const held = juliet.asks();
    await world.settles();
    const pause = juliet.asks(message('hi'), { pause: 120 });
    expect(textsIn(await held.answer())).toEqual(['hi']);
    expect(await pause.answer()).toBe(EMPTY);
    tells(juliet, 'meanwhile');
    world.clock.advance(119_000);
    expect(textsIn(await juliet.asks().answer())).toEqual(['meanwhile']);
    world.clock.advance(30_000);
    expect(await juliet.asks().answer()).toBe(fault('item-not-found'));
  });

  test('may be shorter than the usual patience', async () => {
    const juliet = await world.signsIn();
    await juliet.asks('', { pause: 5 }).answer();
    world.clock.advance(5000);
    expect(await juliet.asks().answer()).toBe(fault('item-not-found'));
  });

  test('do not carry what waits', async () => {
    const juliet = await world.signsIn();
    expect(await juliet.asks(message('hi'), { pause: 10 }).answer()).toBe(EMPTY);
    expect(textsIn(await juliet.asks().answer())).toEqual(['hi']);
  });

  test('may come while as many requests are under way as may be', async () => {
    const juliet = await world.signsIn({ hold: 1 });
    const { rid } = juliet;
    const third = juliet.sends(rid + 3, '', { pause: 10 });
    const second = juliet.sends(rid + 2, message('2'));
    await world.settles();
    const first = juliet.sends(rid + 1, message('1'));
    expect(textsIn(await first.answer())).toEqual(['1', '2']);
    expect(await second.answer()).toBe(acknowledging(rid + 3));
    expect(await third.answer()).toBe(EMPTY);
  });

  test('have a bound', async () => {
    const juliet = await world.signsIn();
    expect(await juliet.asks('', { pause: 121 }).answer()).toBe(fault('policy-violation'));
  });
});

describe('inactivity [XEP-0124 10]', () => {
  test('ends a session for which nothing is held, without a word', async () => {
    const juliet = await world.signsIn();
    world.clock.advance(29_000);
    expect(juliet.session.ends).toEqual([]);
    world.clock.advance(1000);
    expect(juliet.session.ends).toEqual([false]);
    expect(await juliet.asks().answer()).toBe(fault('item-not-found'));
  });

  test('is not that of one for whom a request is held', async () => {
    const juliet = await world.signsIn();
    const held = juliet.asks();
    await world.settles();
    world.clock.advance(50_000);
    await world.settles();
    expect(held.isAnswered).toBe(false);
    expect(juliet.session.ends).toEqual([]);
  });

  test('begins when the connection of the last held request breaks', async () => {
    const juliet = await world.signsIn();
    const held = juliet.asks();
    await world.settles();
    world.clock.advance(20_000);
    await held.breaks();
    await world.settles();
    world.clock.advance(29_000);
    expect(juliet.session.ends).toEqual([]);
    world.clock.advance(1000);
    expect(juliet.session.ends).toEqual([false]);
  });

  test('comes later for one who polls [XEP-0124 12]', async () => {
    const juliet = await world.signsIn({ hold: 0 });
    world.clock.advance(59_000);
    expect(juliet.session.ends).toEqual([]);
    world.clock.advance(1000);
    expect(juliet.session.ends).toEqual([false]);
  });
});

describe('overactivity [XEP-0124 11]', () => {
  test('is more requests than may be under way', async () => {
    const juliet = await world.signsIn();
    const { rid } = juliet;
    const all = [rid + 3, rid + 2].map((each) => juliet.sends(each, message('x')));
    await world.settles();
    juliet.sends(rid + 1, message('x'));
    const answers = await Promise.all(all.map((each) => each.answer()));
    expect(answers).toContain(fault('item-not-found'));
    expect(juliet.session.ends).toEqual([false]);
  });

  test('is to ask for nothing while a request is held that has just come', async () => {
    const juliet = await world.signsIn();
    const held = juliet.asks('<presence/>');
    await world.settles();
    expect(await juliet.asks().answer()).toBe(fault('policy-violation'));
    expect(await held.answer()).toBe(fault('other-request'));
  });

  test('is not to ask for nothing some time later', async () => {
    const juliet = await world.signsIn();
    const held = juliet.asks('<presence/>');
    await world.settles();
    world.clock.advance(2000);
    juliet.asks();
    expect(await held.answer()).toBe(acknowledging(juliet.rid));
  });

  test('is to poll in vain twice within the interval [XEP-0124 12]', async () => {
    const juliet = await world.signsIn({ hold: 0 });
    expect(await juliet.asks().answer()).toBe(EMPTY);
    world.clock.advance(1000);
    expect(await juliet.asks().answer()).toBe(fault('policy-violation'));
  });

  test('is not to poll again where there was something, or after the interval [XEP-0124 12]', async () => {
    const juliet = await world.signsIn({ hold: 0 });
    tells(juliet, 'hi');
    expect(textsIn(await juliet.asks().answer())).toEqual(['hi']);
    expect(await juliet.asks().answer()).toBe(EMPTY);
    world.clock.advance(2000);
    expect(await juliet.asks().answer()).toBe(EMPTY);
  });
});

describe('keys [XEP-0124 15]', () => {
  /** K(1), K(2), … */
  function sequence(seed: string, length: number): string[] {
    const keys: string[] = [];
    for (let key = seed; keys.length < length; ) {
      key = createHash('sha1').update(key).digest('hex');
      keys.push(key);
    }
    return keys;
  }

  test('lead from the last to the first, whatever their case', async () => {
    const keys = sequence('seed', 4);
    const juliet = await world.creates({ newkey: keys.pop()!.toUpperCase() });
    const wrong = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='NONE'/>";
    while (keys.length > 0) {
      const answer = await juliet.asks(wrong, { key: keys.pop() }).answer();
      expect(payloadOf(answer)).toMatch(/^<failure /);
    }
  });

  test('are followed by others', async () => {
    const [first, next] = [sequence('seed', 2), sequence('another', 2)];
    const juliet = await world.creates({ newkey: first[1] });
    juliet.asks('<presence/>'.slice(0, 0), { key: first[0], newkey: next[1] });
    await world.settles();
    world.clock.advance(3000);
    const held = juliet.asks('', { key: next[0] });
    await world.settles();
    expect(held.isAnswered).toBe(false);
  });

  test.each([
    ['wrong', { key: '0'.repeat(40) }],
    ['missing', {}],
    ['new', { newkey: '0'.repeat(40) }],
  ])('that are %s end the session, unread', async (_, attributes) => {
    const juliet = await world.creates({ newkey: sequence('seed', 2)[1] });
    const auth = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='NONE'/>";
    expect(await juliet.asks(auth, attributes).answer()).toBe(fault('item-not-found'));
    expect(await juliet.asks().answer()).toBe(fault('item-not-found'));
  });

  test('are those of the request in its order', async () => {
    const keys = sequence('seed', 3);
    const juliet = await world.creates({ newkey: keys[2] });
    const { rid } = juliet;
    const second = juliet.sends(rid + 2, '', { key: keys[0] });
    await world.settles();
    world.clock.advance(3000);
    const first = juliet.sends(rid + 1, '', { key: keys[1] });
    expect(await first.answer()).toBe(fault('other-request'));
    expect(await second.answer()).toBe(fault('policy-violation'));
  });

  test('guard repeated requests as well', async () => {
    const keys = sequence('seed', 2);
    const juliet = await world.creates({ newkey: keys[1] });
    const auth = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='NONE'/>";
    const answer = await juliet.asks(auth, { key: keys[0] }).answer();
    expect(await juliet.sends(juliet.rid, auth, { key: keys[0] }).answer()).toBe(answer);
    expect(await juliet.sends(juliet.rid, auth).answer()).toBe(fault('item-not-found'));
  });
});

describe('several streams [XEP-0124 16]', () => {
  test('are not to be had: the wish is ignored', async () => {
    const juliet = await world.signsIn();
    expect(attribute(juliet.created, 'stream')).toBe('');
    const held = juliet.asks('', { to: 'example.com', stream: 'second' });
    await world.settles();
    expect(held.isAnswered).toBe(false);
    tells(juliet, 'the one there is');
    expect(textsIn(await held.answer())).toEqual(['the one there is']);
  });
});

describe('a session that began encrypted [XEP-0124 19.1]', () => {
  test('hangs up on whoever asks without, and lives on', async () => {
    const juliet = await world.signsIn();
    world.peer = { ...world.peer, isSecure: false };
    const posted = juliet.asks('', { type: 'terminate' });
    expect(await posted.answer()).toBe('');
    juliet.rid -= 1;
    world.peer = { ...world.peer, isSecure: true };
    expect(textsIn(await juliet.asks(message('hi')).answer())).toEqual(['hi']);
  });

  test('or within the machine, stays there or is encrypted', async () => {
    world.peer = { remoteAddress: '127.0.0.1', isSecure: false, isLocal: true };
    const juliet = await world.signsIn();
    world.peer = { ...world.peer, isLocal: false };
    expect(await juliet.asks().answer()).toBe('');
    juliet.rid -= 1;
    world.peer = { ...world.peer, isSecure: true };
    expect(textsIn(await juliet.asks(message('hi')).answer())).toEqual(['hi']);
  });
});

describe('a stream that is read slowly', () => {
  test('has its requests answered only once they are read', async () => {
    const juliet = await world.signsIn();
    juliet.session.wire.pause();
    const posted = juliet.asks(message('hi'));
    await world.settles();
    expect(posted.isAnswered).toBe(false);
    juliet.session.wire.resume();
    expect(textsIn(await posted.answer())).toEqual(['hi']);
  });

  test('takes no more than may be under way', async () => {
    const juliet = await world.signsIn();
    juliet.session.wire.pause();
    juliet.asks(message('1'));
    juliet.asks(message('2'));
    await world.settles();
    expect(await juliet.asks(message('3')).answer()).toBe(fault('policy-violation'));
  });
});

test('a body may be in pieces', async () => {
  const juliet = await world.signsIn();
  const content = body({ rid: juliet.rid + 1, sid: juliet.sid }, message('hi'));
  expect(textsIn(await world.sender.inPieces(content, 7).answer())).toEqual(['hi']);
});
