import { BYTE, CLASS, NAME } from './byte-class.ts';
import { buildElement, type Element } from './element.ts';
import { type Frame, type FrameChild, type FrameContent, XmlError } from './frame.ts';
import { parseContent } from './parse.ts';
import { escapeText } from './text.ts';
import { walk, writeAttribute } from './tree-writer.ts';

/** What streams declare as their content namespace (RFC 6120 §4.8.2), and are alike in. */
const CONTENT_NAMESPACES: ReadonlySet<string> = new Set([
  'jabber:client',
  'jabber:server',
  'jabber:component:accept',
]);
/**
 * How far content may grow when it is written anew. A long namespace that
 * thousands of children inherit would otherwise be written thousands of times.
 */
const MAX_GROWTH = { factor: 4, more: 65_536 };
/** As which elements count that declare none (RFC 6120 §4.8.3). */
const CANONICAL = 'jabber:client';

function isContentNamespace(xmlns: string): boolean {
  return CONTENT_NAMESPACES.has(xmlns);
}

export interface ContentChange {
  readonly drop?: (child: FrameChild) => boolean;
  /** Elements as text; those without an xmlns belong to the content namespace. */
  readonly append?: string;
}

/**
 * The content without some direct children and with others behind the rest. The
 * bytes are copies, and `raw` holds nothing else. Throws `XmlError` when what is
 * appended is not well-formed.
 */
export function spliceContent(content: FrameContent, change: ContentChange): FrameContent {
  const { drop, append } = change;
  const pieces: Buffer[] = [];
  const children: FrameChild[] = [];
  let length = 0;
  const take = ({ raw }: FrameContent, start: number, end: number) => {
    pieces.push(raw.subarray(start, end));
    length += end - start;
  };
  let done = content.contentStart;
  for (const child of content.children) {
    if (drop?.(child)) {
      take(content, done, child.start);
      done = child.end;
    } else {
      children.push(shift(child, length - done));
    }
  }
  take(content, done, content.contentEnd);
  if (append) {
    const added = parseContent(append, ` xmlns='${CANONICAL}'`);
    for (const child of added.children) children.push(shift(child, length - added.contentStart));
    take(added, added.contentStart, added.contentEnd);
  }
  return { raw: Buffer.concat(pieces, length), contentStart: 0, contentEnd: length, children };
}

function shift(child: FrameChild, by: number): FrameChild {
  return {
    name: child.name,
    xmlns: child.xmlns,
    start: child.start + by,
    end: child.end + by,
    contentStart: child.contentStart + by,
    contentEnd: child.contentEnd + by,
    hasDeclarations: child.hasDeclarations,
  };
}

/**
 * Whether the bytes of the content mean something else under another start tag
 * than under the frame's: because they lean on a prefix declared there or on
 * the stream header, or because a content namespace is written where it has to
 * be inherited (RFC 6120 §4.8.3). Then it takes `rebuildContent`.
 */
export function needsRebuild(frame: Frame, contentNamespace: string): boolean {
  if (frame.contentStart === frame.contentEnd) return false;
  return (
    frame.defaultXmlns !== contentNamespace ||
    frame.streamPrefixes.length > 0 ||
    frame.attributes.some(({ name }) => name.startsWith('xmlns:')) ||
    frame.children.some((child) => namesContentNamespace(frame, child))
  );
}

function namesContentNamespace({ raw }: Frame, child: FrameChild): boolean {
  if (!isContentNamespace(child.xmlns)) return false;
  return child.hasDeclarations || isPrefixed(raw, child.start + 1);
}

function isPrefixed(raw: Buffer, nameStart: number): boolean {
  let at = nameStart;
  while (raw[at] !== BYTE.colon && (CLASS[raw[at]!]! & NAME) !== 0) at++;
  return raw[at] === BYTE.colon;
}

/**
 * The start tag's attributes but for those in `except` and the default
 * namespace: raw text, each with a leading space, with the declarations of the
 * prefixes that it needs.
 */
export function extraAttributes(frame: Frame, except: ReadonlySet<string>): string {
  let text = '';
  for (const { name, start, end } of frame.attributes) {
    if (name === 'xmlns' || except.has(name)) continue;
    text += ` ${frame.raw.toString('utf8', start, end)}`;
  }
  for (const { prefix, xmlns } of frame.streamPrefixes) {
    const isUsed = frame.attributes.some(({ name }) => name.startsWith(`${prefix}:`));
    if (isUsed) text += writeAttribute(`xmlns:${prefix}`, xmlns);
  }
  return text;
}

/**
 * The same content, written so that it means under any start tag what it meant
 * under the frame's: in any content namespace it is written without prefix and
 * declaration, and prefixes are declared on the children that use them. Throws
 * `XmlError` policy-violation for what would grow out of proportion.
 */
export function rebuildContent(frame: Frame): FrameContent {
  const limit = frame.raw.length * MAX_GROWTH.factor + MAX_GROWTH.more;
  const root = buildElement(frame);
  const prefixes = Object.keys(root.attrs).filter((name) => name.startsWith('xmlns:'));
  const inherited = Object.fromEntries(prefixes.map((name) => [name, root.attrs[name]]));
  // The default namespace that what is written next would inherit, by depth.
  const scopes = [CANONICAL];
  let text = '';
  walk(root, {
    open(element, isEmpty) {
      if (element === root) return;
      const outer = scopes[scopes.length - 1]!;
      const tag = rewriteTag(element, outer, element.parent === root ? inherited : {});
      text += `<${tag.name}${tag.attributes}${isEmpty ? '/' : ''}>`;
      if (text.length > limit) throw new XmlError('policy-violation', 'A stanza grows too large');
      if (!isEmpty) scopes.push(tag.scope);
    },
    text(value) {
      text += escapeText(value);
    },
    close(element) {
      if (element === root) return;
      scopes.pop();
      const outer = scopes[scopes.length - 1]!;
      text += `</${rewriteTag(element, outer, {}).name}>`;
    },
  });
  return parseContent(text, ` xmlns='${CANONICAL}'`);
}

interface RewrittenTag {
  readonly name: string;
  readonly attributes: string;
  /** The default namespace within. */
  readonly scope: string;
}

function rewriteTag(element: Element, outer: string, inherited: object): RewrittenTag {
  const { xmlns: _, ...attrs } = { ...inherited, ...element.attrs };
  const isPrefixed = element.name.includes(':');
  const resolved = element.getNS() ?? '';
  const isContent = outer === CANONICAL && isContentNamespace(resolved);
  const xmlns = isContent ? CANONICAL : resolved;
  const scope = isPrefixed && !isContent ? outer : xmlns;
  let attributes = scope === outer ? '' : writeAttribute('xmlns', scope);
  for (const [name, value] of Object.entries(attrs)) attributes += writeAttribute(name, value);
  return { name: isContent ? element.getName() : element.name, attributes, scope };
}
