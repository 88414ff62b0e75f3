import { drive, type GeneratorEvent } from './generator.ts';
import { CpuMeter, type Usage } from './running.ts';
import type { Sample } from './scenario.ts';

/** The numbers that an event comes with. */
export type Figures = Readonly<Record<string, number>>;

/** What becomes of an event's numbers; `usage` is of the time that it ends, if it ends one. */
export type Reading = (figures: Figures, usage: Usage, soFar: Sample) => Sample | Promise<Sample>;

/** A generator, and the server that is to carry its load. */
export interface Load {
  readonly pid: number;
  readonly generator: string;
  readonly args: readonly string[];
  /** Seconds after which the generator ends itself. */
  readonly deadline: number;
  /** Whether a profile has what is measured; it has, unless it says so. */
  readonly isRecorded?: boolean;
}

/** Between these and those a server's processor time counts. */
const BEGINNINGS = new Set(['measuring', 'logging-in', 'returning', 'reloading']);
const ENDS = new Set(['measured', 'logged-in', 'back', 'reloaded']);
/** Everything that was begun has come to its end. */
const LAST = new Set(['drained', 'signed-out']);
const NOTHING: Usage = { server: Number.NaN, others: Number.NaN };

function figuresOf({ event: _, ...figures }: GeneratorEvent): Figures {
  return figures as Figures;
}

/** The figures, and how much of its core the server had in their `seconds`, and others. */
export function withShares(figures: Figures, { server, others }: Usage): Sample {
  const seconds = figures.seconds!;
  return { ...figures, serverShare: server / seconds, othersShare: others / seconds };
}

/**
 * Runs a generator to its end and puts together what `readings`, by the names of its events, make
 * of them. Of times that come again, a profile has the first that is measured.
 * @throws {Error} what the generator complained of, or that it ended early.
 */
export async function measureLoad(
  { pid, generator, args, deadline, isRecorded = true }: Load,
  readings: Readonly<Record<string, Reading>>,
): Promise<Sample> {
  const recorded = new Set<string>();
  let sample: Sample = {};
  let meter: CpuMeter | undefined;
  await drive(generator, args, deadline, async (event) => {
    const figures = figuresOf(event);
    if (BEGINNINGS.has(event.event)) {
      const isNew = isRecorded && figures.isMeasured !== 0 && !recorded.has(event.event);
      if (isNew) recorded.add(event.event);
      meter = new CpuMeter(pid, isNew);
    }
    const usage = (ENDS.has(event.event) && meter?.read()) || NOTHING;
    sample = { ...sample, ...(await readings[event.event]?.(figures, usage, sample)) };
    return LAST.has(event.event);
  });
  return sample;
}
