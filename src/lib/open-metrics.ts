import type { HistogramReading } from './histogram.ts';

/** One value of a family, told from its others by labels. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Described {
  /** Without the suffixes that the format adds; ends with the unit, if it has one. */
  readonly name: string;
  readonly help: string;
}

/** What is measured, and its values now. */
export type MetricFamily = Described &
  (
    | {
        readonly type: 'counter' | 'gauge' | 'info' | 'summary';
        readonly samples: readonly Sample[];
      }
    | { readonly type: 'histogram'; readonly reading: HistogramReading }
  );

/** For the answer to whoever scrapes. */
export const OPEN_METRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** What the format adds to the name of a family that has one value for each set of labels. */
export const SUFFIXES = { counter: '_total', gauge: '', info: '_info', summary: '' } as const;
const UNITS = ['seconds', 'bytes'];

/** The families as text in the OpenMetrics format, version 1.0. */
export function writeMetrics(families: readonly MetricFamily[]): string {
  return [...families.flatMap(writeFamily), '# EOF', ''].join('\n');
}

function writeFamily(family: MetricFamily): string[] {
  const { name, type, help } = family;
  const unit = UNITS.find((each) => name.endsWith(`_${each}`));
  return [
    `# TYPE ${name} ${type}`,
    ...(unit ? [`# UNIT ${name} ${unit}`] : []),
    `# HELP ${name} ${escaped(help)}`,
    ...(family.type === 'histogram'
      ? writeHistogram(name, family.reading)
      : family.samples.map((sample) => writeSample(name + SUFFIXES[family.type], sample))),
  ];
}

function writeHistogram(name: string, { bounds, counts, sum }: HistogramReading): string[] {
  let count = 0;
  const buckets = counts.map((own, at) => {
    count += own;
    const le = at < bounds.length ? canonical(bounds[at]!) : '+Inf';
    return writeSample(`${name}_bucket`, { labels: { le }, value: count });
  });
  const total = { value: count };
  return [
    ...buckets,
    writeSample(`${name}_count`, total),
    writeSample(`${name}_sum`, { value: sum }),
  ];
}

function writeSample(name: string, { labels = {}, value }: Sample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}`;
}

/** `1.0` for 1: the format compares the ends of buckets as text. */
function canonical(bound: number): string {
  return Number.isInteger(bound) ? `${bound}.0` : String(bound);
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}
