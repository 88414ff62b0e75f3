import type { Element } from 'ltx';
import { ANYTHING, NOTHING } from './template.ts';

/**
 * Why `actual` is not what the template says; null when it is. The rule:
 *
 * 1. Name and namespace are equal. A template inherits namespaces as XML does,
 *    from `jabber:client` downwards.
 * 2. An attribute that the template gives has that value; others are ignored.
 *    `${anything}` is any value, `${nothing}` asks for absence. Only `type` on a
 *    stanza speaks when it is left out: a presence then has none, and a message
 *    or an iq is no error. What has no `from` is from the recipient's own account
 *    (RFC 6120 §8.1.2.1).
 * 3. Children that the template gives are there, in that order; others may stand
 *    before, between and behind them. An element with the content `${nothing}`
 *    has neither children nor text.
 * 4. Text that the template gives is the element's whole own text, without the
 *    white space around it; `${anything}` in it stands for any text.
 */
export function mismatch(template: Element, actual: Element): string | null {
  const tag = `<${template.name}/>`;
  if (template.getName() !== actual.getName()) return `${tag} is <${actual.name}/>`;
  if (template.getNS() !== actual.getNS()) {
    return `${tag} is in ${actual.getNS()}, not in ${template.getNS()}`;
  }
  return (
    attributeMismatch(template, actual) ??
    typeMismatch(template, actual) ??
    textMismatch(template, actual) ??
    childMismatch(template, actual)
  );
}

function attributeMismatch(template: Element, actual: Element): string | null {
  for (const [name, wanted] of Object.entries(template.attrs as Record<string, string>)) {
    if (name === 'xmlns' || name.startsWith('xmlns:')) continue;
    const value = name === 'from' ? senderOf(actual, wanted) : actual.attrs[name];
    if (!matchesAttribute(wanted, value)) {
      const expected = wanted === NOTHING ? 'absent' : `'${show(wanted)}'`;
      const found = value === undefined ? 'absent' : `'${value}'`;
      return `${name} of <${template.name}/> is ${found}, expected ${expected}`;
    }
  }
  return null;
}

/** Who has sent a stanza, where it does not say so and its own account is `wanted`. */
function senderOf(stanza: Element, wanted: string): string | undefined {
  const { from, to } = stanza.attrs as Record<string, string | undefined>;
  const isOwn = isStanza(stanza) && to?.split('/')[0] === wanted;
  return from ?? (isOwn ? wanted : undefined);
}

function isStanza(element: Element): boolean {
  const isNamedSo = ['message', 'presence', 'iq'].includes(element.name);
  return isNamedSo && element.getNS() === 'jabber:client';
}

function matchesAttribute(wanted: string, value: string | undefined): boolean {
  if (wanted === NOTHING) return value === undefined;
  return value !== undefined && matchesText(wanted, value);
}

function typeMismatch(template: Element, actual: Element): string | null {
  const { type } = actual.attrs;
  if (template.attrs.type !== undefined || !isStanza(template)) return null;
  const isWrong = template.name === 'presence' ? type !== undefined : type === 'error';
  return isWrong ? `type of <${template.name}/> is '${type}'` : null;
}

function textMismatch(template: Element, actual: Element): string | null {
  const wanted = template.getText().trim();
  const text = actual.getText().trim();
  if (wanted === '') return null;
  if (wanted === NOTHING) {
    const isEmpty = text === '' && actual.getChildElements().length === 0;
    return isEmpty ? null : `<${template.name}/> is not empty`;
  }
  if (matchesText(wanted, text)) return null;
  return `<${template.name}/> says '${text}', expected '${show(wanted)}'`;
}

function matchesText(wanted: string, value: string): boolean {
  const parts = wanted.split(ANYTHING).map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(value);
}

function childMismatch(template: Element, actual: Element): string | null {
  const candidates = actual.getChildElements();
  let reason: string | null = null;
  for (const wanted of template.getChildElements()) {
    const at = candidates.findIndex((candidate) => mismatch(wanted, candidate) === null);
    if (at >= 0) {
      candidates.splice(0, at + 1);
      continue;
    }
    const namesake = candidates.find((candidate) => candidate.getName() === wanted.getName());
    reason = namesake ? mismatch(wanted, namesake) : null;
    return reason ?? `<${template.name}/> has no <${wanted.name}/> where one is expected`;
  }
  return null;
}

function show(wanted: string): string {
  return wanted.replaceAll(ANYTHING, '…');
}
