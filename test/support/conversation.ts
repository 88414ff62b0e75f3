import { test } from '@jest/globals';
import type { ModuleDefinition } from '../../src/server/module.ts';
import { Cast, type CastOptions, type People } from './cast.ts';
import { type CreateAccount, type TestConfig, TestServer } from './server.ts';
import { Target } from './target.ts';
import type { Stage } from './wire.ts';

export { anything, nothing } from './template.ts';

export interface ConversationOptions extends CastOptions {
  /** The server's configuration where it is not the default. */
  readonly config?: TestConfig;
  /** Modules besides those that come with the server; for conversations inside it. */
  readonly modules?: readonly ModuleDefinition[];
  /** Makes the accounts of those who take part, where they are not kept in the store. */
  readonly createAccount?: CreateAccount;
  /** Whether the store has to be on disk, where a commit takes its time. */
  readonly onDisk?: boolean;
  /** Whether the server answers HTTP, at its `webUrl`. */
  readonly http?: boolean;
  /** The address that clients come from, if not this machine; never over sockets. */
  readonly from?: string;
  /** Whether all has to reach the server in the order in which it is told; several sockets do not promise that. */
  readonly inOrder?: boolean;
}

type Story<S> = (people: People, server: S) => Promise<void>;

const { TARGET, TRANSPORT, STORE } = process.env;
const TIMEOUT = 30_000;

/**
 * A test that reads as a conversation. Whoever the function names has an
 * account and is signed in and available when it begins; at its end nobody may
 * have anything left to read.
 */
export function conversation(title: string, story: Story<Stage>): void;
export function conversation(
  title: string,
  options: ConversationOptions,
  story: Story<Stage>,
): void;
export function conversation(
  title: string,
  ...rest: [Story<Stage>] | [ConversationOptions, Story<Stage>]
): void {
  const [options, story] = rest.length === 1 ? [{}, rest[0]] : rest;
  if (TARGET && !options.config) {
    test(title, () => hold(new Target(TARGET), options, story), TIMEOUT);
  } else {
    withServer(title, options, story);
  }
}

/** A conversation that looks into the server, its store or its clock: never with a foreign one. */
export function conversationInside(
  title: string,
  options: ConversationOptions,
  story: Story<TestServer>,
): void {
  withServer(title, options, story);
}

function withServer(title: string, options: ConversationOptions, story: Story<TestServer>): void {
  const register = TARGET ? test.skip : test;
  register(title, async () => {
    const { config = {}, modules = [], onDisk = STORE === 'disk' } = options;
    const isInMemory = options.inOrder || options.from !== undefined;
    const transport = isInMemory ? 'memory' : carrier();
    const store = onDisk ? 'disk' : 'memory';
    const server = await TestServer.start({
      transport,
      store,
      config,
      modules,
      http: options.http ?? false,
      ...(options.from !== undefined && { from: options.from }),
      ...(options.createAccount && { createAccount: options.createAccount }),
    });
    await hold(server, options, story);
  });
}

function carrier(): 'memory' | 'tls' | 'websocket' {
  return TRANSPORT === 'tls' || TRANSPORT === 'websocket' ? TRANSPORT : 'memory';
}

async function hold<S extends Stage>(
  stage: S,
  options: CastOptions,
  story: Story<S>,
): Promise<void> {
  const cast = new Cast(stage, options);
  try {
    await story(cast.people, stage);
    await cast.end();
  } finally {
    cast.disperse();
    await stage.stop();
  }
}
