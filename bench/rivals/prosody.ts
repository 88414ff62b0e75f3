import { randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deriveKeys, ITERATIONS } from './scram-keys.ts';
import {
  type Accounts,
  accountNames,
  type Command,
  circles,
  type Place,
  type Server,
} from './server.ts';

const list = (names: readonly string[]) => `{ ${names.map((name) => `"${name}"`).join(', ')} }`;

const CONTACT = '{ ["subscription"] = "both"; ["groups"] = {}; }';
const NO_REQUESTS = '{ ["version"] = 1; ["pending"] = {}; }';

const MODULES_OF = { tcp: [], websocket: ['websocket'], bosh: ['bosh'] } as const;
const NEEDED = ['roster', 'saslauth', 'disco', 'ping'];

/** What Debian's configuration has on for chatting, but for `mod_limits` and administration. */
const USUAL = [
  ...['blocklist', 'bookmarks', 'carbons', 'csi_simple', 'dialback', 'pep', 'private'],
  ...['register', 'smacks', 'time', 'uptime', 'vcard4', 'vcard_legacy', 'version'],
];

const isModule = (name: unknown): name is string => typeof name === 'string';

const AS_STARTED = { stanzaLimit: 256 * 1_024, logsMore: false };

const infoLog = ({ directory }: Place) => join(directory, 'info.log');

const webPorts = ({ webPort }: Place) =>
  webPort === null
    ? ''
    : `http_ports = { ${webPort} }
http_interfaces = { "127.0.0.1" }
https_ports = {}`;

/**
 * Debian's Prosody as it comes (epoll, Lua 5.4, incremental collection), with the modules that
 * the scenarios need. `mod_limits` is what would limit rates: it is not loaded.
 */
function configuration(place: Place, { stanzaLimit, logsMore } = AS_STARTED): string {
  const { directory, port, accounts, tls, modules, archive, managesStreams } = place;
  const usual = modules === 'usual' ? USUAL : [];
  const asked = [archive && 'mam', managesStreams && 'smacks', tls && 'tls'].filter(isModule);
  const enabled = [...new Set([...NEEDED, ...MODULES_OF[place.transport], ...usual, ...asked])];
  const security = tls && `ssl = { key = "${tls.key}", certificate = "${tls.certificate}" }`;
  return `run_as_root = true
data_path = "${join(directory, 'data')}"
pidfile = "${join(directory, 'prosody.pid')}"
log = { ${logsMore ? `info = "${infoLog(place)}"` : `error = "${join(directory, 'error.log')}"`} }
c2s_stanza_size_limit = ${stanzaLimit}
max_archive_query_results = 100
${storesIn(place)}
interfaces = { "127.0.0.1" }
c2s_ports = { ${port} }
${webPorts(place)}
network_settings = { tcp_backlog = 511 }
modules_enabled = ${list(enabled)}
modules_disabled = ${list(['s2s', 's2s_auth_certs'])}
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
authentication = "${accounts.stored === 'keys' ? 'internal_hashed' : 'internal_plain'}"
password_hash = "${accounts.hash}"
${security ?? ''}
VirtualHost "${accounts.domain}"
`;
}

function passwordFields({ password }: Accounts): string {
  return `\t["password"] = "${password}";\n`;
}

const storesIn = ({ directory, store }: Place) =>
  store === 'native'
    ? 'storage = "internal"'
    : `storage = { archive = "sql" }
sql = { driver = "SQLite3"; database = "${join(directory, 'prosody.sqlite')}" }`;

/** Derived once for all accounts. */
function keyFields({ password, hash }: Accounts): string {
  const salt = randomUUID();
  const { storedKey, serverKey } = deriveKeys(password, Buffer.from(salt), hash);
  return `\t["iteration_count"] = ${ITERATIONS};
\t["salt"] = "${salt}";
\t["server_key"] = "${serverKey.toString('hex')}";
\t["stored_key"] = "${storedKey.toString('hex')}";
`;
}

/** The files that `prosodyctl register` writes, one an account: 5,000 of its runs take minutes. */
async function createAccounts({ directory, accounts }: Place): Promise<void> {
  const folder = join(directory, 'data', accounts.domain, 'accounts');
  await mkdir(folder, { recursive: true });
  const fields = accounts.stored === 'keys' ? keyFields : passwordFields;
  const account = `return {\n${fields(accounts)}};\n`;
  for (const name of accountNames(accounts)) await writeFile(join(folder, `${name}.dat`), account);
}

/** The files that Prosody writes for rosters; `false` is its key for what is no contact. */
async function createRosters({ directory, accounts }: Place): Promise<void> {
  const folder = join(directory, 'data', accounts.domain, 'roster');
  await mkdir(folder, { recursive: true });
  for (const circle of circles(accounts)) {
    for (const name of circle) {
      const items = circle
        .filter((other) => other !== name)
        .map((other) => `\t["${other}@${accounts.domain}"] = ${CONTACT};\n`);
      const roster = `return {\n\t[false] = ${NO_REQUESTS};\n${items.join('')}};\n`;
      await writeFile(join(folder, `${name}.dat`), roster);
    }
  }
}

const configFile = ({ directory }: Place) => join(directory, 'prosody.cfg.lua');

export const prosody: Server = {
  name: 'prosody',
  needs: { program: 'prosody', package: 'prosody' },

  async prepare(place: Place): Promise<void> {
    await writeFile(configFile(place), configuration(place));
    await createAccounts(place);
    if (place.accounts.areContacts) await createRosters(place);
  },

  command(place: Place): Command {
    return { argv: ['prosody', '-F', '--config', configFile(place)] };
  },

  async vary(place, { certificate, ...rest }) {
    await writeFile(configFile(place), configuration({ ...place, tls: certificate }, rest));
  },

  async reloads(place) {
    const log = await readFile(infoLog(place), 'utf8');
    return log.split('Reloading configuration file').length - 1;
  },
};
