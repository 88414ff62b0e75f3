import { describe, expect, test } from '@jest/globals';
import { parse } from 'ltx';
import { readSubmission, type Submission } from '../../src/xmpp/form-submission.ts';
import { dataForm, makeField, makeForm } from '../../src/xmpp/forms.ts';

const options = [{ value: 'news' }, { value: 'polls' }];
const BOT = makeForm('form', 'jabber:bot', {
  fields: [
    makeField('section', 'fixed', { values: ['Bot Info'] }),
    makeField('botname', 'text-single', { isRequired: true }),
    makeField('password', 'text-private'),
    makeField('description', 'text-multi'),
    makeField('public', 'boolean'),
    makeField('features', 'list-multi', { options }),
    makeField('best', 'list-single', { options }),
    makeField('language', 'list-single', { isOpen: true }),
    makeField('owner', 'jid-single'),
    makeField('invited', 'jid-multi'),
  ],
});

const NAME = `<field var='botname'><value>Yorick</value></field>`;

function submit(fields: string, type = 'submit'): Submission | null {
  const x = parse(`<x xmlns='jabber:x:data' type='${type}'>${fields}</x>`);
  return readSubmission(BOT, dataForm.decode(x));
}

function field(name: string, ...values: string[]): string {
  return `<field var='${name}'>${values.map((value) => `<value>${value}</value>`).join('')}</field>`;
}

/** The values of one field, submitted together with what is required. */
function submitOne(name: string, ...values: string[]): Submission {
  return submit(NAME + field(name, ...values))!;
}

describe('values by the types of the form that was offered [XEP-0004 3.3]', () => {
  test.each([
    ['1', true],
    ['true', true],
    ['0', false],
    ['false', false],
    ['', false],
  ])('the boolean "%s"', (written, value) => {
    expect(submitOne('public', written).getBoolean('public')).toBe(value);
  });

  test('texts, of one line and of several', () => {
    expect(submit(NAME)!.getText('password')).toBeUndefined();
    expect(submit(NAME)!.getText('botname')).toBe('Yorick');
    expect(submitOne('password', ' x ').getText('password')).toBe(' x ');
    const lines = submitOne('description', 'one', 'two\r\nthree', '');
    expect(lines.getText('description')).toBe('one\ntwo\nthree\n');
  });

  test('choices among the options, each once', () => {
    const submitted = submitOne('features', 'polls', 'news', 'polls');
    expect(submitted.getChoices('features')).toEqual(['polls', 'news']);
    expect(submitOne('best', 'news').getChoice('best')).toBe('news');
    expect(submitOne('best', '').getChoice('best')).toBeNull();
  });

  test('another choice where the list is open [XEP-0122 3.2.2]', () => {
    expect(submitOne('language', 'la').getChoice('language')).toBe('la');
  });

  test('addresses, prepared, each once', () => {
    expect(submitOne('owner', 'Hamlet@Example.COM').getJid('owner')?.toString()).toBe(
      'hamlet@example.com',
    );
    const invited = submitOne('invited', 'A@example.com', 'a@example.com', '', 'b@example.com');
    expect(invited.getJids('invited')?.map(String)).toEqual(['a@example.com', 'b@example.com']);
  });
});

describe('what is left out, and what is too much', () => {
  test('a field that is left out is told from one that was emptied [XEP-0004 3.6]', () => {
    expect(submit(NAME)!.has('description')).toBe(false);
    const emptied = submit(`${NAME}<field var='description'/><field var='owner'><value/></field>`)!;
    expect(emptied.getText('description')).toBe('');
    expect(emptied.getJid('owner')).toBeNull();
  });

  test('unknown fields are ignored, whatever their name [XEP-0004 3.1]', () => {
    const submitted = submit(NAME + field('__proto__', '1') + field('toString', '1'))!;
    expect(submitted.has('__proto__')).toBe(false);
    expect(submitted.getText('toString')).toBeUndefined();
  });

  test('a form that was cancelled has no values [XEP-0004 3.1]', () => {
    expect(submit('', 'cancel')).toBeNull();
  });

  test('FORM_TYPE may be left out', () => {
    expect(submit(NAME)!.has('FORM_TYPE')).toBe(false);
    expect(submitOne('FORM_TYPE', 'jabber:bot').getChoices('FORM_TYPE')).toEqual(['jabber:bot']);
  });
});

describe('refused', () => {
  test.each([
    ['another FORM_TYPE', NAME + field('FORM_TYPE', 'jabber:other'), 'FORM_TYPE is not'],
    ['a field that is there twice', NAME + NAME, 'botname is there twice'],
    ['several values for one', field('botname', 'a', 'b'), 'botname has several values'],
  ])('bad-request: %s', (_, fields, text) => {
    expect(() => submit(fields)).toThrow(
      expect.objectContaining({ condition: 'bad-request', text: expect.stringContaining(text) }),
    );
  });

  test.each(['form', 'result'])('bad-request: a form of type %s', (type) => {
    expect(() => submit(NAME, type)).toThrow(expect.objectContaining({ condition: 'bad-request' }));
  });

  test.each([
    ['no boolean', NAME + field('public', 'yes'), 'public has no valid value'],
    ['no address', NAME + field('owner', '@'), 'owner has no valid value'],
    ['no address among several', NAME + field('invited', 'a@b', '@'), 'invited has no valid'],
    ['no option', NAME + field('best', 'weather'), 'best has a value that is none'],
    ['no option among several', NAME + field('features', 'news', 'x'), 'features has a value'],
    ['a second line', field('botname', 'a\nb'), 'botname has more than one line'],
    ['a required field left out', '', 'botname is required'],
    ['a required field left empty', field('botname', ''), 'botname is required'],
  ])('not-acceptable: %s [XEP-0004 4]', (_, fields, text) => {
    expect(() => submit(fields)).toThrow(
      expect.objectContaining({ condition: 'not-acceptable', text: expect.stringContaining(text) }),
    );
  });
});
