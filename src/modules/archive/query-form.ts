import type { ArchiveId, ArchiveQuery } from '../../storage/archive-port.ts';
import { Element } from '../../xml/element.ts';
import { parseDateTime } from '../../xmpp/date-time.ts';
import { StanzaError } from '../../xmpp/errors.ts';
import { readSubmission, type Submission } from '../../xmpp/form-submission.ts';
import {
  type DataForm,
  dataForm,
  FORM_TYPE,
  makeField,
  makeForm,
  NS_FORMS,
} from '../../xmpp/forms.ts';
import { NS_MAM } from './namespace.ts';

/** XEP-0431. */
export const NS_FULL_TEXT = 'urn:xmpp:fulltext:0';
const FULL_TEXT = `{${NS_FULL_TEXT}}fulltext`;

/** What may be asked for of an archive, but for the page (XEP-0313 §4.1). */
export type ArchiveFilter = Omit<ArchiveQuery, 'page'>;

/** Finds out which message an id is of; throws `StanzaError` item-not-found. */
export type FindId = (written: string) => ArchiveId;

/** XEP-0313 §4.1.5. Messages of rooms are in no account's archive, whether asked for or not. */
const FIELDS = [
  makeField('with', 'jid-single'),
  makeField('start', 'text-single'),
  makeField('end', 'text-single'),
  makeField('before-id', 'text-single'),
  makeField('after-id', 'text-single'),
  makeField('ids', 'list-multi', { isOpen: true }),
  makeField('include-groupchat', 'boolean'),
];

/** What may be asked for, with the search or without. */
export function queryForm({ search }: { readonly search: boolean }): DataForm {
  const fields = search ? [...FIELDS, makeField(FULL_TEXT, 'text-single')] : FIELDS;
  return makeForm('form', NS_MAM, { fields });
}

/** The same as clients ask for it. */
export function encodeQueryForm(form: DataForm): Element {
  const query = new Element('query', { xmlns: NS_MAM });
  query.cnode(dataForm.encode(form));
  return query;
}

/**
 * What the form in a query asks for; all without one. Throws `StanzaError`:
 * feature-not-implemented for a field that `known` has not (§4.1.5), else as `readSubmission`.
 */
export function readFilter(query: Element, known: DataForm, findId: FindId): ArchiveFilter {
  const form = query.getChild('x', NS_FORMS);
  if (!form) return {};
  const submitted = dataForm.decode(form);
  assertKnown(submitted, known);
  const submission = readSubmission(known, submitted);
  if (!submission?.has(FORM_TYPE)) throw new StanzaError('bad-request', 'no form for a query');
  return filterOf(submission, findId);
}

function assertKnown({ fields }: DataForm, known: DataForm): void {
  const names = new Set(known.fields.map((field) => field.var));
  const unknown = fields.find(({ var: name, type }) => type !== 'fixed' && !names.has(name));
  if (unknown) throw new StanzaError('feature-not-implemented', `${unknown.var} is not known`);
}

/** A field that is empty was left out. */
function filterOf(submission: Submission, findId: FindId): ArchiveFilter {
  const peer = submission.getJid('with');
  const start = readTime(submission, 'start');
  const end = readTime(submission, 'end');
  const before = submission.getText('before-id');
  const after = submission.getText('after-id');
  const text = submission.getText(FULL_TEXT);
  const ids = submission.getChoices('ids') ?? [];
  return {
    ...(peer && { with: peer.toString() }),
    ...(start !== null && { start }),
    ...(end !== null && { end }),
    ...(before && { beforeId: findId(before) }),
    ...(after && { afterId: findId(after) }),
    ...(text && { text }),
    ...(ids.length > 0 && { ids: ids.map(findId) }),
  };
}

function readTime(submission: Submission, name: string): number | null {
  const written = submission.getText(name);
  if (!written) return null;
  const time = parseDateTime(written);
  if (time !== null) return time;
  throw new StanzaError('not-acceptable', `${name} is no time`);
}
