/** The part of @xmpp/xml that is used; the package has no declarations of its own. */
declare module '@xmpp/xml' {
  import type Element from 'ltx/lib/Element.js';

  type XmlChild = Element | string | number | boolean | null | undefined;

  /** An element, its attributes (absent ones may be undefined or null), its children. */
  export default function xml(
    name: string,
    attributes?: string | Readonly<Record<string, string | number | boolean | null | undefined>>,
    ...children: readonly (XmlChild | readonly XmlChild[])[]
  ): Element;
}
