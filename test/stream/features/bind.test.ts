import { beforeEach, describe, expect, test } from '@jest/globals';
import { bindRequest, makeWorld, type Talk, type World } from '../talk.ts';

let world: World;
let juliet: Talk;

beforeEach(async () => {
  world = await makeWorld();
  juliet = world.connect();
  await juliet.signsIn();
});

describe('[RFC6120 7.6] the server chooses the resource', () => {
  test.each([
    ['when the client names none', "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"],
    [
      'when it names an empty one',
      "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource/></bind>",
    ],
  ])('%s', async (_, request) => {
    juliet.says(`<iq type='set' id='1'>${request}</iq>`);
    expect(await juliet.hears('</iq>')).toBe(
      '<iq type="result" id="1"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind">' +
        '<jid>juliet@example.com/made-by-server</jid></bind></iq>',
    );
  });
});

test('[RFC6120 7.7] the client chooses the resource', async () => {
  juliet.says(bindRequest('Romeo &amp; me'));
  await juliet.hears('<jid>juliet@example.com/Romeo &amp; me</jid>');
});

describe('a refused request may be followed by another', () => {
  test.each([
    [
      '[RFC6120 7.7.2.1] for a resource that is none',
      bindRequest('a\u0080b'),
      '<error type="modify"><bad-request ',
    ],
    [
      '[RFC6120 7.7.2.2] for one that is taken',
      bindRequest('taken'),
      '<error type="cancel"><conflict ',
    ],
  ])('%s', async (_, request, error) => {
    juliet.says(request);
    const refusal = await juliet.hears('</iq>');
    expect(refusal).toMatch(/^<iq type="error" id="b1">/);
    expect(refusal).toContain(error);
    juliet.says(bindRequest('garden'));
    await juliet.hears('<jid>juliet@example.com/garden</jid>');
  });
});

test('a request of another type is no request', async () => {
  const request = bindRequest().replace('set', 'get');
  await juliet.says(request).hearsError('not-authorized');
});
