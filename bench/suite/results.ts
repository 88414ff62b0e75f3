import { readFileSync } from 'node:fs';
import { z } from 'zod';

const column = z.object({
  key: z.string(),
  title: z.string(),
  digits: z.number().int().min(0),
  better: z.enum(['lower', 'higher']).exactOptional(),
});

const failure = z.object({
  server: z.string(),
  /** 0 when it could not even be prepared. */
  round: z.number().int().min(0),
  reason: z.string(),
});

const run = z.object({
  title: z.string(),
  /** As after `npm run bench --`. */
  args: z.string(),
  servers: z.array(z.string()).min(1),
  columns: z.array(column).min(1),
  inReadme: z.array(z.string()),
  charted: z.array(z.string()),
  rounds: z.array(z.record(z.string(), z.record(z.string(), z.number()))),
  failures: z.array(failure),
});

const results = z.object({
  format: z.literal(1),
  date: z.iso.datetime(),
  /** What it was called with, as after `npm run bench`. */
  args: z.string(),
  /** Minutes that all of it took. */
  minutes: z.number(),
  machine: z.object({
    cpu: z.string(),
    cores: z.number().int(),
    memoryGib: z.number(),
    arch: z.string(),
    system: z.string(),
  }),
  versions: z.record(z.string(), z.string().nullable()),
  runs: z.array(run).min(1),
});

/** What a whole suite showed, as its file has it. */
export type SuiteResults = z.infer<typeof results>;
export type RunResult = z.infer<typeof run>;

/** A sample as the file takes it: figures that do not apply are not there. */
export function finiteOnly(sample: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(sample).filter(([, value]) => Number.isFinite(value)));
}

/** @throws {Error} when it holds no results of a suite. */
export function parseResults(text: string, file: string): SuiteResults {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is no JSON: ${(error as Error).message}`);
  }
  const parsed = results.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Error(`${file} has no results of a suite:\n${z.prettifyError(parsed.error)}`);
}

/** @throws {Error} when it cannot be read, or holds no results of a suite. */
export function readResults(file: string): SuiteResults {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${file} cannot be read: ${(error as Error).message}`);
  }
  return parseResults(text, file);
}
