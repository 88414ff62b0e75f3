import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { medianInterval } from '../../bench/compare/interval.ts';
import { readComparison } from '../../bench/compare/options.ts';
import { wordOf } from '../../bench/compare/report.ts';
import { checkOut, revisionNamed } from '../../bench/compare/revision.ts';
import { find, lossOf } from '../../bench/compare/verdict.ts';
import type { Column } from '../../bench/run/scenario.ts';

const PROGRAM = join(import.meta.dirname, '..', '..', 'bench', 'run.ts');
const COST: Column = { key: 'cost', title: 'CPU us', digits: 1, better: 'lower' };
const RATE: Column = { key: 'rate', title: 'messages/s', digits: 0, better: 'higher' };
const NAMES = { before: 'old', after: 'new' };

/** A figure of each, pair by pair. */
function pairs(key: string, values: readonly (readonly [number, number])[]) {
  return values.map(([before, after]) => ({ old: { [key]: before }, new: { [key]: after } }));
}

/** Numbers from 0 to 1 that are the same in every run (Park and Miller's generator). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

describe('the interval of a median', () => {
  test('is from the lowest to the highest of six, in 96.9 % of all cases', () => {
    expect(medianInterval([3, 1, 2, 6, 5, 4])).toEqual({
      median: 3.5,
      low: 1,
      high: 6,
      confidence: 1 - 2 / 64,
    });
  });

  test('leaves out of ten the lowest and the highest, of twenty five on each side', () => {
    const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
    expect(medianInterval(upTo(10))).toMatchObject({ low: 2, high: 9 });
    expect(medianInterval(upTo(20))).toMatchObject({ low: 6, high: 15 });
    // As in tables of the binomial distribution.
    expect(medianInterval(upTo(20))?.confidence).toBeCloseTo(0.9586, 4);
  });

  test('is not there for fewer than six, nor for none', () => {
    expect(medianInterval([])).toBeNull();
    expect(medianInterval([1])).toBeNull();
    expect(medianInterval([1, 2, 3, 4, 5])).toBeNull();
  });

  test('is a point where all values are equal', () => {
    expect(medianInterval(Array(8).fill(1))).toMatchObject({ median: 1, low: 1, high: 1 });
  });

  test('is moved by one value that is far off no more than by any other', () => {
    const near = medianInterval([0.97, 0.98, 0.99, 1, 1.01, 1.02, 1.03, 1.04, 1.05, 1.06]);
    const far = medianInterval([0.97, 0.98, 0.99, 1, 1.01, 1.02, 1.03, 1.04, 1.05, 50]);
    expect(far).toEqual(near);
  });

  test.each([
    ['even', (random: () => number) => random() - 0.5],
    ['skewed', (random: () => number) => -Math.log(random()) - Math.LN2],
    ['with far outliers', (random: () => number) => Math.tan(Math.PI * (random() - 0.5))],
  ])('has the true median in it as often as it says: %s', (_, draw) => {
    const random = numbers(7);
    const trials = 4_000;
    let hits = 0;
    for (let trial = 0; trial < trials; trial++) {
      const { low, high } = medianInterval(Array.from({ length: 10 }, () => draw(random)))!;
      if (low <= 0 && high >= 0) hits++;
    }
    // Exactly 1 - 22/1024; two thousandths are the standard error.
    expect(Math.abs(hits / trials - 0.9785)).toBeLessThan(0.01);
  });
});

describe('the verdict on a figure', () => {
  const six = (ratio: number) =>
    [0.99, 1, 1.01, 0.995, 1.005, 1].map((scatter) => [100, 100 * ratio * scatter] as const);

  test('is faster or slower where 1 is outside of the interval', () => {
    expect(find(COST, pairs('cost', six(0.9)), NAMES)?.verdict).toBe('better');
    expect(find(COST, pairs('cost', six(1.1)), NAMES)?.verdict).toBe('worse');
  });

  test('turns round for a figure of which more is better', () => {
    expect(find(RATE, pairs('rate', six(0.9)), NAMES)?.verdict).toBe('worse');
    expect(find(RATE, pairs('rate', six(1.1)), NAMES)?.verdict).toBe('better');
  });

  test('is that no difference was seen where 1 is inside, and tells what would have been', () => {
    const finding = find(COST, pairs('cost', six(1.005)), NAMES)!;
    expect(finding.verdict).toBe('no difference');
    expect(finding.seen).toBeCloseTo(1.01, 1);
  });

  test('is that there are too few pairs, however clear they are', () => {
    const one = find(COST, pairs('cost', [[100, 10]]), NAMES)!;
    expect(one).toMatchObject({ verdict: 'too few', pairs: 1, ratio: 0.1, interval: null });
    expect(lossOf(find(COST, pairs('cost', [[10, 100]]), NAMES)!)).toBe(0);
  });

  test('is of the pairs alone: a machine that gets slower all the time moves both', () => {
    const drifting = [100, 130, 170, 220, 280, 350].map((cost) => [cost, cost * 0.95] as const);
    expect(find(COST, pairs('cost', drifting), NAMES)).toMatchObject({ verdict: 'better' });
  });

  test('counts equal values as no difference, and nothing on both sides, too', () => {
    const equal = find(COST, pairs('cost', Array(7).fill([5, 5])), NAMES)!;
    expect(equal).toMatchObject({ verdict: 'no difference', ratio: 1, seen: 0 });
    const nothing = find(COST, pairs('cost', Array(7).fill([0, 0])), NAMES)!;
    expect(nothing).toMatchObject({ verdict: 'no difference', ratio: 1 });
  });

  test('leaves out rounds that one of them has no figure of', () => {
    const rounds = [...pairs('cost', six(0.9)), { old: { cost: 3 } }, ...pairs('cost', [[1, NaN]])];
    expect(find(COST, rounds, NAMES)?.pairs).toBe(6);
    expect(find(RATE, rounds, NAMES)).toBeNull();
  });

  test('is larger and smaller for memory', () => {
    const memory: Column = { ...COST, kind: 'memory' };
    expect(wordOf(find(memory, pairs('cost', six(1.1)), NAMES)!)).toBe('**larger**');
    expect(wordOf(find(COST, pairs('cost', six(1.1)), NAMES)!)).toBe('**slower**');
  });

  test('knows by how many percent it is worse, both ways', () => {
    expect(lossOf(find(COST, pairs('cost', six(1.25)), NAMES)!)).toBeCloseTo(25);
    expect(lossOf(find(RATE, pairs('rate', six(0.8)), NAMES)!)).toBeCloseTo(25);
    expect(lossOf(find(COST, pairs('cost', six(0.5)), NAMES)!)).toBe(0);
  });
});

describe('what a comparison is asked for', () => {
  test('is any number of scenarios with the same options, six pairs at least', () => {
    const { revision, runs, minutes } = readComparison(
      '--compare main chat --seconds 2 login'.split(' '),
    );
    expect(revision).toBe('main');
    expect(minutes).toBeNull();
    expect(runs.map(({ scenario }) => scenario)).toEqual(['chat', 'login']);
    expect(runs.every(({ seconds, rounds }) => seconds === 2 && rounds === 6)).toBe(true);
  });

  test('may be more pairs, more time, and what is too slow', () => {
    const asked = '--compare=HEAD~2 --rounds 9 --minutes=30 --fail-on-slower 2.5 rate'.split(' ');
    const options = readComparison(asked);
    expect(options).toMatchObject({ revision: 'HEAD~2', minutes: 30, failOnSlower: 2.5 });
    expect(options.runs).toMatchObject([{ scenario: 'rate', rounds: 9 }]);
  });

  test('is what most changes are about, where nothing is named', () => {
    const { runs } = readComparison(['--compare', 'main']);
    expect(runs.map(({ scenario }) => scenario)).toEqual(['chat', 'rate', 'presence', 'login']);
  });

  test.each([
    ['--compare', '--compare wants a value'],
    ['--compare= chat', '--compare wants a value'],
    ['--compare main --minutes soon', '--minutes wants a number from 0 on, not soon'],
    ['--compare main --fail-on-slower=-3', '--fail-on-slower wants a number from 0 on, not -3'],
    ['--compare main --only prosody', '--only is not for --compare'],
    ['--compare main --bodies 3', "Unknown option '--bodies'"],
  ])('is refused with a reason: %s', (args, reason) => {
    expect(() => readComparison(args.split(' '))).toThrow(reason);
  });

  test.each([
    ['--compare no-such-branch chat', 'there is no revision no-such-branch in '],
    ['--compare HEAD no-such-scenario', 'there is no no-such-scenario, only chat, '],
  ])('is refused before anything is built: %s', (args, reason) => {
    const { status, stderr } = spawnSync(process.execPath, [PROGRAM, ...args.split(' ')], {
      encoding: 'utf8',
    });
    expect(stderr).toMatch(reason);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(status).toBe(1);
  });
});

describe('another revision', () => {
  let folder: string;
  const git = (...args: string[]) => {
    const identity = ['-c', 'user.name=Nurse', '-c', 'user.email=nurse@localhost'];
    const argv = ['-C', join(folder, 'here'), ...identity, ...args];
    return execFileSync('git', argv, { encoding: 'utf8' });
  };
  const write = (file: string, text: string) => writeFileSync(join(folder, 'here', file), text);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'epode-revision-'));
    mkdirSync(join(folder, 'here', 'bench'), { recursive: true });
    mkdirSync(join(folder, 'here', 'node_modules'));
    git('init', '--quiet');
    const build = 'cp source built';
    write('package.json', JSON.stringify({ name: 'x', scripts: { build } }));
    write('package-lock.json', '{}');
    write('source', 'as it was');
    write('bench/load', 'as it was');
    git('add', '--all');
    git('commit', '--quiet', '--message', 'first words');
    write('source', 'as it is');
    write('bench/load', 'as it is');
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('is built as it was, with the load as it is, and leaves nothing', async () => {
    const here = join(folder, 'here');
    const tree = join(folder, 'tree');
    const revision = revisionNamed(here, 'HEAD');
    expect(revision.subject).toBe('first words');
    const remove = await checkOut(here, revision, tree);
    expect(readFileSync(join(tree, 'built'), 'utf8')).toBe('as it was');
    expect(readFileSync(join(tree, 'bench', 'load'), 'utf8')).toBe('as it is');
    expect(existsSync(join(tree, 'node_modules'))).toBe(true);
    remove();
    expect(existsSync(tree)).toBe(false);
    expect(git('worktree', 'list').trim().split('\n')).toHaveLength(1);
    expect(readFileSync(join(here, 'source'), 'utf8')).toBe('as it is');
  });

  test('leaves nothing when it cannot be built, and the reason is told', async () => {
    write('package.json', JSON.stringify({ name: 'x', scripts: { build: 'echo broken; false' } }));
    git('commit', '--quiet', '--all', '--message', 'broken');
    const here = join(folder, 'here');
    const tree = join(folder, 'tree');
    const built = checkOut(here, revisionNamed(here, 'HEAD'), tree);
    await expect(built).rejects.toThrow('broken');
    expect(existsSync(tree)).toBe(false);
    expect(git('worktree', 'list').trim().split('\n')).toHaveLength(1);
  });

  test('has to be one that the repository knows', () => {
    const here = join(folder, 'here');
    for (const name of ['nobody', '--all', 'HEAD~7', 'HEAD:source'])
      expect(() => revisionNamed(here, name)).toThrow(`there is no revision ${name} in ${here}`);
  });
});
