import { expect, test } from '@jest/globals';
import { readComparison } from '../../bench/compare/options.ts';
import { readRunOptions } from '../../bench/run/options.ts';
import { SCENARIOS } from '../../bench/scenarios.ts';
import { expectedSeconds, formatDuration, mostSeconds } from '../../bench/suite/estimate.ts';
import { planSuite } from '../../bench/suite/plan.ts';
import { SUITE } from '../../bench/suite/runs.ts';

const argsOf = (args: string) => planSuite(args.split(' ')).map(({ run }) => run.args);

test('a run has sensible defaults', () => {
  expect(readRunOptions(['chat'])).toMatchObject({
    scenario: 'chat',
    servers: ['epode', 'prosody', 'ejabberd'],
    rounds: 3,
    seconds: 10,
    tls: false,
    transport: null,
  });
});

test('the last of several words on one thing counts', () => {
  expect(readRunOptions(['chat', '--rounds', '3', '--rounds', '1']).rounds).toBe(1);
});

test('minutes are what mixed measures, and no other scenario', () => {
  expect(readRunOptions(['mixed'])).toMatchObject({ seconds: 60, sessions: [1_000] });
  expect(readRunOptions(['mixed', '--minutes', '2']).seconds).toBe(120);
  expect(readRunOptions(['chat', '--minutes', '2']).seconds).toBe(10);
  const { minutes, runs } = readComparison('--compare HEAD mixed --minutes 2'.split(' '));
  expect([minutes, runs[0]?.seconds]).toEqual([2, 60]);
});

test.each([
  ['no scenario', '--rounds 3', /one scenario/],
  ['two of them', 'chat idle', /one scenario/],
  ['an unknown option', 'chat --fast-please', /--fast-please/],
  ['a number that is none', 'chat --rounds many', /--rounds wants a number above 0, not many/],
  ['a transport that is none', 'chat --transport pigeon', /--transport tcp\|websocket\|bosh/],
])('%s is refused with what would do', (_, args, wanted) => {
  expect(() => readRunOptions(args.split(' '))).toThrow(wanted);
  expect(() => readRunOptions(args.split(' '))).toThrow(/usage: /);
});

test('the suite has every scenario, no run twice, and shows columns that are there', () => {
  const runs = planSuite([]);
  expect(new Set(runs.map(({ scenario }) => scenario.name))).toEqual(
    new Set(SCENARIOS.map(({ name }) => name)),
  );
  expect(new Set(SUITE.map(({ args }) => args)).size).toBe(SUITE.length);
  const unknown = runs.flatMap(({ run, scenario: { columns } }) =>
    [...run.inReadme, ...run.charted]
      .filter((key) => columns.every((column) => column.key !== key))
      .map((key) => `${run.args}: ${key}`),
  );
  expect(unknown).toEqual([]);
});

test('options are for every run, and win over its own', () => {
  const runs = planSuite(['--rounds', '1', '--only', 'epode']);
  expect(runs.map(({ options }) => options.rounds)).toEqual(runs.map(() => 1));
  expect(new Set(runs.flatMap(({ servers }) => servers.map(({ name }) => name)))).toEqual(
    new Set(['epode']),
  );
});

test('same duty: Epode has no index of words beside rivals, unless that is asked for', () => {
  const indexed = planSuite([]).filter(({ options }) => options.search);
  expect(indexed.length).toBeGreaterThan(0);
  expect(indexed.flatMap(({ servers }) => servers.map(({ name }) => name))).toEqual(
    indexed.map(() => 'epode'),
  );
});

test('ten minutes of a mixed day are in the suite, and no part of a quick one', () => {
  const longest = (args: readonly string[]) =>
    Math.max(...planSuite(args).map(({ options }) => options.seconds));
  expect(longest([])).toBe(600);
  expect(longest(['--quick'])).toBe(3);
});

test('--quick is one short round, but for what is asked for besides', () => {
  const [first] = planSuite(['--quick', '--seconds', '2']);
  expect(first?.options).toMatchObject({ rounds: 1, seconds: 2, warmup: 2 });
});

test('--runs leaves those of some scenarios', () => {
  expect(argsOf('--runs bosh,start-up')).toEqual(['start-up', 'bosh']);
  expect(argsOf('--runs=bosh')).toEqual(['bosh']);
  expect(() => planSuite(['--runs', 'nothing'])).toThrow(/there is no nothing, only chat, /);
});

test('a run is expected to take as long as its turns, and bounded by more', () => {
  const [{ scenario, options }] = planSuite(['--runs', 'bosh']) as [
    ReturnType<typeof planSuite>[0],
  ];
  const once = expectedSeconds(scenario, options, 1);
  expect(once).toBeGreaterThan(options.rounds * (options.warmup + options.seconds));
  expect(expectedSeconds(scenario, options, 3)).toBeCloseTo(3 * once);
  expect(mostSeconds(once)).toBeGreaterThan(once);
  expect([formatDuration(40), formatDuration(90)]).toEqual(['40 s', '2 min']);
});
