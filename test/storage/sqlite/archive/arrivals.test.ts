import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { silentLog as log } from '../../../../src/lib/log.ts';
import type { MessageEntry } from '../../../../src/storage/archive-port.ts';
import { hashReference } from '../../../../src/storage/sqlite/archive/reference.ts';
import { connect } from '../../../../src/storage/sqlite/connection.ts';
import { currentSchema, prepareSchema } from '../../../../src/storage/sqlite/schema.ts';
import { SqliteStore } from '../../../../src/storage/sqlite/store.ts';
import type { Change } from '../../../../src/storage/sqlite/tables.ts';
import { JULIET, NURSE, ROMEO, user } from '../../../contracts/records.ts';
import { temporaryPlaces } from '../../places.ts';

const newPlace = temporaryPlaces();

const FILE: Change = ['archive', 'file'];
const INDEX: Change = ['search', 'index'];
const EVERYTHING = Number.MAX_SAFE_INTEGER;

function said(id: number, from = ROMEO, to = JULIET): Change {
  const stanza = `<message from='${from}' to='${to}' id='${id}'><body>word${id}</body></message>`;
  const reference = hashReference(from, `${id}`);
  return ['archive', 'append', from, id, { stanza, reference }, entry(to, 'read')];
}

function heard(id: number, to = JULIET, from = ROMEO): Change {
  return ['archive', 'share', to, id, entry(from, 'unread')];
}

function entry(peer: string, counts: MessageEntry['counts']): MessageEntry {
  return { peer, counts };
}

/** A file whose server may be killed at any point, without anything more being written. */
function server() {
  const place = newPlace();
  mkdirSync(place);
  const file = join(place, 'epode.sqlite');
  const open = () => new SqliteStore(connect(file));
  const first = connect(file);
  prepareSchema(first, currentSchema(), log);
  first.close();
  let store = open();
  store.commit([ROMEO, JULIET, NURSE].map((owner): Change => ['users', 'create', user(owner), []]));
  return {
    commit: (...changes: Change[]) => store.commit(changes),
    /** Whether the step had anything to do. */
    takes: (step: Change) => store.commit([step]).length === 0,
    isKilled() {
      store.close();
      store = open();
    },
    rows: (table: string) => {
      const db = connect(file);
      const count = db.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
      db.close();
      return count;
    },
    bounds: (owner: string) => store.tables.archiveReader.bounds(owner),
    conversation: (owner: string) => {
      const query = { unreadOnly: false, from: 'newest', limit: 10 } as const;
      return store.tables.inbox.conversations(owner, query).conversations[0];
    },
    found: (owner: string, text: string) =>
      store.tables.foundMessages.search(owner, { text, limit: 10 }).length,
  };
}

