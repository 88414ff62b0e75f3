import { describe, expect, test } from '@jest/globals';
import { areaOf, moduleOf, titleOf } from '../../bench/profile/areas.ts';
import {
  by,
  type CallNode,
  callTreeOfCpu,
  callTreeOfHeap,
  sumOf,
  tally,
  tallyByNearest,
} from '../../bench/profile/call-tree.ts';
import { figuresOf } from '../../bench/profile/collections.ts';
import type { CallFrame, CpuProfile } from '../../bench/profile/cpu-profile.ts';
import { within } from '../../bench/profile/cpu-profile.ts';
import { drawFlames } from '../../bench/profile/flames.ts';
import { readProfileOptions } from '../../bench/profile/options.ts';
import type { Collections } from '../../bench/profile/protocol.ts';
import { usedSince } from '../../bench/profile/threads.ts';

function frame(functionName: string, url = ''): CallFrame {
  return { functionName, url, scriptId: '1', lineNumber: 6, columnNumber: 0 };
}

const SOURCE = 'file:///here/src/xml/frame.ts';

/** `read` calls itself, what is native, and the store; the collector runs once, and there is rest. */
const PROFILE: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2, 7, 8] },
    { id: 2, callFrame: frame('read', SOURCE), children: [3, 5] },
    { id: 3, callFrame: frame('read', SOURCE), children: [4] },
    { id: 4, callFrame: frame(''), children: [] },
    { id: 5, callFrame: frame('find', 'file:///here/src/storage/sqlite/users.ts'), children: [6] },
    { id: 6, callFrame: frame('get', 'file:///here/node_modules/better-sqlite3/lib/x.js') },
    { id: 7, callFrame: frame('(idle)') },
    { id: 8, callFrame: frame('(garbage collector)') },
  ],
  startTime: 1_000,
  endTime: 1_080,
  samples: [2, 3, 4, 5, 6, 7, 8],
  timeDeltas: [10, 10, 10, 10, 10, 10, 10],
};

const costs = (tallies: ReturnType<typeof tally>) =>
  Object.fromEntries(tallies.map(({ name, self, total }) => [name, [self, total]]));

describe('a profile', () => {
  test('counts what a function does itself, and what it calls once, however deep it calls itself', () => {
    const functions = costs(tally(callTreeOfCpu(PROFILE), titleOf));
    expect(functions['read (src/xml/frame.ts:7)']).toEqual([20, 50]);
    expect(functions['find (src/storage/sqlite/users.ts:7)']).toEqual([10, 20]);
  });

  test('leaves out the time in which there was nothing to do', () => {
    expect(sumOf(callTreeOfCpu(PROFILE))).toBe(60);
  });

  test('names what is native by who calls it', () => {
    const functions = costs(tally(callTreeOfCpu(PROFILE), titleOf));
    expect(functions['native code called by read']).toEqual([10, 10]);
  });

  test('tells areas and modules', () => {
    const areas = costs(tally(callTreeOfCpu(PROFILE), areaOf));
    expect(areas).toMatchObject({
      'src/xml': [20, 50],
      'src/storage': [10, 20],
      'better-sqlite3': [10, 10],
      'native functions': [10, 10],
      'garbage collection': [10, 10],
    });
    expect(moduleOf(frame('x', 'file:///here/src/modules/roster/push.ts'))).toBe('module roster');
    expect(moduleOf(frame('x', 'file:///here/src/modules/ping.ts'))).toBe('module ping');
    expect(areaOf(frame('x', 'node:net'))).toBe('Node.js');
    expect(areaOf(frame('x', 'file:///here/node_modules/@xmpp/xml/index.js'))).toBe('@xmpp/xml');
  });

  test('puts what is done for a function on its account', () => {
    const own = ({ url, functionName }: CallFrame) => (url.includes('/src/') ? functionName : null);
    expect(costs(tallyByNearest(callTreeOfCpu(PROFILE), own, 'nobody'))).toEqual({
      read: [30, 30],
      find: [20, 20],
      nobody: [10, 10],
    });
  });

  test('is in the order of what costs most, without what costs nothing', () => {
    const all = tally(callTreeOfCpu(PROFILE), areaOf);
    expect(by('self', all, 2).map(({ name }) => name)).toEqual(['src/xml', 'native functions']);
    expect(by('self', all, 99).map(({ name }) => name)).not.toContain('idle');
  });

  test('can be cut to a time; what was not seen then is no longer in it', () => {
    const cut = within(PROFILE, 1_015, 1_045);
    expect(cut).toMatchObject({ startTime: 1_015, endTime: 1_045 });
    expect(cut.samples).toEqual([3, 4, 5]);
    expect(cut.timeDeltas).toEqual([5, 10, 10]);
    expect(cut.nodes.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5]);
    expect(cut.nodes.find(({ id }) => id === 1)?.children).toEqual([2]);
    expect(sumOf(callTreeOfCpu(cut))).toBe(25);
  });

  test('may be of a time in which nothing was seen', () => {
    const cut = within(PROFILE, 2_000, 3_000);
    expect(cut.samples).toEqual([]);
    expect(sumOf(callTreeOfCpu(cut))).toBe(0);
  });
});

