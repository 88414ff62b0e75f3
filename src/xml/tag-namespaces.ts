import { XmlError } from './frame.ts';
import { checkDefault, type PrefixScope, type StreamScope } from './namespaces.ts';
import type { StartTag } from './start-tag.ts';
import { internAttribute } from './text.ts';

/**
 * Enters the declarations of a tag into the scope; returns the default namespace
 * within its element. Throws `XmlError`.
 */
export function declareNamespaces(
  tag: StartTag,
  bytes: Buffer,
  base: number,
  scope: PrefixScope,
  inherited: string,
): string {
  let defaultXmlns = inherited;
  for (let i = 0; i < tag.count; i++) {
    const { kind, local } = tag.names[i]!;
    if (kind !== 'default-declaration' && kind !== 'prefix-declaration') continue;
    const xmlns = internAttribute(bytes, base + tag.valueStarts[i]!, base + tag.valueEnds[i]!);
    if (kind === 'prefix-declaration') {
      scope.declare(local, xmlns);
    } else {
      checkDefault(xmlns);
      defaultXmlns = xmlns;
    }
  }
  return defaultXmlns;
}

/**
 * Resolves the prefixes of a tag's attributes, which also notes their use.
 * Throws `XmlError` for undeclared ones, and for two attributes that are one
 * under different prefixes (Namespaces in XML 1.0 §6.3).
 */
export function checkPrefixedAttributes(
  tag: StartTag,
  scope: PrefixScope,
  stream: StreamScope,
): void {
  const seen = tag.prefixedCount > 1 ? new Set<string>() : null;
  for (let i = 0; i < tag.count; i++) {
    const { kind, prefix, local } = tag.names[i]!;
    if (kind !== 'prefixed') continue;
    const expanded = `${local} ${scope.resolve(prefix, stream)}`;
    if (seen?.has(expanded)) throw new XmlError('not-well-formed', 'An attribute appears twice');
    seen?.add(expanded);
  }
}
