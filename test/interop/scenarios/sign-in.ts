import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Library } from '../support/libraries.ts';
import { freshAccount } from '../support/target.ts';
import type { Scenario, Stage } from './scenario.ts';

type Environment = Readonly<Record<string, string>>;

/** What each library takes of what is offered; the server's log tells. */
export type Preference = {
  readonly library: Library;
  readonly mechanism: string;
  readonly profile: 'SASL' | 'SASL2';
};

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

/** With which mechanism libraries sign in, and that none of them shows the password. */
export function signInScenario(preferences: readonly Preference[]): Scenario {
  return {
    name: 'sign-in',
    async play(stage) {
      const environment = await atMostTls12(stage.folder);
      for (const preference of preferences) {
        for (const version of VERSIONS) {
          const wanted = `${preference.mechanism} by ${preference.profile} on ${version}`;
          const env = version === 'TLSv1.2' ? environment : {};
          await stage.check(preference.library.name, `signs in with ${wanted}`, async () => {
            const used = await signIn(stage, preference.library, env);
            if (used !== wanted) throw new Error(`signed in with ${used}`);
          });
        }
      }
    },
  };
}

/** Signs in and away; returns with what, as the log of the server has it. */
async function signIn({ target }: Stage, library: Library, env: Environment): Promise<string> {
  const account = await freshAccount(target, 'signer');
  const logged = target.log().length;
  const client = library.connect(target, account, { env });
  await client.sees('online');
  await client.quit();
  const line = /\{[^\n]*"signed in"\}/.exec(target.log().slice(logged))?.[0] ?? '{}';
  const { mechanism, profile, tls } = JSON.parse(line);
  return `${mechanism} by ${profile} on ${tls}`;
}

/** Programs with OpenSSL, with GnuTLS by way of GLib, and Node each have their own way to be told. */
async function atMostTls12(folder: string): Promise<Environment> {
  const OPENSSL_CONF = join(folder, 'openssl.cnf');
  await writeFile(
    OPENSSL_CONF,
    `openssl_conf = init
[init]
ssl_conf = ssl
[ssl]
system_default = limits
[limits]
MaxProtocol = TLSv1.2
`,
  );
  return {
    OPENSSL_CONF,
    G_TLS_GNUTLS_PRIORITY: 'NORMAL:-VERS-TLS1.3',
    NODE_OPTIONS: '--tls-max-v1.2',
  };
}
