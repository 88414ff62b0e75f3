import { setTimeout as sleep } from 'node:timers/promises';
import type { FlowFacts, ServerStatus, SessionFacts } from '../server/admin/ports.ts';
import type { SessionPage } from '../server/admin/sessions.ts';
import type { Config } from '../server/config/config.ts';
import { runInServer } from './admin.ts';
import { CliError } from './failure.ts';
import { count, formatSpan, formatTime, printable, table } from './text.ts';
import type { Report } from './users.ts';

/** Milliseconds that a graceful stop may take before `stop` gives up waiting. */
const STOP_TIMEOUT = 60_000;
const STOP_POLL = 50;

/** Asks the server to stop and waits until its process has ended. */
export async function stopServer(config: Config): Promise<Report> {
  const { pid } = await runInServer<{ pid: number }>(config, 'stop', {});
  const deadline = Date.now() + STOP_TIMEOUT;
  while (isAlive(pid)) {
    if (Date.now() > deadline) {
      const mend = `Look at its log; to end it at once: kill -9 ${pid}`;
      throw new CliError(`The server (process ${pid}) is still stopping.`, mend);
    }
    await sleep(STOP_POLL);
  }
  return { text: 'Stopped.', data: { pid } };
}

export async function showStatus(config: Config): Promise<Report> {
  const data = await runInServer<ServerStatus>(config, 'status', {});
  const age = formatSpan(Date.now() - data.started);
  const facts = [
    ['hosts', data.hosts.join(', ')],
    ...data.components.map(({ domain, address }) => [
      'component',
      `${domain} (${address === null ? 'not connected' : `connected from ${address}`})`,
    ]),
    ...data.listeners.map(({ description, address, port }) => [
      'listening',
      `${formatPlace(address, port)} (${description})`,
    ]),
    ['sessions', `${data.sessions} (${count(data.connections, 'connection')})`],
    ['memory', `${Math.round(data.memory / 1_048_576)} MiB`],
  ];
  const heading = `Epode ${data.version} has been running for ${age} (process ${data.pid}, Node.js ${data.node})`;
  const lines = facts.map(([name, value]) => `  ${name!.padEnd(10)} ${printable(value!)}`);
  return { text: [heading, ...lines].join('\n'), data };
}

export async function explainFlows(config: Config, kind: string | undefined): Promise<Report> {
  const data = await runInServer<readonly FlowFacts[]>(config, 'explain', kind ? { kind } : {});
  const text = data.map(({ host, lines }) =>
    [host, ...lines.map((line) => `  ${line}`)].join('\n'),
  );
  return { text: text.join('\n\n'), data };
}

export async function listSessions(config: Config, account: string | undefined): Promise<Report> {
  const params = account === undefined ? {} : { account };
  const data = await runInServer<SessionPage>(config, 'session.list', params);
  const rest = data.total - data.sessions.length;
  const more = rest > 0 ? `\nand ${rest} more` : '';
  return { text: describeSessions(data.sessions) + more, data };
}

export async function kickSessions(config: Config, jid: string): Promise<Report> {
  const data = await runInServer<{ closed: number }>(config, 'session.kick', { jid });
  return { text: `Ended ${count(data.closed, 'session')}.`, data };
}

/** `[::1]:5222`, `127.0.0.1:5222` */
export function formatPlace(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function describeSessions(sessions: readonly SessionFacts[]): string {
  if (sessions.length === 0) return 'No sessions.';
  const rows = sessions.map((each) => [
    each.jid,
    each.remoteAddress,
    describeTransport(each),
    formatTime(each.since),
    each.priority === null ? 'not available' : String(each.priority),
  ]);
  return table(['SESSION', 'FROM', 'TRANSPORT', 'SINCE (UTC)', 'PRIORITY'], rows);
}

function describeTransport({ transport, isSecure, isDetached }: SessionFacts): string {
  if (isDetached) return 'detached';
  return isSecure ? transport : `${transport}, unencrypted`;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
