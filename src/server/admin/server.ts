import { z } from 'zod';
import { type AdminCommand, adminCommand, noParams } from './command.ts';
import type { ServerFacts } from './ports.ts';

const explain = z.strictObject({ kind: z.enum(['message', 'presence', 'iq', 'http']).optional() });

/**
 * The commands about the server as a whole. `requestStop` sets off a graceful
 * stop and returns at once.
 */
export function serverCommands(facts: ServerFacts, requestStop: () => void): AdminCommand[] {
  return [
    adminCommand({
      name: 'status',
      summary: 'Says how the server fares.',
      params: noParams,
      run: async () => facts.status(),
    }),
    adminCommand({
      name: 'explain',
      summary: 'Lists what handles a stanza, in order, and what answers over HTTP.',
      params: explain,
      run: async ({ kind }) => explainFlows(facts, kind),
    }),
    adminCommand({
      name: 'stop',
      summary: 'Stops the server.',
      params: noParams,
      run: async () => {
        // The answer leaves before the socket that carries it goes.
        setImmediate(requestStop);
        return { pid: facts.status().pid };
      },
    }),
  ];
}

function explainFlows(facts: ServerFacts, kind: string | undefined) {
  const isWanted = (line: string) => kind === undefined || line.split(' ')[1] === kind;
  const flows = facts.flows().map(({ host, lines }) => ({ host, lines: lines.filter(isWanted) }));

  return flows;
}
