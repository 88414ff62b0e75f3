import {
  attr,
  child,
  childText,
  type ElementCodec,
  element,
  type Field,
  flag,
  optional,
  repeated,
  type ValueOf,
} from './codec.ts';
import { oneOf, string } from './codec-values.ts';
import { StanzaError } from './errors.ts';

/** Data forms (XEP-0004). What was submitted is read by `form-submission.ts`. */
export const NS_FORMS = 'jabber:x:data';

/** The hidden field that says which form it is (XEP-0068 §3). */
export const FORM_TYPE = 'FORM_TYPE';

/** More than this of a kind in one form is refused. */
const MAX_FIELDS = 128;
const MAX_VALUES = 512;
const MAX_INSTRUCTIONS = 32;
const MAX_ITEMS = 1024;

/** XEP-0004 §3.3. */
const knownFieldType = oneOf(
  'boolean',
  'fixed',
  'hidden',
  'jid-multi',
  'jid-single',
  'list-multi',
  'list-single',
  'text-multi',
  'text-private',
  'text-single',
);

/** One that is not known is taken for text-single (XEP-0004 §3.3). */
const fieldType = {
  ...knownFieldType,
  parse: (written: string) => knownFieldType.parse(written) ?? 'text-single',
};

const option = element(NS_FORMS, 'option', {
  label: optional(attr(string)),
  value: childText(string),
});

const anyField = element(NS_FORMS, 'field', {
  var: optional(attr(string)),
  type: optional(attr(fieldType)),
  label: optional(attr(string)),
  desc: optional(childText(string)),
  isRequired: flag('required'),
  isOpen: openList(),
  values: texts('value', MAX_VALUES),
  options: atMost(MAX_VALUES, option),
});

/** Only those of type fixed do without a `var` (XEP-0004 §3.2). */
const field: typeof anyField = {
  ...anyField,
  decode(source) {
    const decoded = anyField.decode(source);
    if (decoded.var !== undefined || decoded.type === 'fixed') return decoded;
    throw new StanzaError('bad-request', 'a field of the form has no var');
  },
};

/** XEP-0004 §3.4: the columns of a result, and its rows. */
const reported = element(NS_FORMS, 'reported', { fields: atMost(MAX_FIELDS, field) });
const item = element(NS_FORMS, 'item', { fields: atMost(MAX_FIELDS, field) });

/** XEP-0004 §3. Decoding throws `StanzaError` bad-request, also for a form that is too large. */
export const dataForm = element(NS_FORMS, 'x', {
  type: attr(oneOf('form', 'submit', 'cancel', 'result')),
  title: optional(childText(string)),
  instructions: texts('instructions', MAX_INSTRUCTIONS),
  fields: atMost(MAX_FIELDS, field),
  reported: optional(child(reported)),
  items: atMost(MAX_ITEMS, item),
});

export type DataForm = ValueOf<typeof dataForm>;
export type FormField = ValueOf<typeof field>;
export type FormOption = ValueOf<typeof option>;
export type FieldType = NonNullable<FormField['type']>;

/** A form of this server's: its FORM_TYPE comes first (XEP-0068 §3); what is left out is empty. */
export function makeForm(
  type: DataForm['type'],
  formType: string,
  parts: Partial<Omit<DataForm, 'type'>>,
): DataForm {
  const hidden = makeField(FORM_TYPE, 'hidden', { values: [formType] });
  return {
    type,
    instructions: [],
    items: [],
    ...parts,
    fields: [hidden, ...(parts.fields ?? [])],
  };
}

/** A field of this server's; what is left out is empty. */
export function makeField(
  name: string,
  type: FieldType,
  parts: Partial<Omit<FormField, 'var' | 'type'>> = {},
): FormField {
  return { isRequired: false, isOpen: false, values: [], options: [], ...parts, var: name, type };
}

/** The texts of all children of that name. */
function texts(name: string, max: number): Field<readonly string[], false> {
  return {
    isOptional: false,
    read(source) {
      const found = source.getChildren(name, NS_FORMS);
      assertCount(name, found.length, max);
      return found.map((each) => each.getText());
    },
    write(target, _key, values) {
      for (const value of values) target.c(name).t(value);
    },
  };
}

/** As `repeated`, of so many at most; they are counted before they are read. */
function atMost<T>(max: number, codec: ElementCodec<T>): Field<readonly T[], false> {
  const all = repeated(codec);
  return {
    ...all,
    read(source, key) {
      assertCount(codec.name, source.getChildren(codec.name, codec.xmlns).length, max);
      return all.read(source, key);
    },
  };
}

function assertCount(name: string, count: number, max: number): void {
  if (count <= max) return;
  throw new StanzaError('bad-request', `the form has more than ${max} <${name}/> in one place`);
}

const NS_VALIDATE = 'http://jabber.org/protocol/xdata-validate';

/** Whether values beside the options are welcome (XEP-0122 §3.2.2). */
function openList(): Field<boolean, false> {
  return {
    isOptional: false,
    read: (source) =>
      source.getChild('validate', NS_VALIDATE)?.getChild('open', NS_VALIDATE) !== undefined,
    write(target, _key, isOpen) {
      if (isOpen) target.c('validate', { xmlns: NS_VALIDATE, datatype: 'xs:string' }).c('open');
    },
  };
}
