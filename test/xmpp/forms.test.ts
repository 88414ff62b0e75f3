import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parse } from 'ltx';
import {
  type DataForm,
  dataForm,
  type FieldType,
  makeField,
  makeForm,
} from '../../src/xmpp/forms.ts';

/** Of the bot service in XEP-0004 §5.1. */
const BOT = makeForm('form', 'jabber:bot', {
  title: 'Bot Configuration',
  instructions: ['Fill out this form', 'to configure your new bot!'],
  fields: [
    makeField('public', 'boolean', { label: 'Public bot?', isRequired: true }),
    makeField('maxsubs', 'list-single', {
      desc: 'Maximum number of subscribers',
      values: ['20'],
      options: [{ label: 'Ten', value: '10' }, { value: '20' }],
    }),
  ],
});

function form(children: string, type = 'submit'): unknown {
  return dataForm.decode(parse(`<x xmlns='jabber:x:data' type='${type}'>${children}</x>`));
}

describe('encoding', () => {
  test('writes what the form is, and its fields [XEP-0004 3]', () => {
    const written = dataForm.encode(BOT).toString().replaceAll(' xmlns="jabber:x:data"', '');
    expect(written).toBe(
      [
        '<x type="form"><title>Bot Configuration</title>',
        '<instructions>Fill out this form</instructions>',
        '<instructions>to configure your new bot!</instructions>',
        '<field var="FORM_TYPE" type="hidden"><value>jabber:bot</value></field>',
        '<field var="public" type="boolean" label="Public bot?"><required/></field>',
        '<field var="maxsubs" type="list-single"><desc>Maximum number of subscribers</desc>',
        '<value>20</value><option label="Ten"><value>10</value></option>',
        '<option><value>20</value></option></field></x>',
      ].join(''),
    );
  });

  test('says whether a list is open [XEP-0122 3.2.2]', () => {
    const open = makeForm('form', 'a', {
      fields: [makeField('language', 'list-single', { isOpen: true })],
    });
    expect(dataForm.encode(open).toString()).toContain(
      '<validate xmlns="http://jabber.org/protocol/xdata-validate" datatype="xs:string"><open/></validate>',
    );
  });
});

describe('decoding', () => {
  test('takes a type that it does not know for text-single [XEP-0004 3.3]', () => {
    expect(form(`<field var='a' type='colour'/>`)).toMatchObject({
      fields: [{ var: 'a', type: 'text-single' }],
    });
  });

  test('lets fixed fields go without a name [XEP-0004 3.2]', () => {
    expect(form(`<field type='fixed'><value>Part 1</value></field>`, 'form')).toMatchObject({
      fields: [{ type: 'fixed', values: ['Part 1'] }],
    });
  });

  test('keeps names that objects have to themselves', () => {
    expect(form(`<field var='__proto__'><value>1</value></field>`)).toMatchObject({
      fields: [{ var: '__proto__', values: ['1'] }],
    });
  });

  test.each([
    ['without type', `<x xmlns='jabber:x:data'/>`, 'type is missing'],
    ['of another type', `<x xmlns='jabber:x:data' type='error'/>`, 'type has no valid value'],
    ['in another namespace', `<x xmlns='jabber:x:other' type='form'/>`, 'is missing'],
    [
      'with a field without name',
      `<x xmlns='jabber:x:data' type='submit'><field/></x>`,
      'has no var',
    ],
    [
      'with an option without value',
      `<x xmlns='jabber:x:data' type='form'><field var='a' type='list-single'><option/></field></x>`,
      'value is missing',
    ],
    [
      'with too many fields',
      `<x xmlns='jabber:x:data' type='submit'>${`<field var='a'/>`.repeat(129)}</x>`,
      'more than 128 <field/>',
    ],
    [
      'with too many values',
      `<x xmlns='jabber:x:data' type='submit'><field var='a'>${'<value/>'.repeat(513)}</field></x>`,
      'more than 512 <value/>',
    ],
  ])('a form %s: bad-request', (_, source, text) => {
    expect(() => dataForm.decode(parse(source))).toThrow(
      expect.objectContaining({
        condition: 'bad-request',
        text: expect.stringContaining(text),
      }),
    );
  });
});

test('decode(encode(x)) is x', () => {
  const xmlText = fc.stringMatching(/^[ -~é♥\u{1f600}]{0,12}$/u);
  const types: FieldType[] = ['boolean', 'hidden', 'jid-multi', 'jid-single', 'list-multi'];
  const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
  const field = fc.record({
    var: fc.oneof(xmlText, fc.constantFrom('__proto__', 'constructor', 'FORM_TYPE')),
    type: maybe(fc.constantFrom(...types, 'list-single', 'text-multi', 'text-private', 'fixed')),
    label: maybe(xmlText),
    desc: maybe(xmlText),
    isRequired: fc.boolean(),
    isOpen: fc.boolean(),
    values: fc.array(xmlText, { maxLength: 3 }),
    options: fc.array(fc.record({ label: maybe(xmlText), value: xmlText }), { maxLength: 3 }),
  });
  const row = fc.record({ fields: fc.array(field, { maxLength: 3 }) });
  const forms: fc.Arbitrary<DataForm> = fc.record({
    type: fc.constantFrom('form', 'submit', 'cancel', 'result'),
    title: maybe(xmlText),
    instructions: fc.array(xmlText, { maxLength: 2 }),
    fields: fc.array(field, { maxLength: 3 }),
    reported: maybe(row),
    items: fc.array(row, { maxLength: 2 }),
  });
  fc.assert(
    fc.property(forms, (value) => {
      const encoded = dataForm.encode(value);
      expect(dataForm.decode(encoded)).toEqual(value);
      expect(dataForm.decode(parse(encoded.toString()))).toEqual(value);
    }),
  );
});
