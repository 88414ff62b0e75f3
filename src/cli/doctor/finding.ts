/** What the doctor looks at. */
export const TOPICS = [
  'version',
  'config',
  'server',
  'names',
  'ports',
  'components',
  'certificates',
  'sign-in',
  'calls',
  'clock',
  'limits',
  'disk',
] as const;

export type Topic = (typeof TOPICS)[number];
export type Level = 'ok' | 'warning' | 'error';

/** One thing that was looked at, in plain words. */
export interface Finding {
  readonly topic: Topic;
  readonly level: Level;
  readonly message: string;
  /** What it means and how to mend it; '' where all is well. */
  readonly mend: string;
}

/** Findings on one topic, as they come up. */
export class Findings {
  readonly all: Finding[] = [];
  readonly #topic: Topic;

  constructor(topic: Topic) {
    this.#topic = topic;
  }

  ok(message: string): void {
    this.#add('ok', message, '');
  }

  warning(message: string, mend: string): void {
    this.#add('warning', message, mend);
  }

  error(message: string, mend: string): void {
    this.#add('error', message, mend);
  }

  #add(level: Level, message: string, mend: string): void {
    this.all.push({ topic: this.#topic, level, message, mend });
  }
}

/** Fails with `message` when `work` takes longer than so many milliseconds. */
export async function within<T>(
  milliseconds: number,
  message: string,
  work: Promise<T>,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(message)), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
