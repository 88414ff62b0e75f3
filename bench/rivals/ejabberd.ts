import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Accounts, Command, Place, Server } from './server.ts';

const MODULES_OF = { tcp: [], websocket: [], bosh: ['mod_bosh: {}'] } as const;
const NEEDED = ['mod_disco: {}', 'mod_offline: {}', 'mod_ping: {}', 'mod_roster: {}'];

/** What Debian's configuration has on for chatting, but for rate limits and administration. */
const USUAL = [
  ...['mod_adhoc: {}', 'mod_avatar: {}', 'mod_blocking: {}', 'mod_caps: {}'],
  ...['mod_carboncopy: {}', 'mod_client_state: {}', 'mod_last: {}', 'mod_privacy: {}'],
  ...['mod_private: {}', 'mod_pubsub: { plugins: [flat, pep] }', 'mod_push: {}'],
  ...['mod_push_keepalive: {}', 'mod_s2s_dialback: {}', 'mod_shared_roster: {}'],
  ...['mod_stream_mgmt: {}', 'mod_vcard: { search: false }', 'mod_vcard_xupdate: {}'],
  'mod_version: {}',
];

function webListener({ webPort }: Place): string {
  if (webPort === null) return '';
  return `
  - port: ${webPort}
    ip: "127.0.0.1"
    module: ejabberd_http
    backlog: 511
    request_handlers:
      /http-bind: mod_bosh
      /xmpp-websocket: ejabberd_http_ws`;
}

const database = ({ directory }: Place) => `sql_type: sqlite
sql_database: ${join(directory, 'ejabberd.sqlite')}`;

/** Debian's ejabberd without shapers, with the modules that the scenarios need. */
function configuration(place: Place, certificate: string): string {
  const { port, accounts, tls } = place;
  const inSqlite = place.store === 'sqlite';
  const usual = place.modules === 'usual' ? USUAL : [];
  const mam = `mod_mam: { default: always, db_type: ${inSqlite ? 'sql' : 'mnesia'} }`;
  const archive = place.archive ? [mam] : [];
  const managed = place.managesStreams ? ['mod_stream_mgmt: {}'] : [];
  const chosen = [...NEEDED, ...MODULES_OF[place.transport], ...usual, ...archive, ...managed];
  const modules = [...new Set(chosen)];
  return `hosts: ["${accounts.domain}"]
loglevel: error
${inSqlite ? database(place) : ''}
${tls === null ? '' : `certfiles: ["${certificate}"]`}
listen:
  - port: ${port}
    ip: "127.0.0.1"
    module: ejabberd_c2s
    max_stanza_size: 262144
    shaper: none
    backlog: 511
    access: all
    starttls: ${tls !== null}${webListener(place)}
auth_method: [internal]
auth_password_format: ${accounts.stored === 'keys' ? 'scram' : 'plain'}
auth_scram_hash: ${accounts.hash === 'SHA-1' ? 'sha' : 'sha256'}
modules:
${modules.map((line) => `  ${line}\n`).join('')}`;
}

/** The virtual machine as `ejabberdctl` starts it, on one scheduler and outside of a cluster. */
function machine({ directory, accounts }: Place, ...more: string[]): Command {
  const options = ['+K', 'true', '+P', '250000', '+S', '1:1', '-noinput'];
  const storage = ['-mnesia', 'dir', JSON.stringify(join(directory, 'mnesia'))];
  return {
    argv: ['erl', ...options, ...storage, '-s', 'ejabberd', ...more],
    env: {
      ERL_LIBS: '/usr/lib/x86_64-linux-gnu',
      // As Debian has it, unless more want to come.
      ERL_MAX_PORTS: String(Math.max(32_000, accounts.count + 1_000)),
      ERL_CRASH_DUMP: join(directory, 'crash.dump'),
      EJABBERD_CONFIG_PATH: join(directory, 'ejabberd.yml'),
      EJABBERD_LOG_PATH: join(directory, 'ejabberd.log'),
    },
  };
}

/** What `ejabberdctl register` calls, for all accounts in one go. */
function registration({ count, prefix, domain, password }: Accounts): string {
  const name = `<<"${prefix}", (integer_to_binary(N))/binary>>`;
  return `[ok = ejabberd_auth:try_register(${name}, <<"${domain}">>, <<"${password}">>)
    || N <- lists:seq(0, ${count - 1})]`;
}

/** Derives keys for the first account alone and stores the same for all: each takes a while. */
function registrationByKeys(accounts: Accounts): string {
  const { count, prefix, domain } = accounts;
  const first = registration({ ...accounts, count: 1 });
  const get = `ejabberd_auth_mnesia:get_password(<<"${prefix}0">>, <<"${domain}">>)`;
  const name = `<<"${prefix}", (integer_to_binary(N))/binary>>`;
  const set = `ejabberd_auth_mnesia:set_password(${name}, <<"${domain}">>, Keys)`;
  return `${first}, {_, {ok, Keys}} = ${get}, scram = element(1, Keys),
    [{_, {ok, Keys}} = ${set} || N <- lists:seq(1, ${count - 1})]`;
}

/** What writes a roster item in the end, however it came: `ejabberdctl` takes hours for so many. */
function subscription({ count, circle = count, prefix, domain }: Accounts): string {
  const [user, contact] = ['N', 'M'].map(
    (n) => `<<"${prefix}", (integer_to_binary(${n}))/binary>>`,
  );
  const us = `{${user}, <<"${domain}">>}`;
  const jid = `{${contact}, <<"${domain}">>, <<>>}`;
  const usj = `{${user}, <<"${domain}">>, ${jid}}`;
  const item = `{roster, ${usj}, ${us}, ${jid}, <<>>, both, none, [], <<>>, []}`;
  const all = `lists:seq(0, ${count - 1})`;
  const first = `N div ${circle} * ${circle}`;
  const others = `lists:seq(${first}, min(${first} + ${circle}, ${count}) - 1)`;
  return `[{atomic, _} = mod_roster:set_roster(${item}) || N <- ${all}, M <- ${others}, N =/= M]`;
}

export const ejabberd: Server = {
  name: 'ejabberd',
  needs: { program: 'erl', package: 'ejabberd' },

  async prepare(place, run): Promise<void> {
    const certificate = join(place.directory, 'ejabberd.pem');
    if (place.tls !== null) {
      const parts = [await readFile(place.tls.key), await readFile(place.tls.certificate)];
      await writeFile(certificate, Buffer.concat(parts));
    }
    await writeFile(join(place.directory, 'ejabberd.yml'), configuration(place, certificate));
    const { stored } = place.accounts;
    const register = stored === 'keys' ? registrationByKeys : registration;
    const steps = [register(place.accounts), 'init:stop().'];
    if (place.accounts.areContacts) steps.splice(1, 0, subscription(place.accounts));
    await run(machine(place, '-eval', steps.join(', ')));
  },

  command(place: Place): Command {
    return machine(place);
  },
};
