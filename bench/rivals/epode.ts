import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Command, Place, Server } from './server.ts';

const root = join(import.meta.dirname, '..', '..');
const dataDirectory = ({ directory }: Place) => join(directory, 'data');
const configFile = ({ directory }: Place) => join(directory, 'epode.yaml');

const AS_STARTED = { stanzaLimit: 256 * 1_024, logsMore: false };

function archiveSection({ archive, search }: Place): string {
  if (!archive) return 'archive: false';
  return search ? '' : 'archive: { search: false }';
}

/**
 * As shipped, with every module on but for the archive and its index of words, where the rivals
 * have none either; only limits that loopback addresses would meet are lifted.
 */
function configuration(place: Place, { stanzaLimit, logsMore } = AS_STARTED): string {
  const { port, webPort, accounts, tls, metricsPort } = place;
  const certificate = tls && `certificate: { cert: ${tls.certificate}, key: ${tls.key} }`;
  return `data: ${dataDirectory(place)}
hosts:
  ${accounts.domain}: { ${certificate ?? ''} }
listeners:
  - { type: c2s, address: 127.0.0.1, port: ${port} }
  ${webPort === null ? '' : `- { type: http, address: 127.0.0.1, port: ${webPort} }`}
signIn:
  allowPlainOnLoopback: true
limits:
  connectionsPerAddress: 100000
  afterLogin: { stanza: ${stanzaLimit} }
log:
  level: ${logsMore ? 'info' : 'warn'}
  format: json
modules: { ${archiveSection(place)} }
metrics: { ${metricsPort === null ? '' : `port: ${metricsPort}`} }
`;
}

function archiveWriter(place: Place): Command {
  const script = join(import.meta.dirname, 'epode-archives.ts');
  const { accounts, archived, search } = place;
  const load = JSON.stringify({ accounts, messages: archived, search });
  const args = [dataDirectory(place), load];
  return { argv: [process.execPath, script, ...args] };
}

export const epode: Server = {
  name: 'epode',
  writesArchives: true,
  hasTokens: true,

  async prepare(place, run): Promise<void> {
    const data = dataDirectory(place);
    await mkdir(data, { recursive: true });
    await writeFile(configFile(place), configuration(place));
    const script = join(import.meta.dirname, 'epode-accounts.ts');
    const args = [data, JSON.stringify(place.accounts)];
    await run({ argv: [process.execPath, script, ...args] });
    if (place.archived > 0) await run(archiveWriter(place));
  },

  command(place: Place): Command {
    const program = join(root, 'bin', 'epode');
    return { argv: [process.execPath, program, 'start', '--config', configFile(place)] };
  },

  async vary(place, { certificate, ...rest }) {
    await writeFile(configFile(place), configuration({ ...place, tls: certificate }, rest));
  },

  reloads: async (_, output) => output.split('"configuration reloaded"').length - 1,
};

/** The same, reached by TCP in a run whose other clients come by something else. */
export const epodeByTcp: Server = { ...epode, name: 'epode-tcp', transport: 'tcp' };

/** The one in another working tree that has been built, with the same configuration and accounts. */
export function epodeIn(tree: string, name: string): Server {
  const there = (word: string) =>
    word.startsWith(root + sep) ? join(tree, relative(root, word)) : word;
  const moved = ({ argv, ...rest }: Command): Command => ({ ...rest, argv: argv.map(there) });
  return {
    ...epode,
    name,
    prepare: (place, run) => epode.prepare(place, (command) => run(moved(command))),
    command: (place) => moved(epode.command(place)),
  };
}
