import { Element } from '../../xml/element.ts';
import { StanzaError, type StanzaErrorCondition } from '../../xmpp/errors.ts';
import { readSubmission } from '../../xmpp/form-submission.ts';
import { dataForm, FORM_TYPE, makeField, makeForm, NS_FORMS } from '../../xmpp/forms.ts';
import { prepareStoredPassword, SaslprepError } from '../../xmpp/saslprep.ts';

export const NS_REGISTER = 'jabber:iq:register';

/** What somebody asks for in a `<query/>` of type set. */
export type Wish =
  | { readonly kind: 'remove' }
  | { readonly kind: 'cancel' }
  /** '' for what is missing. */
  | { readonly kind: 'account'; readonly username: string; readonly password: string };

/** The form to sign up with (XEP-0077 §4), its fields as §14.4.1 names them. */
const SIGN_UP = makeForm('form', NS_REGISTER, {
  title: 'Sign up',
  instructions: ['Choose a name and a password.'],
  fields: [
    makeField('username', 'text-single', { label: 'Name', isRequired: true }),
    makeField('password', 'text-private', { label: 'Password', isRequired: true }),
  ],
});

/** Whoever has an account may fill in this one as well (XEP-0077 §14.4.3). */
const CHANGE = makeForm('form', `${NS_REGISTER}:changepassword`, {
  fields: SIGN_UP.fields.filter((field) => field.var !== FORM_TYPE),
});

/** What whoever has no account yet is told (XEP-0077 §3.1, example 2; §4). */
export function encodeFields(): Element {
  const query = new Element('query', { xmlns: NS_REGISTER });
  query.c('instructions').t('Choose a name and a password.');
  query.c('username');
  query.c('password');
  query.cnode(dataForm.encode(SIGN_UP));
  return query;
}

/** What whoever has an account is told (XEP-0077 §3.1, example 3). */
export function encodeRegistered(username: string): Element {
  const query = new Element('query', { xmlns: NS_REGISTER });
  query.c('registered');
  query.c('instructions').t('To change your password, send it with your name.');
  query.c('username').t(username);
  query.c('password');
  return query;
}

/** Where to sign up instead (XEP-0077 §5). */
export function encodeRedirection(page: string): Element {
  const query = new Element('query', { xmlns: NS_REGISTER });
  query.c('instructions').t(`To sign up, visit ${page}`);
  query.c('x', { xmlns: 'jabber:x:oob' }).c('url').t(page);
  return query;
}

/**
 * Reads a request. A form takes precedence over the fields (XEP-0077 §4).
 * Throws `StanzaError`: bad-request for a `<remove/>` that is not alone (§3.2)
 * and for forms that are none, not-acceptable for what a form leaves out.
 */
export function decodeWish(query: Element): Wish {
  if (query.getChild('remove', NS_REGISTER)) {
    if (query.getChildElements().length === 1) return { kind: 'remove' };
    throw new StanzaError('bad-request', '<remove/> has to be alone');
  }
  const form = query.getChild('x', NS_FORMS);
  if (form) return decodeForm(form);
  const textOf = (name: string) => query.getChildText(name, NS_REGISTER) ?? '';
  return { kind: 'account', username: textOf('username'), password: textOf('password') };
}

function decodeForm(form: Element): Wish {
  const submitted = dataForm.decode(form);
  const type = submitted.fields.find((field) => field.var === FORM_TYPE)?.values[0];
  const isChange = type === `${NS_REGISTER}:changepassword`;
  const submission = readSubmission(isChange ? CHANGE : SIGN_UP, submitted);
  if (!submission) return { kind: 'cancel' };
  const textOf = (name: string) => submission.getText(name) ?? '';
  return { kind: 'account', username: textOf('username'), password: textOf('password') };
}

/**
 * Throws `StanzaError` not-acceptable for what cannot be a password (RFC 4013),
 * and `ifEmpty` for none.
 */
export function assertPassword(password: string, ifEmpty: StanzaErrorCondition): void {
  if (password === '') throw new StanzaError(ifEmpty, 'the password is missing');
  try {
    prepareStoredPassword(password);
  } catch (error) {
    if (error instanceof SaslprepError) throw new StanzaError('not-acceptable', error.text);
    throw error;
  }
}
