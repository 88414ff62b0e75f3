import { type Maybe, then } from '../../lib/maybe.ts';
import { type Element, xml } from '../../xml/element.ts';
import { StreamError } from '../../xmpp/errors.ts';
import { Jid } from '../../xmpp/jid.ts';
import { NS } from '../../xmpp/ns.ts';
import type { ClientStream } from '../client-stream.ts';
import type { Step, StreamFeature } from '../feature.ts';
import type { InlineFeature, SignInFacts } from '../inline.ts';
import type { ScramHash, StreamSession } from '../ports.ts';
import { SaslError, type SaslOutcome } from '../sasl/mechanism.ts';
import type { SaslProfile, SignIn, SignIns } from '../sasl/sign-in.ts';
import { readAttempt, wantsToken } from './fast.ts';
import { offeredUpgrades, requestedUpgrades, Upgrade } from './upgrade.ts';
import { readUserAgent } from './user-agent.ts';

const SASL2 = 'urn:xmpp:sasl:2';

/** What `<authenticate/>` has asked for; it counts once the exchange has succeeded. */
interface Request extends SignInFacts {
  readonly upgrades: readonly ScramHash[];
  readonly inline: readonly { readonly feature: InlineFeature; readonly element: Element }[];
}

/** What is to be done before the sign-in is whole. */
interface Task {
  readonly upgrade: Upgrade;
  finish(): Maybe<Step>;
}

type Tasks = WeakMap<ClientStream, Task>;

/** An element of a task, and all that it takes to answer it. */
interface Work {
  readonly stream: ClientStream;
  readonly signIn: SignIn;
  readonly profile: SaslProfile;
  readonly element: Element;
  readonly tasks: Tasks;
}

const TASK_ELEMENTS = ['next', 'task-data', 'abort'];
const ELEMENTS = ['authenticate', 'response', ...TASK_ELEMENTS];

/** What the inline features have led to. */
interface Inlined {
  readonly answers: readonly Element[];
  readonly session: StreamSession | null;
  readonly isResumed: boolean;
}

const NOTHING: Inlined = { answers: [], session: null, isResumed: false };

/**
 * Authentication with the Extensible SASL Profile (XEP-0388), under TLS alone (§5).
 * `inline` is what may be asked for along with it, behind what modules add, in the order
 * in which it runs.
 */
export function sasl2(signIns: SignIns, inline: readonly InlineFeature[]): StreamFeature {
  const requests = new WeakMap<ClientStream, Request>();
  const tasks: Tasks = new WeakMap();
  return {
    name: 'sasl2',
    requires: ['secure'],
    forbids: ['authenticated'],
    // Between the first element and the last no other data may come (§2.4).
    bearsWhiteSpace: false,
    accepts: ELEMENTS.map((name) => ({ name, xmlns: SASL2 })),

    offer(stream) {
      const { mechanisms } = signIns.of(stream).offer();
      if (mechanisms.length === 0) return null;
      const names = mechanisms.map(({ name }) => xml('mechanism', {}, name));
      const offers = inlineOf(stream, inline)
        .map((feature) => feature.offer(stream))
        .filter((each) => each !== null);
      const listed = offers.length > 0 ? [xml('inline', {}, ...offers)] : [];
      const upgrades = offeredUpgrades(stream);
      return xml('authentication', { xmlns: SASL2 }, ...names, ...listed, ...upgrades);
    },

    negotiate(stream, element) {
      const signIn = signIns.of(stream);
      const isFirst = element.name === 'authenticate';
      // Nothing but responses belongs between (§2.4).
      if (isFirst && signIn.isUnderWay) throw new StreamError('policy-violation');
      const profile = profileOf(stream, () => requests.get(stream)!, tasks);
      const task = tasks.get(stream);
      if (task) return goOn(task, { stream, signIn, profile, element, tasks });
      return signIn.answer(profile, () => {
        if (isFirst) requests.set(stream, readRequest(element, inlineOf(stream, inline), stream));
        return then(take(signIn, element, requests.get(stream)), (outcome) =>
          checkClaim(stream, outcome),
        );
      });
    },
  };
}

function inlineOf(
  { host }: ClientStream,
  inline: readonly InlineFeature[],
): readonly InlineFeature[] {
  return [...host.inlineFeatures, ...inline];
}

function profileOf(stream: ClientStream, request: () => Request, tasks: Tasks): SaslProfile {
  return {
    name: 'SASL2',
    challenge: (data) => xml('challenge', { xmlns: SASL2 }, data.toString('base64')),
    failure: (condition) => xml('failure', { xmlns: SASL2 }, xml(condition, { xmlns: NS.sasl })),
    succeed(username, data, byPassword) {
      const finish = (data: Buffer) => conclude(stream, request(), username, data);
      // Only who knows the password may add what it can be shown with.
      const hashes = byPassword ? request().upgrades : [];
      return then(upgradeOf(stream, username, hashes), (upgrade) => {
        if (!upgrade) return finish(data);
        tasks.set(stream, { upgrade, finish: () => finish(Buffer.alloc(0)) });
        stream.sendElement(upgrade.invitation(data));
        return 'engage';
      });
    },
  };
}

