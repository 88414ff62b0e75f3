import { builtinModules } from '../../src/builtin-modules.ts';
import { coreRfcs, coreXeps } from '../../src/server/core-standards.ts';
import type { XepClaim } from '../../src/server/module.ts';
import { Element, serialize, xml } from '../../src/xml/element.ts';
import { code, heading, page, table } from './markdown.ts';
import { xepTitle } from './xep-titles.ts';

interface Claimed extends XepClaim {
  /** The module that does it; '' for the server itself. */
  readonly by: string;
}

const INTRODUCTION = `What Epode implements, by what its modules claim, and what its streams and commands do. For
programs the same is in [\`epode.doap\`](../epode.doap); \`epode module list\` says what of it is on.`;

/** `docs/xeps.md` */
export function xepsPage(): string {
  const rows = allXeps().map(({ xep, version, status, note = '', by }) => [
    `[${xepName(xep)}](${addressOf(xep)})`,
    xepTitle(xep),
    version,
    note === '' ? status : `${status}: ${note}`,
    by === '' ? 'always' : code(by),
  ]);
  return page(
    heading('Standards'),
    INTRODUCTION,
    '## XEPs',
    table(['XEP', 'title', 'version', 'is', 'module'], rows),
    '## RFCs',
    table(
      ['RFC', 'title'],
      [...coreRfcs].map(([rfc, title]) => [`[RFC ${rfc}](${rfcAddress(rfc)})`, title]),
    ),
  );
}

/** `XEP-0030, XEP-0128 in part` */
export function xepNames(claims: readonly XepClaim[]): string {
  return claims
    .map(({ xep, status }) => xepName(xep) + (status === 'partial' ? ' in part' : ''))
    .join(', ');
}

const NS_DOAP = 'http://usefulinc.com/ns/doap#';
const NS_RDF = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#';
const NS_XMPP_DOAP = 'https://linkmauve.fr/ns/xmpp-doap#';

/** `epode.doap`, as the XSF reads it for its list of software. */
export function doap({ description }: { readonly description: string }): string {
  const resource = (name: string, address: string) => xml(name, { 'rdf:resource': address });
  const project = xml(
    'Project',
    {},
    xml('name', {}, 'Epode'),
    xml('shortdesc', { 'xml:lang': 'en' }, description),
    resource('license', 'https://spdx.org/licenses/MIT'),
    xml('programming-language', {}, 'TypeScript'),
    xml('os', {}, 'Linux'),
    ...['xmpp', 'server'].map((each) => resource('category', `${NS_XMPP_DOAP}category-${each}`)),
    ...[...coreRfcs.keys()].map((rfc) => resource('implements', rfcAddress(rfc))),
    ...allXeps().map((claim) => xml('implements', {}, supportedXep(claim))),
  );
  const attributes = { xmlns: NS_DOAP, 'xmlns:rdf': NS_RDF, 'xmlns:xmpp': NS_XMPP_DOAP };
  const root = xml('rdf:RDF', attributes, project);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<!-- Made by npm run generate; do not edit. -->\n${indented(root)}`;
}

function supportedXep({ xep, version, status, note }: XepClaim): Element {
  return xml(
    'xmpp:SupportedXep',
    {},
    xml('xmpp:xep', { 'rdf:resource': addressOf(xep) }),
    xml('xmpp:status', {}, status),
    xml('xmpp:version', {}, version),
    ...(note === undefined ? [] : [xml('xmpp:note', { 'xml:lang': 'en' }, note)]),
  );
}

/** One element a line, or one that holds text alone. */
function indented(element: Element, depth = 0): string {
  const space = '  '.repeat(depth);
  const children = element.children.filter((child) => child instanceof Element);
  if (children.length === 0) return `${space}${serialize(element)}\n`;
  const [start = ''] = serialize(xml(element.name, element.attrs)).split('/>');
  const inner = children.map((child) => indented(child, depth + 1)).join('');
  return `${space}${start}>\n${inner}${space}</${element.name}>\n`;
}

function allXeps(): Claimed[] {
  const own = coreXeps.map((claim) => ({ ...claim, by: '' }));
  const others = builtinModules.flatMap(({ name, implements: claims }) =>
    claims.map((claim) => ({ ...claim, by: name })),
  );
  return [...own, ...others].sort((a, b) => a.xep - b.xep);
}

function xepName(xep: number): string {
  return `XEP-${String(xep).padStart(4, '0')}`;
}

function addressOf(xep: number): string {
  return `https://xmpp.org/extensions/${xepName(xep).toLowerCase()}.html`;
}

function rfcAddress(rfc: number): string {
  return `https://www.rfc-editor.org/info/rfc${rfc}`;
}
