import { resolve } from 'node:path';
import type { StreamPolicy, TokenRules } from '../../stream/ports.ts';
import type { XmlLimits } from '../../xml/frame.ts';
import { prepareDomain } from '../../xmpp/domain.ts';
import { JidError } from '../../xmpp/jid-error.ts';
import type { AccountRules, CertificateFiles, HostConfig } from './config.ts';
import { webUrlOf } from './http.ts';
import { type ConfigurableModule, readModules } from './modules.ts';
import { isSection, type RawSection } from './raw.ts';
import {
  type AccountSettings,
  accountsSchema,
  type FileConfig,
  MECHANISMS,
  type SignIn,
  signInSchema,
} from './schema.ts';
import type { KeyPath } from './schema-walk.ts';
import type { SectionReader, WrittenSection } from './sections.ts';
import { resolveSource, suits } from './sources.ts';

/** The one mechanism of a host where everybody is anonymous. */
const ANONYMOUS = 'ANONYMOUS';

/** One entry of `hosts`, checked as far as it can be without the other sections. */
export interface HostDraft {
  /** As written. */
  readonly key: string;
  readonly domain: string;
  readonly signIn: SignIn | null;
  readonly accounts: AccountSettings | null;
  readonly modules: ReadonlyMap<string, unknown | false>;
}

/** Reads every host, with the common sections under its own; problems go to `reader`. */
export function readHosts(
  reader: SectionReader,
  file: RawSection,
  modules: readonly ConfigurableModule[] | 'unchecked',
): HostDraft[] {
  const hosts = sectionOf(file, [], 'hosts').value;
  const keys = Object.keys(hosts);
  const drafts = keys.map((key) => readHost(reader, file, hosts, key, modules));
  refuseTwins(reader, drafts);
  return drafts;
}

/** The host with all paths absolute and the limits of its streams. */
export function resolveHost(draft: HostDraft, file: FileConfig, directory: string): HostConfig {
  const signIn = draft.signIn!;
  const { sessionsPerAccount: perAccount, resourceConflict } = signIn;
  const { publicUrl = null } = file.hosts[draft.key]!;
  return {
    domain: draft.domain,
    kind: signIn.anonymous ? 'anonymous' : 'accounts',
    certificate: certificateOf(file.hosts[draft.key]!, directory),
    clientAuthority: clientAuthorityOf(signIn, directory),
    policy: policyOf(signIn, file.limits),
    sessions: { perAccount, resourceConflict },
    accounts: accountRules(draft.accounts!, signIn),
    source: resolveSource(draft.accounts!),
    publicUrl,
    webUrl: webUrlOf(draft.domain, publicUrl ?? file.http.publicUrl, file),
    modules: draft.modules,
  };
}

/** Where everybody is anonymous, no certificate is for an account. */
function clientAuthorityOf({ clientCertificates, anonymous }: SignIn, directory: string) {
  return clientCertificates && !anonymous ? resolve(directory, clientCertificates.ca) : null;
}

/** Names of anonymous accounts come once only, so that there is nothing to keep of them. */
function accountRules(
  accounts: AccountSettings,
  { scramIterations, suitImported: suitsImported, anonymous }: SignIn,
): AccountRules {
  const nameRetirement = anonymous ? 0 : accounts.nameRetirement;
  return { scramIterations, suitsImported, nameRetirement };
}

function readHost(
  reader: SectionReader,
  file: RawSection,
  hosts: RawSection,
  key: string,
  modules: readonly ConfigurableModule[] | 'unchecked',
): HostDraft {
  const path = ['hosts', key];
  const own = isSection(hosts[key]) ? hosts[key] : {};
  const both = (name: string) => [sectionOf(file, [], name), sectionOf(own, path, name)] as const;
  const draft = {
    key,
    domain: readDomain(reader, key),
    signIn: reader.read(signInSchema, ...both('signIn')),
    accounts: reader.read(accountsSchema, ...both('accounts')),
    modules: readModules(reader, modules, ...both('modules')),
  };
  refuseLockedDoor(reader, draft);
  return draft;
}

/** A host needs a mechanism that goes with where its accounts are kept. */
function refuseLockedDoor(reader: SectionReader, { key, signIn, accounts }: HostDraft): void {
  if (!signIn || !accounts) return;
  const source = resolveSource(accounts);
  if (signIn.mechanisms.some((mechanism) => suits(source, mechanism))) return;
  const own = ['hosts', key, 'signIn', 'mechanisms'];
  const place = reader.document.has(own) ? own : ['signIn', 'mechanisms'];
  const message = `nobody can sign in to ${key}: none of these goes with accounts.source ${source.type}`;
  const fitting = MECHANISMS.filter((mechanism) => suits(source, mechanism)).join(' or ');
  reader.problems.push(reader.document.atValue(place, message, `add ${fitting}`));
}

function readDomain(reader: SectionReader, key: string): string {
  try {
    return prepareDomain(key);
  } catch (error) {
    if (!(error instanceof JidError)) throw error;
    const message = `"${key}" is no domain: ${error.text}`;
    reader.problems.push(reader.document.atKey(['hosts', key], message));
    return key;
  }
}

function refuseTwins(reader: SectionReader, drafts: readonly HostDraft[]): void {
  const seen = new Map<string, string>();
  for (const { key, domain } of drafts) {
    const twin = seen.get(domain);
    seen.set(domain, key);
    if (twin === undefined) continue;
    const message = `"${key}" is the same domain as "${twin}"`;
    reader.problems.push(reader.document.atKey(['hosts', key], message, 'keep one of them'));
  }
}

function sectionOf(parent: RawSection, path: KeyPath, key: string): WrittenSection {
  const value = parent[key];
  return { path: [...path, key], value: isSection(value) ? value : {} };
}

function certificateOf(
  { certificate }: FileConfig['hosts'][string],
  directory: string,
): CertificateFiles | null {
  if (!certificate) return null;
  return {
    cert: resolve(directory, certificate.cert),
    key: resolve(directory, certificate.key),
  };
}

function policyOf(signIn: SignIn, limits: FileConfig['limits']): StreamPolicy {
  return {
    beforeLogin: xmlLimits(limits.beforeLogin),
    afterLogin: xmlLimits(limits.afterLogin),
    requiresTls: signIn.requireTls,
    allowsPlainLoopback: signIn.allowPlainOnLoopback,
    negotiationTimeout: limits.negotiationTimeout,
    idleTimeout: limits.idleTimeout,
    maxAuthAttempts: signIn.maxAttempts,
    maxFailureDelay: signIn.failureDelay,
    scramIterations: signIn.scramIterations,
    mechanisms: signIn.anonymous ? [ANONYMOUS] : signIn.mechanisms,
    tokens: tokenRules(signIn),
  };
}

/** Nobody who is anonymous comes back. */
function tokenRules({ anonymous, tokens: { give, ...rules } }: SignIn): TokenRules | null {
  return give && !anonymous ? rules : null;
}

function xmlLimits(limits: FileConfig['limits']['afterLogin']): XmlLimits {
  const { stanza, tag, depth, elements, attributes } = limits;
  return { bytes: stanza, tagBytes: tag, depth, elements, attributes };
}