/** Null where there is nothing to do: the account has keys of all that the client asks for. */
function upgradeOf(
  { host }: ClientStream,
  username: string,
  hashes: readonly ScramHash[],
): Maybe<Upgrade | null> {
  if (hashes.length === 0) return null;
  return then(host.credentials(username), (credentials) => {
    const lacks = (hash: ScramHash) => !credentials?.scram.some((each) => each.hash === hash);
    const lacking = hashes.filter(lacks);
    const { imported } = credentials ?? {};
    const { scramIterations } = host.policy;
    return imported && lacking.length > 0 ? new Upgrade(imported, lacking, scramIterations) : null;
  });
}

/** Takes the next element of a task; nothing but those and `<abort/>` may come (§2.4, §6.8). */
function goOn({ upgrade, finish }: Task, work: Work): Maybe<Step> {
  const { stream, signIn, profile, element, tasks } = work;
  if (!TASK_ELEMENTS.includes(element.name)) throw new StreamError('policy-violation');
  try {
    const answer = upgrade.take(element);
    if (answer) {
      stream.sendElement(answer);
      return 'engage';
    }
  } catch (error) {
    tasks.delete(stream);
    return signIn.refuse(profile, error);
  }
  tasks.delete(stream);
  return upgrade.save().then(finish);
}

/** Signed in, with all tasks done: what was asked for along with it, and the result. */
function conclude(
  stream: ClientStream,
  request: Request,
  username: string,
  data: Buffer,
): Maybe<Step> {
  stream.authenticated(username);
  return then(negotiateInline(stream, request), (inlined) => {
    stream.sendElement(success(stream, data, inlined));
    if (inlined.session) stream.bound(inlined.session);
    return inlined.isResumed ? 'continue' : 'features';
  });
}

function readRequest(
  element: Element,
  features: readonly InlineFeature[],
  stream: ClientStream,
): Request {
  const agent = readUserAgent(element);
  const inline = features.flatMap((feature) => {
    const asked = element.getChild(feature.name, feature.xmlns);
    return asked ? [{ feature, element: asked }] : [];
  });
  const upgrades = requestedUpgrades(element, stream);
  const token = readAttempt(element, stream, agent.userAgent);
  return { ...agent, token, wantsToken: wantsToken(element), inline, upgrades };
}

function take(signIn: SignIn, element: Element, request?: Request): Maybe<SaslOutcome> {
  if (element.name === 'abort') throw new SaslError('aborted');
  if (element.name === 'response') return signIn.next(textOf(element));
  if (element.name !== 'authenticate') throw new SaslError('malformed-request');
  signIn.begin(element.attrs.mechanism, request?.token);
  const initial = element.getChild('initial-response', SASL2);
  return signIn.next(initial ? textOf(initial) : null);
}

function textOf(element: Element): string {
  if (element.getChildElements().length > 0) throw new SaslError('malformed-request');
  return element.getText();
}

/** Who has named itself in the stream's header must be that one (§2.3, §6.4). */
function checkClaim({ claimed, host }: ClientStream, outcome: SaslOutcome): SaslOutcome {
  if (outcome.kind === 'success' && claimed) {
    const isOwn = claimed.local === outcome.username && claimed.domain === host.domain;
    if (!isOwn) throw new SaslError('invalid-authzid');
  }
  return outcome;
}

/** One after the other; who has a session already is not bound once more (XEP-0386 §3.2). */
function negotiateInline(stream: ClientStream, request: Request): Maybe<Inlined> {
  let inlined: Maybe<Inlined> = NOTHING;
  for (const { feature, element } of request.inline) {
    inlined = then(inlined, (before) => {
      if (before.session) return before;
      return then(
        feature.negotiate(stream, element, request),
        ({ answer, session, isResumed = false }) => ({
          answers: answer ? [...before.answers, answer] : before.answers,
          session,
          isResumed,
        }),
      );
    });
  }
  return inlined;
}

function success(stream: ClientStream, data: Buffer, { answers, session }: Inlined): Element {
  const jid = session?.jid ?? Jid.of(stream.username, stream.host.domain);
  const additional = xml('additional-data', {}, data.toString('base64'));
  return xml(
    'success',
    { xmlns: SASL2 },
    ...(data.length > 0 ? [additional] : []),
    xml('authorization-identifier', {}, jid.toString()),
    ...answers,
  );
}