describe('a profile of allocations', () => {
  test('counts bytes as the other counts time', () => {
    const leaf = { callFrame: frame(''), selfSize: 30, id: 3, children: [] };
    const read = { callFrame: frame('read', SOURCE), selfSize: 12, id: 2, children: [leaf] };
    const head = { callFrame: frame('(root)'), selfSize: 0, id: 1, children: [read] };
    const functions = costs(tally(callTreeOfHeap({ head, samples: [] }), titleOf));
    expect(functions['read (src/xml/frame.ts:7)']).toEqual([12, 42]);
    expect(functions['native code called by read']).toEqual([30, 30]);
  });
});

describe('collections', () => {
  const sizes = (young: number, old: number) =>
    ({
      heapStatistics: { usedHeapSize: young + old },
      heapSpaceStatistics: [
        { spaceName: 'new_space', spaceUsedSize: young },
        { spaceName: 'old_space', spaceUsedSize: old },
      ],
    }) as unknown as Collections['statistics'][number]['beforeGC'];

  test('tell what was allocated between them, what got old, and how long they took', () => {
    const statistics: Collections['statistics'] = [
      { gcType: 'Scavenge', cost: 1_500, beforeGC: sizes(900, 100), afterGC: sizes(50, 130) },
      { gcType: 'Scavenge', cost: 500, beforeGC: sizes(950, 130), afterGC: sizes(40, 150) },
      { gcType: 'MarkSweepCompact', cost: 9_000, beforeGC: sizes(140, 150), afterGC: sizes(0, 60) },
    ];
    const figures = figuresOf({ usedBefore: 200, usedAfter: 100, statistics });
    expect(figures.allocated).toBe(800 + 900 + 100 + 40);
    expect(figures.promoted).toBe(30 + 20);
    expect(figures.kinds).toEqual([
      { kind: 'Scavenge', count: 2, ms: 2 },
      { kind: 'MarkSweepCompact', count: 1, ms: 9 },
    ]);
  });

  test('need not have been', () => {
    const figures = figuresOf({ usedBefore: 200, usedAfter: 260, statistics: [] });
    expect(figures).toEqual({ kinds: [], allocated: 60, promoted: 0 });
  });
});

test('threads of one name are one, and those that came later count from nothing', () => {
  const thread = (id: number, name: string, all: number, kernel: number) => ({
    ...{ id, name, all, kernel },
  });
  const before = [thread(1, 'main', 100, 20), thread(2, 'V8Worker', 50, 0)];
  const after = [
    thread(1, 'main', 180, 50),
    thread(2, 'V8Worker', 60, 5),
    thread(3, 'V8Worker', 200, 1),
  ];
  expect(usedSince(before, after)).toMatchObject([
    { name: 'V8Worker', all: 210, kernel: 6 },
    { name: 'main', all: 80, kernel: 30 },
  ]);
});

describe('a flame chart', () => {
  const node = (name: string, self: number, ...children: CallNode[]): CallNode => ({
    ...{ frame: frame(name, SOURCE), self, children },
  });
  const told = (cost: number) => `${cost} us`;

  test('has the same function called by the same once, as wide as both', () => {
    const root = node('(root)', 0, node('read', 10, node('cut', 30)), node('read', 60));
    const chart = drawFlames(root, 'all', told);
    expect(chart.match(/<title>/g)).toHaveLength(2);
    expect(chart).toContain('<title>read (src/xml/frame.ts:7)\n100 us, 100.00 %</title>');
    expect(chart).toContain('<title>cut (src/xml/frame.ts:7)\n30 us, 30.00 %</title>');
    expect(chart).toContain('width="480.0"');
  });

  test('is well-formed whatever functions are called, and leaves out what nobody could see', () => {
    const root = node('(root)', 0, node('<a & "b">', 1_000_000), node('dust', 1));
    const chart = drawFlames(root, 'of <this>', told);
    expect(chart).toContain('&lt;a &amp; &quot;b&quot;>');
    expect(chart).toContain('of &lt;this>');
    expect(chart).not.toContain('dust');
  });
});

describe('what a profile is asked for', () => {
  test('is a scenario with its own options, and both passes', () => {
    const options = readProfileOptions('chat --archive --seconds 2 --interval 100'.split(' '));
    expect(options.run).toMatchObject({ scenario: 'chat', archive: true, seconds: 2 });
    expect(options).toMatchObject({ records: ['cpu', 'heap'], intervals: { cpu: 100 } });
  });

  test('may be one pass', () => {
    expect(readProfileOptions(['chat', '--heap']).records).toEqual(['heap']);
    expect(readProfileOptions(['--cpu', 'chat']).records).toEqual(['cpu']);
  });

  test.each([
    ['', 'one scenario, please'],
    ['chat --interval 0', '--interval wants a number above 0, not 0'],
    ['chat --interval', '--interval wants a value'],
    ['chat --deep', "Unknown option '--deep'"],
  ])('is refused with a reason: %s', (args, reason) => {
    expect(() => readProfileOptions(args.split(' ').filter(Boolean))).toThrow(reason);
  });
});
