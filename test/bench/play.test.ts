import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { Server } from '../../bench/rivals/server.ts';
import { Deadline } from '../../bench/run/deadline.ts';
import { readRunOptions } from '../../bench/run/options.ts';
import { play } from '../../bench/run/play.ts';
import type { Sample, Scenario } from '../../bench/run/scenario.ts';
import { complaint } from '../../bench/suite/smoke.ts';
import { chatRun } from './sample-results.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'epode-play-'));
  said = [];
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const options = readRunOptions(['chat', '--rounds', '3']);
let said: string[];
const say = (line: string) => {
  said.push(line);
};

function server(name: string, prepare = async () => {}): Server {
  return { name, prepare, command: () => ({ argv: ['true'] }) };
}

/** Measures nothing: `turn` is told whose turn it is, and in which round. */
function scenario(turn: (name: string, round: number) => Promise<Sample>): Scenario {
  const rounds = new Map<string, number>();
  return {
    name: 'turns',
    summary: 'turns',
    columns: [{ key: 'turn', title: 'turn', digits: 0 }],
    accounts: () => 1,
    measure({ server: { name } }) {
      rounds.set(name, (rounds.get(name) ?? 0) + 1);
      return turn(name, rounds.get(name)!);
    },
  };
}

test('servers take turns within each round', async () => {
  const turns: string[] = [];
  const counting = scenario(async (name) => ({ turn: turns.push(name) }));
  const servers = ['a', 'b'].map((name) => server(name));
  const outcome = await play({ scenario: counting, options, servers, directory, say });
  expect(turns).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
  expect(outcome).toEqual({
    rounds: [1, 3, 5].map((turn) => ({ a: { turn }, b: { turn: turn + 1 } })),
    failures: [],
  });
  expect(said.slice(0, 3)).toEqual(['round 1 of 3', '  a: turn 1', '  b: turn 2']);
});

test('a server that fails sits out the rest, and the others go on', async () => {
  const failing = scenario(async (name, round) => {
    if (name === 'b' && round === 2) throw new Error('out of breath');
    return { turn: round };
  });
  const servers = ['a', 'b'].map((name) => server(name));
  const { rounds, failures } = await play({ scenario: failing, options, servers, directory, say });
  expect(rounds).toEqual([
    { a: { turn: 1 }, b: { turn: 1 } },
    { a: { turn: 2 } },
    { a: { turn: 3 } },
  ]);
  expect(failures).toEqual([{ server: 'b', round: 2, reason: 'out of breath' }]);
});

test('a server that cannot be prepared, or is not installed, is named and left out', async () => {
  const broken = server('broken', async () => {
    throw new Error('no disk');
  });
  const missing = { ...server('missing'), needs: { program: 'no-such-server', package: 'xmppd' } };
  const playing = scenario(async () => ({ turn: 1 }));
  const servers = [broken, missing, server('sound')];
  const { rounds, failures } = await play({ scenario: playing, options, servers, directory, say });
  expect(rounds.map((round) => Object.keys(round))).toEqual([['sound'], ['sound'], ['sound']]);
  expect(failures).toEqual([
    { server: 'broken', round: 0, reason: 'no disk' },
    { server: 'missing', round: 0, reason: 'not installed: apt-get install xmppd' },
  ]);
});

test('no round is played for nobody', async () => {
  const failing = scenario(() => Promise.reject(new Error('never works')));
  const { rounds, failures } = await play({
    scenario: failing,
    options,
    servers: [server('a')],
    directory,
    say,
  });
  expect(rounds).toEqual([{}]);
  expect(failures).toHaveLength(1);
});

test('whoever hangs when the time is over is ended, and whoever comes later has no turn', async () => {
  let ended = 0;
  const deadline = new Deadline(0.05, () => {
    ended++;
  });
  const hanging = scenario(() => new Promise(() => {}));
  const servers = ['a', 'b'].map((name) => server(name));
  const { failures } = await play({
    scenario: hanging,
    options,
    servers,
    directory,
    deadline,
    say,
  });
  expect(ended).toBe(1);
  expect(failures.map(({ server, reason }) => `${server} ${reason}`)).toEqual([
    'a took too long and was ended',
    'b no time was left',
  ]);
});

test('a deadline that is cleared ends nothing', async () => {
  jest.useFakeTimers();
  try {
    const end = jest.fn();
    const deadline = new Deadline(1, end);
    deadline.clear();
    jest.advanceTimersByTime(2_000);
    expect(end).not.toHaveBeenCalled();
    expect(await deadline.bound(async () => 'done')).toBe('done');
  } finally {
    jest.useRealTimers();
  }
});

const [first] = chatRun.rounds;
const one = { ...chatRun, rounds: [{ epode: first!.epode! }], failures: [] };

test.each([
  ['works', one, null],
  ['has failed', { ...one, failures: chatRun.failures }, 'does not listen\nlog of ejabberd'],
  ['was never played', { ...one, rounds: [] }, 'no sample'],
  ['has a figure missing', { ...one, rounds: [{ epode: { rate: 1 } }] }, 'no CPU us/message'],
  [
    'has passed nothing on',
    { ...one, rounds: [{ epode: { ...first!.epode, rate: 0 } }] },
    'nothing arrived: 0 messages/s',
  ],
])('the smoke says of a run that %s: %j', (_, run, wanted) => {
  expect(complaint(run)).toBe(wanted);
});
