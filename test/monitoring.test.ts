import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { SUFFIXES } from '../src/lib/open-metrics.ts';
import { METRICS, type MetricDescription } from '../src/server/metric-table.ts';

/** Labels that Prometheus itself gives. */
const OWN_LABELS = ['job', 'instance', 'le'];

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { severity: string };
  readonly annotations: { summary: string; description: string };
}

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly targets?: readonly { expr: string }[];
}

function read(path: string): string {
  return readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
}

const { groups } = parse(read('conf/alerts.yaml')) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const { panels } = JSON.parse(read('conf/grafana-board.json')) as { panels: readonly Panel[] };
const boardQueries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

/** The series of a family by their names, each with its labels. */
function seriesOf({ type, name, labels = [] }: MetricDescription): [string, readonly string[]][] {
  if (type !== 'histogram') return [[name + SUFFIXES[type], labels]];
  return ['_bucket', '_count', '_sum'].map((suffix) => [name + suffix, labels]);
}

const served = new Map(Object.values<MetricDescription>(METRICS).flatMap(seriesOf));

/** `name{labels}` of all that a query reads. */
function readsOf(query: string): { name: string; labels: string[] }[] {
  const reads = query.matchAll(/\b((?:epode|process)_\w+)(?:\{([^}]*)\})?/g);
  return [...reads].map(([, name, selector = '']) => ({
    name: name!,
    labels: [...selector.matchAll(/(\w+)\s*(?:=~|!=|=)/g)].map(([, label]) => label!),
  }));
}

/** Labels by which a query groups. */
function groupsOf(query: string): string[] {
  return [...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list]) => list!.split(/,\s*/));
}

test.each([
  ...rules.map(({ alert, expr }) => [alert, expr] as const),
  ...boardQueries.map((expr) => ['the board', expr] as const),
])('%s reads what is served: %s', (_, expr) => {
  const reads = readsOf(expr);
  const known = reads.flatMap(({ name }) => served.get(name) ?? [`no ${name}`]);
  const used = [...reads.flatMap(({ labels }) => labels), ...groupsOf(expr)];
  expect(reads.filter(({ name }) => !served.has(name))).toEqual([]);
  expect(used.filter((label) => ![...known, ...OWN_LABELS].includes(label))).toEqual([]);
  expect(reads.length > 0 || expr.startsWith('up{')).toBe(true);
});

describe('the board', () => {
  test('shows everything that is measured', () => {
    const shown = new Set(boardQueries.flatMap(readsOf).map(({ name }) => name));
    const hidden = [...served.keys()].filter((name) => !shown.has(name));
    expect(hidden).toEqual(['epode_commit_duration_seconds_sum']);
  });

  test('has a number and a title for each of its panels', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(panels.filter(({ title }) => title === '')).toEqual([]);
  });
});

test('every alert says how grave it is, what is wrong and what to do', () => {
  for (const { alert, labels, annotations } of rules) {
    expect(alert).toMatch(/^Epode[A-Z]/);
    expect(['page', 'ticket']).toContain(labels.severity);
    expect(annotations.summary).toMatch(/\$labels\./);
    expect(annotations.description).toMatch(/\.$/);
  }
});
