import type { Random } from './random.ts';

/** What is done to the server or to a connection next. */
export type Fault =
  /** `after`: how many things more have to happen; `late`: milliseconds after the last. */
  | { readonly kind: 'kill' | 'stop'; readonly after: number; readonly late: number }
  | { readonly kind: 'cut'; readonly device: string; readonly after: number }
  /** A device leaves, and comes back after the next fault. */
  | { readonly kind: 'leave'; readonly device: string }
  | { readonly kind: 'clock'; readonly seconds: number }
  /** The disk is full after that many bytes. */
  | { readonly kind: 'full'; readonly room: number }
  /** A connection is cut at every byte of a stanza. */
  | { readonly kind: 'sweep'; readonly of: Sweep };

export const SWEEPS = ['message', 'plain message', 'incoming', 'resume'] as const;
export type Sweep = (typeof SWEEPS)[number];

/** Which faults a chapter has, and how many of each. */
export interface Load {
  readonly kills: number;
  readonly stops: number;
  readonly cuts: number;
  readonly leaves: number;
  readonly clockMoves: number;
  readonly fullDisks: number;
  readonly sweeps: readonly Sweep[];
}

/** What goes with that many kills. */
export function loadFor(kills: number, sweeps: readonly Sweep[]): Load {
  return {
    kills,
    stops: Math.ceil(kills / 4),
    cuts: kills,
    leaves: Math.ceil(kills / 2),
    clockMoves: Math.ceil(kills / 4),
    fullDisks: 1,
    sweeps,
  };
}

/** The chapter's faults in their order, by the seed alone. */
export function schedule(random: Random, load: Load, devices: readonly string[]): Fault[] {
  const make = <T>(count: number, one: () => T) => Array.from({ length: count }, one);
  return random.shuffled<Fault>([
    ...make(load.kills, () => ({ kind: 'kill' as const, ...moment(random) })),
    ...make(load.stops, () => ({ kind: 'stop' as const, ...moment(random) })),
    ...make(load.cuts, () => ({
      kind: 'cut' as const,
      device: random.oneOf(devices),
      after: random.between(1, 40),
    })),
    ...make(load.leaves, () => ({ kind: 'leave' as const, device: random.oneOf(devices) })),
    ...make(load.clockMoves, () => ({ kind: 'clock' as const, seconds: jump(random) })),
    ...make(load.fullDisks, () => ({ kind: 'full' as const, room: random.between(0, 200_000) })),
    ...load.sweeps.map((of) => ({ kind: 'sweep' as const, of })),
  ]);
}

/** Right behind a start, in the midst of signing in, or once messages are under way. */
function moment(random: Random) {
  const most = random.oneOf([10, 60, 250]);
  return { after: random.between(1, most), late: random.between(0, 3) };
}

/** Back by up to a day; forwards by less than what sessions are kept for. */
function jump(random: Random): number {
  return random.chance(0.5)
    ? -random.between(1, random.oneOf([5, 600, 86_400]))
    : random.between(1, 60);
}
