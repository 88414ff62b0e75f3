import { describe, expect, test } from '@jest/globals';
import { type Archived, type Fact, type History, messageOf } from './proof/history.ts';
import { judge } from './proof/oracle.ts';

const DEVICES = [
  { name: 'ann/laptop', account: 'ann' },
  { name: 'ann/phone', account: 'ann' },
  { name: 'ben/phone', account: 'ben' },
];
const LAPTOP = 'ann/laptop';
const BEN = 'ben/phone';
const killed: Fact = { kind: 'killed' };
const started: Fact = { kind: 'started' };
const stopped: Fact = { kind: 'stopped' };

const id = (n: number) => `ann:ben:${n}`;
const sent = (n: number, isVolatile = false): Fact => ({
  kind: 'sent',
  device: LAPTOP,
  message: messageOf('ann', 'ben', n, isVolatile),
});
const acknowledged = (n: number): Fact => ({ kind: 'acknowledged', id: id(n) });
const heard = (device: string, n: number, more: object = {}): Fact => {
  const account = device.split('/')[0];
  return { kind: 'heard', device, id: id(n), stanzaId: `${account}-${n}`, from: 'stream', ...more };
};
type Turn = 'came' | 'shown' | 'fenced' | 'leaving' | 'left' | 'cut' | 'resumed' | 'refused';
const of = (device: string, kind: Turn) => ({ kind, device });
const bound = (device: string, isResumable = true): Fact => ({
  kind: 'bound',
  device,
  isResumable,
});

/** A message that does what it should. */
const goesWell = (n: number): Fact[] => [
  sent(n),
  heard(BEN, n),
  heard('ann/phone', n),
  acknowledged(n),
];
const begins: Fact[] = [started, ...DEVICES.map(({ name }) => bound(name))];

const entries = (account: string, ...numbers: number[]): readonly [string, Archived[]] => [
  account,
  numbers.map((n) => ({ id: id(n), stanzaId: `${account}-${n}` })),
];

function verdictOn(
  facts: readonly Fact[],
  archives: readonly (readonly [string, Archived[]])[] | null,
) {
  const history: History = {
    facts: [...begins, ...facts],
    devices: DEVICES,
    archives: archives && new Map(archives),
  };
  return judge(history);
}

const kinds = (...args: Parameters<typeof verdictOn>) =>
  verdictOn(...args).violations.map(({ kind, id }) => `${kind} ${id}`);

describe('with archives', () => {
  const both = (...numbers: number[]) => [entries('ann', ...numbers), entries('ben', ...numbers)];

  test('what is stored once, in order, and reached everybody, is sound', () => {
    const { violations, counts } = verdictOn([...goesWell(1), ...goesWell(2)], both(1, 2));
    expect(violations).toEqual([]);
    expect(counts).toMatchObject({ sent: 2, acknowledged: 2, archived: 4, heard: 4, notOwed: 0 });
  });

  test.each([
    ['the archive of the sender', [entries('ann', 1), entries('ben', 1, 2)]],
    ['the archive of the receiver', [entries('ann', 1, 2), entries('ben', 1)]],
    ['both', both(1)],
  ])('an acknowledged message that is not in %s is lost', (_, archives) => {
    expect(kinds([...goesWell(1), ...goesWell(2)], archives)).toEqual([`lost ${id(2)}`]);
  });

  test('a message that was not acknowledged may be in none, but not in one', () => {
    const facts = [...goesWell(1), sent(2)];
    expect(kinds(facts, both(1))).toEqual([]);
    const half = [entries('ann', 1, 2), entries('ben', 1)];
    expect(kinds(facts, half)).toEqual([`in one archive of two ${id(2)}`]);
  });

  test('a message that an archive has twice is doubled', () => {
    const archives = [entries('ann', 1, 2), entries('ben', 1, 2, 1)];
    expect(kinds([...goesWell(1), ...goesWell(2)], archives)).toEqual([
      `doubled in an archive ${id(1)}`,
    ]);
  });

  test('a message behind a later one of the same pair is reordered', () => {
    const archives = [entries('ann', 1, 2), entries('ben', 2, 1)];
    expect(kinds([...goesWell(1), ...goesWell(2)], archives)).toEqual([`reordered ${id(1)}`]);
  });

  test('a message that nobody has sent is no message', () => {
    expect(kinds(goesWell(1), [entries('ann', 1), entries('ben', 1, 7)])).toEqual([
      `never sent ${id(7)}`,
    ]);
    expect(kinds([...goesWell(1), heard(BEN, 7)], both(1))).toEqual([`never sent ${id(7)}`]);
  });

  test('what asks for no store is in no archive', () => {
    const facts = [...goesWell(1), sent(2, true), heard(BEN, 2), acknowledged(2)];
    expect(kinds(facts, both(1))).toEqual([]);
    expect(kinds(facts, [entries('ann', 1), entries('ben', 1, 2)])).toEqual([
      `stored against its mark ${id(2)}`,
    ]);
  });

  test.each([BEN, 'ann/phone'])('what never reached %s is lost to it', (device) => {
    const facts = goesWell(1).filter((fact) => fact.kind !== 'heard' || fact.device !== device);
    expect(verdictOn([...goesWell(2), ...facts], both(2, 1)).violations).toContainEqual(
      expect.objectContaining({ kind: 'lost', text: `${id(1)} never reached ${device}` }),
    );
  });

  test('what a device fetches from its archive has reached it, and is no repeat', () => {
    const late = heard(BEN, 1, { from: 'archive' });
    const facts = [sent(1), heard('ann/phone', 1), acknowledged(1), late];
    expect(kinds(facts, both(1))).toEqual([]);
    expect(kinds([...goesWell(1), late], both(1))).toEqual([]);
  });

  test('the same message has the same stanza-id wherever an account sees it', () => {
    const other = heard(BEN, 1, { from: 'archive', stanzaId: 'other' });
    expect(kinds([...goesWell(1), other], both(1))).toEqual([
      `repeated under another stanza-id ${id(1)}`,
    ]);
  });
});

