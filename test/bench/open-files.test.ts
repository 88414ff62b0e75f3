import { expect, test } from '@jest/globals';
import { openFilesLimit, stagesWithin } from '../../bench/run/open-files.ts';

function within(limit: number, ...stages: number[]) {
  const said: string[] = [];
  return { left: stagesWithin(limit, stages, (line) => said.push(line)), said };
}

test('stages that the limit of open files allows are played, with room for what else is open', () => {
  expect(within(20_000, 100, 1_000, 19_800)).toEqual({ left: [100, 1_000, 19_800], said: [] });
  expect(within(Number.POSITIVE_INFINITY, 50_000).left).toEqual([50_000]);
});

test('what is left out is said, with the limit that would do', () => {
  const { left, said } = within(20_000, 10_000, 20_000, 50_000);
  expect(left).toEqual([10_000]);
  expect(said).toHaveLength(2);
  expect(said[1]).toContain('50000 sessions want 50200 open files, 20000 is the limit');
  expect(said[1]).toContain('prlimit --nofile=50200 npm run bench');
});

test('the limit is a number, or none', () => {
  expect(openFilesLimit()).toBeGreaterThan(0);
});
