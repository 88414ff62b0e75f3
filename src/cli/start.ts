import { closeSync, openSync } from 'node:fs';
import type { RunningServer, ServerState } from '../main.ts';
import type { ServerStatus } from '../server/admin/ports.ts';
import { callAgain } from './config-file.ts';
import { EXIT, explainFailure } from './failure.ts';
import { formatPlace } from './server.ts';
import { ServiceManager } from './service-manager.ts';
import { count } from './text.ts';

/**
 * Milliseconds in which a repeated signal is the same one: for Ctrl-C, the
 * terminal and npm both send it.
 */
const SAME_SIGNAL = 500;

/**
 * Runs the server until a signal or `epode stop` ends it; a second signal ends
 * it at once. `option` is the `--config` of this call.
 */
export async function startUntilStopped(file: string, option: string | undefined): Promise<void> {
  const { startServer } = await import('../main.ts');
  let manager: ServiceManager | null = null;
  const onState = (state: ServerState) => manager?.tell(state);
  const server = await startServer({ configFile: file, onState });
  manager = ServiceManager.find(process.env, () => loadOf(server.status()));
  onStopSignal(() => {
    say('Stopping.');
    return server.stop();
  });
  onHangUp(server);
  announce(server, option);
  manager?.tell('ready');
  await server.stopped;
}

function loadOf({ sessions, connections }: ServerStatus): string {
  return `${count(sessions, 'session')}, ${count(connections, 'connection')}`;
}

// On stderr: stdout is the log's.
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function announce({ config, listeners }: RunningServer, option: string | undefined): void {
  say('Epode is running.');
  for (const { description, address, port } of listeners) {
    say(`  ${formatPlace(address, port)}  ${description}`);
  }
  for (const { domain, kind, webUrl, modules } of config.hosts) {
    const hasPage = kind === 'accounts' && modules.get('web') !== false;
    if (webUrl && hasPage) say(`In a browser, for ${domain}: ${webUrl}`);
  }
  say(`Make an account: ${callAgain(`user add you@${config.hosts[0]!.domain}`, option)}`);
}

function onStopSignal(stop: () => Promise<void>): void {
  let first: number | null = null;
  const onSignal = () => {
    if (first !== null && performance.now() - first > SAME_SIGNAL) process.exit(EXIT.failed);
    if (first !== null) return;
    first = performance.now();
    stop().catch((error) => {
      say(explainFailure(error));
      process.exit(EXIT.failed);
    });
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
}

/** What asks a program without terminal to reload is what a terminal says when it closes. */
function onHangUp(server: RunningServer): void {
  const hadTerminal = hasTerminal();
  process.on('SIGHUP', () => {
    if (hadTerminal && !hasTerminal()) void server.stop();
    else void server.reload();
  });
}

function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}