describe('repeats', () => {
  const again = heard(BEN, 1);

  test('without a kill between them are a violation, whatever else happened', () => {
    const repeated = [`repeated without a kill ${id(1)}`];
    expect(kinds([...goesWell(1), again], null)).toEqual(repeated);
    expect(kinds([...goesWell(1), stopped, started, again], null)).toEqual(repeated);
    expect(kinds([...goesWell(1), of(BEN, 'cut'), of(BEN, 'resumed'), again], null)).toEqual(
      repeated,
    );
    expect(kinds([killed, started, ...goesWell(1), again], null)).toEqual(repeated);
    expect(kinds([...goesWell(1), again, killed, started], null)).toEqual(repeated);
  });

  test('after a kill are counted, and need the same stanza-id', () => {
    const facts = [...goesWell(1), killed, started, again];
    expect(verdictOn(facts, null)).toMatchObject({
      violations: [],
      counts: { repeatsAfterKills: 1, kills: 1 },
    });
    const renamed = [...goesWell(1), killed, started, heard(BEN, 1, { stanzaId: 'other' })];
    expect(kinds(renamed, null)).toEqual([`repeated under another stanza-id ${id(1)}`]);
  });

  test('of what was on its way when the server was killed are repeats after a kill', () => {
    const facts = [killed, ...goesWell(1), started, again];
    expect(verdictOn(facts, null).counts.repeatsAfterKills).toBe(1);
    expect(kinds(facts, null)).toEqual([]);
  });

  describe('of what came to a device that was leaving', () => {
    const leaving = of(BEN, 'leaving');
    const back = [of(BEN, 'left'), of(BEN, 'came'), bound(BEN)];

    test('are counted, and need the same stanza-id', () => {
      const facts = [leaving, ...goesWell(1), ...back];
      expect(verdictOn([...facts, again], null)).toMatchObject({
        violations: [],
        counts: { repeatsAfterLeaving: 1, repeatsAfterKills: 0 },
      });
      expect(
        kinds([leaving, ...goesWell(1), of(BEN, 'cut'), of(BEN, 'came'), again], null),
      ).toEqual([]);
      expect(kinds([...facts, heard(BEN, 1, { stanzaId: 'other' })], null)).toEqual([
        `repeated under another stanza-id ${id(1)}`,
        `repeated without a kill ${id(1)}`,
      ]);
    });

    test.each<[string, Fact[]]>([
      ['of what came before', [...goesWell(1), leaving, ...back, again]],
      ['over the same stream', [leaving, ...goesWell(1), again]],
      ['a third time', [leaving, ...goesWell(1), ...back, again, again]],
      ['behind an earlier end', [leaving, ...back, ...goesWell(1), of(BEN, 'cut'), again]],
      [
        'of what another device heard',
        [of('ann/phone', 'leaving'), ...goesWell(1), ...back, again],
      ],
    ])('are violations %s', (_, facts) => {
      expect(kinds(facts, null)).toEqual([`repeated without a kill ${id(1)}`]);
    });
  });

  test('on a device that acknowledges nothing may follow a cut', () => {
    const facts = [bound('ann/phone'), bound(BEN, false), ...goesWell(1), of(BEN, 'cut'), again];
    const history: History = { facts: [started, ...facts], devices: DEVICES, archives: null };
    expect(judge(history)).toMatchObject({ violations: [], counts: { repeatsAfterCuts: 1 } });
    const uncut = [started, ...facts.filter(({ kind }) => kind !== 'cut')];
    expect(judge({ ...history, facts: uncut }).violations).toMatchObject([
      { kind: 'repeated without a kill' },
    ]);
  });
});