describe('messages that have come', () => {
  test('are in no archive until they are filed, and then no longer among the new', () => {
    const { commit, takes, rows } = server();
    commit(said(1), heard(1), said(2), heard(2));
    expect([rows('message'), rows('arrival'), rows('archive')]).toEqual([2, 2, 0]);
    expect(takes(FILE)).toBe(false);
    expect([rows('message'), rows('arrival'), rows('archive')]).toEqual([2, 0, 4]);
  });

  test('are filed for one account alone, for whom somebody asks', () => {
    const { commit, rows, bounds } = server();
    commit(said(1), heard(1), said(2), heard(2));
    commit(['archive', 'fileFor', JULIET]);
    expect(bounds(JULIET)).toEqual({ first: 1, last: 2 });
    expect(bounds(ROMEO)).toBeNull();
    commit(FILE);
    expect([rows('arrival'), rows('archive')]).toEqual([0, 4]);
  });

  test('are filed in steps, where they are many, and meanwhile new ones wait for their turn', () => {
    const { commit, takes, rows } = server();
    for (let id = 1; id <= 850; id++) commit(said(id), heard(id));
    expect(takes(FILE)).toBe(true);
    commit(said(900), heard(900));
    expect(rows('arrival')).toBe(851);
    while (takes(FILE));
    expect([rows('arrival'), rows('archive')]).toEqual([1, 1700]);
    expect(takes(FILE)).toBe(false);
    expect([rows('arrival'), rows('archive')]).toEqual([0, 1702]);
  });

  test('count in conversations once they are filed', () => {
    const { commit, conversation } = server();
    commit(said(1), heard(1), said(2), heard(2));
    expect(conversation(JULIET)).toBeUndefined();
    commit(FILE);
    expect(conversation(JULIET)).toMatchObject({ peer: ROMEO, unread: 2, count: 2, lastId: 2 });
    expect(conversation(ROMEO)).toMatchObject({ peer: JULIET, unread: 0, count: 2, lastId: 2 });
  });

  test('are found by their words once they are filed', () => {
    const { commit, takes, found } = server();
    commit(said(1), heard(1));
    expect(takes(INDEX)).toBe(false);
    commit(FILE);
    expect(takes(INDEX)).toBe(true);
    expect([found(ROMEO, 'word1'), found(JULIET, 'word1')]).toEqual([1, 1]);
  });

  test('go once into an archive that is told twice of them', () => {
    const { commit, conversation, rows } = server();
    commit(said(1), heard(1), heard(1));
    commit(heard(1));
    commit(FILE, heard(1));
    expect(rows('archive')).toBe(2);
    expect(conversation(JULIET)).toMatchObject({ unread: 1, count: 1 });
  });

  test('may go into one more archive before they are filed, and behind that', () => {
    const { commit, bounds } = server();
    commit(said(1), said(2));
    commit(heard(1));
    commit(FILE, heard(2), heard(1, NURSE));
    expect(bounds(JULIET)).toEqual({ first: 1, last: 2 });
    expect(bounds(NURSE)).toEqual({ first: 1, last: 1 });
  });

  test('are marked as read before they are filed', () => {
    const { commit, conversation } = server();
    commit(said(1), heard(1), said(2), heard(2));
    commit(['archive', 'markRead', JULIET, { peer: ROMEO, sender: ROMEO, reference: '1' }]);
    expect(conversation(JULIET)).toMatchObject({ unread: 1, count: 2 });
  });

  test('are retracted before they are filed', () => {
    const { commit, takes, found } = server();
    const gone = `<message from='${ROMEO}' to='${JULIET}' id='1'/>`;
    commit(said(1), heard(1));
    expect(commit(['archive', 'retract', ROMEO, 1, gone])).toEqual([]);
    commit(FILE);
    while (takes(INDEX));
    expect(found(JULIET, 'word1')).toBe(0);
  });
});

describe('where the server was killed', () => {
  test('its next start files what had come', () => {
    const { commit, isKilled, rows, conversation } = server();
    commit(said(1), heard(1), said(2), heard(2));
    isKilled();
    expect([rows('arrival'), rows('archive')]).toEqual([0, 4]);
    expect(conversation(JULIET)).toMatchObject({ unread: 2, count: 2 });
  });

  test('while it filed, nothing is filed or counted twice', () => {
    const { commit, isKilled, rows, conversation } = server();
    commit(said(1), heard(1), said(2), heard(2));
    commit(['archive', 'fileFor', JULIET]);
    expect(rows('arrival')).toBe(2);
    isKilled();
    expect([rows('arrival'), rows('archive')]).toEqual([0, 4]);
    expect(conversation(JULIET)).toMatchObject({ unread: 2, count: 2 });
  });

  test('messages that were removed before all were filed do not come back', () => {
    const { commit, isKilled, rows, bounds } = server();
    commit(said(1), heard(1));
    commit(['archive', 'removeUpTo', JULIET, EVERYTHING]);
    isKilled();
    expect(bounds(JULIET)).toBeNull();
    expect([rows('archive'), rows('message')]).toEqual([1, 1]);
  });

  test('nor do those of an account that was deleted', () => {
    const { commit, takes, isKilled, rows } = server();
    commit(said(1), heard(1));
    commit(['users', 'delete', JULIET, 0]);
    isKilled();
    while (takes(['archive', 'sweep']));
    expect([rows('archive'), rows('message'), rows('conversation')]).toEqual([1, 1, 1]);
  });
});
