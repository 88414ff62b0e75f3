import { expect, test } from '@jest/globals';
import { Histogram } from '../../src/lib/histogram.ts';
import { writeMetrics } from '../../src/lib/open-metrics.ts';

test('families are written with type, unit and help, and the end is marked', () => {
  const text = writeMetrics([
    {
      type: 'counter',
      name: 'stanzas',
      help: 'All of them.',
      samples: [
        { labels: { kind: 'iq', outcome: 'done' }, value: 3 },
        { labels: { kind: 'a"b\\c\nd', outcome: '' }, value: 0 },
      ],
    },
    { type: 'gauge', name: 'queue_bytes', help: 'What waits.', samples: [{ value: 1.5 }] },
    { type: 'info', name: 'build', help: 'Of\nwhat.', samples: [{ labels: { v: '1' }, value: 1 }] },
  ]);
  expect(text).toBe(
    [
      '# TYPE stanzas counter',
      '# HELP stanzas All of them.',
      'stanzas_total{kind="iq",outcome="done"} 3',
      'stanzas_total{kind="a\\"b\\\\c\\nd",outcome=""} 0',
      '# TYPE queue_bytes gauge',
      '# UNIT queue_bytes bytes',
      '# HELP queue_bytes What waits.',
      'queue_bytes 1.5',
      '# TYPE build info',
      '# HELP build Of\\nwhat.',
      'build_info{v="1"} 1',
      '# EOF',
      '',
    ].join('\n'),
  );
});

test('the buckets of a histogram hold what is in those below', () => {
  const reading = new Histogram([0.5, 1]);
  for (const value of [0.25, 0.5, 0.75, 7]) reading.observe(value);
  const text = writeMetrics([{ type: 'histogram', name: 'it_seconds', help: 'Time.', reading }]);
  expect(text.split('\n').slice(3, -2)).toEqual([
    'it_seconds_bucket{le="0.5"} 2',
    'it_seconds_bucket{le="1.0"} 3',
    'it_seconds_bucket{le="+Inf"} 4',
    'it_seconds_count 4',
    'it_seconds_sum 8.5',
  ]);
});
