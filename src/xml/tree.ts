import Element from 'ltx/lib/Element.js';
import { BYTE } from './byte-class.ts';
import type { XmlLimits } from './frame.ts';
import { XML_NAMESPACE } from './namespaces.ts';
import { StartTag } from './start-tag.ts';
import { decodeAttribute, decodeText, internAttribute } from './text.ts';

/**
 * An element that came as bytes. It knows that `xmlns=''` ends an inherited
 * namespace, which ltx takes for no declaration at all.
 */
export class WireElement extends Element {
  override findNS(prefix?: string): string | undefined {
    if (prefix === 'xml') return XML_NAMESPACE;
    const key = prefix ? `xmlns:${prefix}` : 'xmlns';
    for (let element: Element | null = this; element; element = element.parent) {
      const xmlns: unknown = element.attrs[key];
      if (typeof xmlns === 'string') return xmlns;
    }
    return undefined;
  }
}

const UNBOUNDED: XmlLimits = {
  bytes: Number.POSITIVE_INFINITY,
  tagBytes: Number.POSITIVE_INFINITY,
  depth: Number.POSITIVE_INFINITY,
  elements: Number.POSITIVE_INFINITY,
  attributes: Number.POSITIVE_INFINITY,
};
const CDATA_START = '<![CDATA['.length;
const CDATA_END = ']]>';

// Building calls nobody else, so one is enough.
const tag = new StartTag();

/** The tree of the one element that the validated bytes from `start` to `end` are. */
export function buildTree(bytes: Buffer, start: number, end: number): WireElement {
  let at = openTag(bytes, start, end);
  const root = elementOf(bytes);
  let parent: Element | null = tag.isSelfClosing ? null : root;
  while (parent !== null) {
    const markup = bytes.indexOf(BYTE.less, at);
    if (markup > at) appendText(parent, decodeText(bytes, at, markup));
    const byte = bytes[markup + 1];
    if (byte === BYTE.slash) {
      at = bytes.indexOf(BYTE.greater, markup) + 1;
      parent = parent.parent;
    } else if (byte === BYTE.exclamation) {
      at = bytes.indexOf(CDATA_END, markup + CDATA_START) + CDATA_END.length;
      appendText(parent, decodeText(bytes, markup, at));
    } else {
      at = openTag(bytes, markup, end);
      const element = elementOf(bytes);
      element.parent = parent;
      parent.children.push(element);
      if (!tag.isSelfClosing) parent = element;
    }
  }
  return root;
}

function openTag(bytes: Buffer, start: number, end: number): number {
  tag.begin(start);
  return tag.scan(bytes, 0, end, UNBOUNDED);
}

function elementOf(bytes: Buffer): WireElement {
  const element = new WireElement(tag.name.text);
  for (let i = 0; i < tag.count; i++) {
    const { kind, text } = tag.names[i]!;
    const isData = kind === 'plain' || kind === 'prefixed';
    const decode = isData ? decodeAttribute : internAttribute;
    setAttribute(element, text, decode(bytes, tag.valueStarts[i]!, tag.valueEnds[i]!));
  }
  return element;
}

function setAttribute({ attrs }: Element, name: string, value: string): void {
  if (name !== '__proto__') attrs[name] = value;
  // An assignment would be lost.
  else Object.defineProperty(attrs, name, { value, enumerable: true, writable: true });
}

/** Neighbours become one string, so that equal content makes equal trees. */
function appendText({ children }: Element, text: string): void {
  if (text === '') return;
  const last = children.length - 1;
  const before = children[last];
  if (typeof before === 'string') children[last] = before + text;
  else children.push(text);
}
