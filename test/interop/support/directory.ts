import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Certificates, issueCertificates } from './certificate.ts';
import { freePort, LOOPBACK, untilListening } from './ports.ts';
import { type Running, run, start } from './process.ts';

const SCHEMAS = ['core', 'cosine', 'inetorgperson'].map(
  (name) => `/etc/ldap/schema/${name}.schema`,
);

export const BASE = 'ou=people,dc=example,dc=org';
export const SEARCHER = { bindDn: 'cn=epode,dc=example,dc=org', password: 'to search with' };

/** A person of the directory; the entry's name is what `rdn` makes of it. */
export type Person = { readonly uid: string; readonly password: string; readonly rdn?: string };

/** OpenLDAP's server with people of its own, on loopback. */
export class Directory {
  readonly certificates: Certificates;
  readonly #folder: string;
  readonly #ports: readonly [plain: number, tls: number];
  #server: Running | null = null;

  static async start(folder: string, people: readonly Person[]): Promise<Directory> {
    const certificates = await issueCertificates(folder, 'localhost');
    const directory = new Directory(folder, certificates, [await freePort(), await freePort()]);
    await directory.#furnish(people);
    await directory.start();
    return directory;
  }

  private constructor(
    folder: string,
    certificates: Certificates,
    ports: readonly [number, number],
  ) {
    this.#folder = folder;
    this.certificates = certificates;
    this.#ports = ports;
  }

  /** For StartTLS. */
  get url(): string {
    return `ldap://localhost:${this.#ports[0]}`;
  }

  get secureUrl(): string {
    return `ldaps://localhost:${this.#ports[1]}`;
  }

  async start(): Promise<void> {
    const [plain, tls] = this.#ports;
    const urls = `ldap://${LOOPBACK}:${plain}/ ldaps://${LOOPBACK}:${tls}/`;
    this.#server = start('/usr/sbin/slapd', ['-d', '0', '-f', this.#file, '-h', urls]);
    await untilListening(this.#server, plain);
  }

  async stop(): Promise<void> {
    await this.#server?.end();
  }

  get #file(): string {
    return join(this.#folder, 'slapd.conf');
  }

  async #furnish(people: readonly Person[]): Promise<void> {
    const data = join(this.#folder, 'directory');
    await mkdir(data);
    await writeFile(this.#file, this.#configuration(data));
    const entries = join(this.#folder, 'people.ldif');
    await writeFile(entries, [ROOTS, ...people.map(entryOf)].join('\n'));
    await run('/usr/sbin/slapadd', ['-f', this.#file, '-l', entries]);
  }

  #configuration(data: string): string {
    const { authority, certificate, key } = this.certificates;
    return `
${SCHEMAS.map((schema) => `include ${schema}`).join('\n')}
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile ${join(this.#folder, 'slapd.pid')}
TLSCACertificateFile ${authority}
TLSCertificateFile ${certificate}
TLSCertificateKeyFile ${key}
# Passwords need TLS, as everywhere.
security simple_bind=128
disallow bind_anon
database mdb
suffix "dc=example,dc=org"
rootdn "${SEARCHER.bindDn}"
rootpw "${SEARCHER.password}"
directory ${data}
access to attrs=userPassword by anonymous auth by * none
access to * by * none
`;
  }
}

const ROOTS = `dn: dc=example,dc=org
objectClass: domain
dc: example

dn: ${BASE}
objectClass: organizationalUnit
ou: people
`;

function entryOf({ uid, password, rdn = `uid=${uid}` }: Person): string {
  const name = rdn.startsWith('cn=') ? rdn.slice(3).replaceAll('\\', '') : uid;
  return `dn:: ${base64(`${rdn},${BASE}`)}
objectClass: inetOrgPerson
cn:: ${base64(name)}
sn: Person
uid:: ${base64(uid)}
userPassword:: ${base64(password)}
`;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
