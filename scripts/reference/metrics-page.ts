import { SUFFIXES } from '../../src/lib/open-metrics.ts';
import { METRICS, type MetricDescription } from '../../src/server/metric-table.ts';
import { code, heading, page, table } from './markdown.ts';

const INTRODUCTION = `What \`GET /metrics\` answers in the OpenMetrics format, where
[\`metrics.port\`](config.md#metrics) is set. How to have them read and what is worth an alarm:
[operating.md](operating.md#metrics). No label has an account or an address of a peer in it.`;

/** `docs/metrics.md` */
export function metricsPage(): string {
  const rows = Object.values<MetricDescription>(METRICS).map(({ type, name, labels, help }) => [
    code(type === 'histogram' ? name : name + SUFFIXES[type]),
    type,
    (labels ?? []).map(code).join(', '),
    help,
  ]);
  return page(heading('Metrics'), INTRODUCTION, table(['name', 'type', 'labels', 'what'], rows));
}