describe('without archives', () => {
  const lost = [`lost ${id(1)}`];
  const unheard = [sent(1), acknowledged(1)];

  test('a device that was there from the sending to a fence is owed the message', () => {
    const facts = [...goesWell(2), ...unheard, of(BEN, 'fenced')];
    expect(kinds(facts, null)).toEqual(lost);
    expect(kinds([...facts, heard(BEN, 1)], null)).toEqual([`reordered ${id(1)}`]);
  });

  test('so is one whose session was resumed, also after a restart', () => {
    const back = [of(BEN, 'cut'), stopped, started, of(BEN, 'resumed'), of(BEN, 'fenced')];
    expect(kinds([...goesWell(2), ...unheard, ...back], null)).toEqual(lost);
    expect(kinds([...goesWell(2), of(BEN, 'cut'), ...unheard, ...back], null)).toEqual(lost);
  });

  test('a kill before the fence takes along what was stored nowhere', () => {
    const facts = [...goesWell(2), ...unheard, killed, started, bound(BEN), of(BEN, 'fenced')];
    const { violations, counts } = verdictOn(facts, null);
    expect(violations).toEqual([]);
    expect(counts.notOwed).toBe(2);
  });

  test('what waits for the only device of an account survives a kill', () => {
    const facts = [
      ...goesWell(2),
      of(BEN, 'left'),
      ...unheard,
      killed,
      started,
      of(BEN, 'came'),
      bound(BEN),
    ];
    expect(kinds(facts, null)).toEqual([]);
    expect(kinds([...facts, of(BEN, 'fenced')], null)).toEqual(lost);
    expect(kinds([...facts, heard(BEN, 1), of(BEN, 'fenced')], null)).toEqual([
      `reordered ${id(1)}`,
    ]);
  });
});

test('what asks for no store is owed to a session that was there, also across a stop', () => {
  const archives = [entries('ann', 2), entries('ben', 2)];
  const facts = [...goesWell(2), sent(1, true), acknowledged(1)];
  const back = [of(BEN, 'resumed'), of(BEN, 'fenced')];
  expect(kinds([...facts, stopped, started, ...back], archives)).toEqual([`lost ${id(1)}`]);
  expect(kinds([...facts, killed, started, ...back], archives)).toEqual([]);
});

describe('what is for a device by name, as it comes back', () => {
  const direct = (n: number): Fact => ({
    kind: 'sent',
    device: 'ann/phone',
    message: { ...messageOf('ann', 'ben', n, false), to: BEN },
  });
  const away = [direct(1), acknowledged(1), of(BEN, 'left'), direct(2), acknowledged(2)];

  test('may come before what waited for it, until it is available', () => {
    const facts = [...away, heard(BEN, 2), of(BEN, 'shown'), heard(BEN, 1), bound(BEN)];
    expect(kinds(facts, null)).toEqual([]);
  });

  test('comes in order from then on', () => {
    const facts = [...away, of(BEN, 'shown'), heard(BEN, 2), heard(BEN, 1), bound(BEN)];
    expect(kinds(facts, null)).toEqual([`reordered ${id(1)}`]);
  });
});

test('a device hears the messages of a pair in order, kills or not', () => {
  const facts = [sent(1), sent(2), heard(BEN, 2), killed, started, heard(BEN, 1)];
  expect(kinds([...facts, acknowledged(2)], null)).toEqual([`reordered ${id(1)}`]);
});

test('what waited and was given to another device may come late after a kill, not else', () => {
  const devices = [...DEVICES, { name: 'ben/laptop', account: 'ben' }];
  const facts = (...between: Fact[]) => [
    ...begins,
    ...[sent(1), heard(BEN, 1), sent(2), heard('ben/laptop', 2)],
    ...between,
    heard('ben/laptop', 1),
    acknowledged(2),
  ];
  const verdict = (all: Fact[]) => judge({ facts: all, devices, archives: null }).violations;
  expect(verdict(facts(killed, started))).toEqual([]);
  expect(verdict(facts(stopped, started))).toMatchObject([{ kind: 'reordered' }]);
});

test('a session is resumed unless the server was killed', () => {
  const refused = of(BEN, 'refused');
  expect(kinds([...goesWell(1), stopped, started, refused], null)).toEqual(['not resumed null']);
  expect(kinds([...goesWell(1), killed, refused, started], null)).toEqual([]);
});

test('errors, and what a client notices by itself, are violations', () => {
  const bounced: Fact = { kind: 'bounced', device: LAPTOP, id: id(1) };
  const amiss: Fact = { kind: 'amiss', device: LAPTOP, what: 'h=7 where 3 were sent' };
  expect(kinds([...goesWell(1), bounced, amiss], null)).toEqual([`amiss ${id(1)}`, 'amiss null']);
});

test('a run in which nothing was acknowledged proves nothing', () => {
  expect(kinds([sent(1), heard(BEN, 1)], null)).toEqual(['nothing proven null']);
  expect(kinds([], null)).toEqual(['nothing proven null']);
});
