import { beforeEach, describe, expect, test } from '@jest/globals';
import {
  type Credentials,
  forgetCredentials,
  keepCredentials,
  readCredentials,
} from '../../web/src/chat/credentials.ts';

/** As browsers have it (HTML §12.2.1), as far as the page uses it. */
class MapStorage {
  readonly items = new Map<string, string>();
  getItem = (key: string) => this.items.get(key) ?? null;
  setItem = (key: string, value: string) => void this.items.set(key, value);
  removeItem = (key: string) => void this.items.delete(key);
}

const JULIET: Credentials = {
  jid: 'juliet@capulet.example',
  client: '1',
  token: 't',
  isKept: true,
};
const NURSE: Credentials = { jid: 'nurse@capulet.example', client: '2', token: 'u', isKept: true };

describe('what a page remembers', () => {
  let tab: MapStorage;
  let all: MapStorage;
  const openTab = () => {
    tab = new MapStorage();
    Object.assign(globalThis, { sessionStorage: tab });
  };
  beforeEach(() => {
    all = new MapStorage();
    Object.assign(globalThis, { localStorage: all });
    openTab();
  });

  test('is there after a reload, and in new tabs where that is wanted', () => {
    keepCredentials(JULIET);
    expect(readCredentials()).toEqual(JULIET);
    openTab();
    expect(readCredentials()).toEqual(JULIET);
  });

  test('is gone with the tab where that is wanted', () => {
    keepCredentials({ ...JULIET, isKept: false });
    expect(readCredentials()).toMatchObject({ jid: JULIET.jid });
    openTab();
    expect(readCredentials()).toBe(null);
    expect(all.items.size).toBe(0);
  });

  test('belongs to each tab for itself', () => {
    keepCredentials(JULIET);
    const first = tab;
    openTab();
    keepCredentials(NURSE);
    Object.assign(globalThis, { sessionStorage: first });
    expect(readCredentials()).toEqual(JULIET);
    forgetCredentials(JULIET);
    expect(readCredentials()).toEqual(NURSE);
  });

  test('is nothing where something else stands in its place', () => {
    for (const text of ['{', 'null', '"x"', '{"jid":1}', '{"jid":"a","client":"b","token":"c"}']) {
      tab.items.set('epode.sign-in', text);
      expect([text, readCredentials()]).toEqual([text, null]);
    }
  });
});
