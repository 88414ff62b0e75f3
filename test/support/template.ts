import type { Element } from 'ltx';
import { StreamReader } from './stream-reader.ts';

// Characters of the private use area, which XML allows and no test writes.
export const ANYTHING = '\uE000';
export const NOTHING = '\uE001';

/** In a template: any value of an attribute, any text, any children. */
export const anything = { toString: () => ANYTHING };

/** In a template: the attribute is absent, or the element is empty. */
export const nothing = { toString: () => NOTHING };

/** What may stand in a template: markup goes in as it is, a client as its full JID. */
export type Value = string | number | { toString(): string };

/** Joins a tagged template. */
export function render(strings: TemplateStringsArray, values: readonly Value[]): string {
  return strings.reduce((text, string, index) => text + String(values[index - 1]) + string);
}

/** The elements of a fragment, which stands in the scope of a client's stream, or another's. */
export function parseFragment(text: string, xmlns = 'jabber:client'): Element[] {
  const streams = 'http://etherx.jabber.org/streams';
  const header = `<stream:stream xmlns='${xmlns}' xmlns:stream='${streams}'>`;
  const elements: Element[] = [];
  const reader = new StreamReader({
    onHeader() {},
    onElement: ({ element }) => elements.push(element),
    onFooter() {},
  });
  reader.write(`${header}${text}</stream:stream>`);
  return elements;
}
