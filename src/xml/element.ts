import xml from '@xmpp/xml';
// The copy of the class that @xmpp/xml builds with; the package's main entry holds another.
import Element from 'ltx/lib/Element.js';
import type { Frame, FrameChild, FrameContent } from './frame.ts';
import { parseFrame } from './parse.ts';
import { decodeAttribute, escapeText } from './text.ts';
import { buildTree } from './tree.ts';
import { walk, writeAttribute } from './tree-writer.ts';

export { Element, xml };

/**
 * The frame as a tree. What the frame inherits from the stream header is
 * declared on the tree's root, so that the tree stands for itself.
 */
export function buildElement(frame: Frame): Element {
  const root = buildTree(frame.raw, 0, frame.raw.length);
  if (frame.defaultXmlns !== '') root.attrs.xmlns ??= frame.defaultXmlns;
  for (const { prefix, xmlns } of frame.streamPrefixes) root.attrs[`xmlns:${prefix}`] ??= xmlns;
  return root;
}

/** What a child inherits, as far as whoever holds the content knows. */
type Inherited = Partial<Pick<Frame, 'attributes' | 'defaultXmlns' | 'streamPrefixes'>>;

/** A direct child as a tree that stands for itself; it has no parent. */
export function buildChild(content: FrameContent & Inherited, child: FrameChild): Element {
  const root = buildTree(content.raw, child.start, child.end);
  const { attrs } = root;
  for (const { name, valueStart, valueEnd } of content.attributes ?? []) {
    if (name.startsWith('xmlns:'))
      attrs[name] ??= decodeAttribute(content.raw, valueStart, valueEnd);
  }
  for (const { prefix, xmlns } of content.streamPrefixes ?? []) attrs[`xmlns:${prefix}`] ??= xmlns;
  const colon = root.name.indexOf(':');
  if (colon > 0) attrs[`xmlns:${root.name.slice(0, colon)}`] ??= child.xmlns;
  const defaultXmlns = colon > 0 ? content.defaultXmlns : child.xmlns;
  if (defaultXmlns) attrs.xmlns ??= defaultXmlns;
  return root;
}

/** The element as text, with no more declarations than its attributes hold. */
export function serialize(root: Element): string {
  let text = '';
  walk(root, {
    open(element, isEmpty) {
      text += `<${element.name}`;
      for (const name in element.attrs) text += writeAttribute(name, element.attrs[name]);
      text += isEmpty ? '/>' : '>';
    },
    text(value) {
      text += escapeText(value);
    },
    close(element) {
      text += `</${element.name}>`;
    },
  });
  return text;
}

/** The tree of a text that `parseFrame` reads. Throws `XmlError`. */
export function parseElement(text: string): Element {
  return buildElement(parseFrame(text));
}
