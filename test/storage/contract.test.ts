import { silentLog as log } from '../../src/lib/log.ts';
import { openStorage } from '../../src/storage/sqlite/open.ts';
import { storageContract } from '../contracts/storage.ts';
import { temporaryPlaces } from './places.ts';

const newPlace = temporaryPlaces();

storageContract('SQLite in memory', () => openStorage({ memory: true, log }));
storageContract('SQLite in a file, inline', () =>
  openStorage({ directory: newPlace(), log, mode: 'inline' }),
);
storageContract('SQLite in a file, writer thread', () =>
  openStorage({ directory: newPlace(), log, mode: 'thread' }),
);
