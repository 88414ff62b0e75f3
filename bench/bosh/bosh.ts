import { cost, latencies, measureChat, messages, rate, shares } from '../chat/chat.ts';
import { compileGenerator } from '../run/compile.ts';
import type { Scenario } from '../run/scenario.ts';

/** The load of `chat` by clients that have HTTP alone (XEP-0124). */
export const bosh: Scenario = {
  name: 'bosh',
  summary: 'one-to-one messages over HTTP, each arrival releases the next',
  columns: [
    cost,
    { ...rate, better: 'higher' },
    { key: 'requestsPerMessage', title: 'requests/message', digits: 2 },
    ...latencies,
    ...shares,
  ],
  transports: ['bosh'],
  windows: [messages],
  accounts: ({ pairs }) => 2 * pairs,
  suits: ({ transport = 'bosh' }) => transport === 'bosh',
  build: (directory) => compileGenerator('bosh', directory, false),
  measure: (entrant, options, generator) => measureChat(entrant, options, generator, []),
};
