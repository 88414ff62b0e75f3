import { type Agent, JXT, Platform, type SASL } from 'stanza';

const { XMLElement } = JXT;
type XMLElement = InstanceType<typeof XMLElement>;

const NS_SASL2 = 'urn:xmpp:sasl:2';
const NS_BIND2 = 'urn:xmpp:bind:0';
const NS_FAST = 'urn:xmpp:fast:0';
const NS_SM = 'urn:xmpp:sm:3';
const NS_CARBONS = 'urn:xmpp:carbons:2';
const TOKEN_MECHANISM = 'HT-SHA-256-NONE';

/** How somebody signs in: by what the server has given for it, or by password. */
export type Secret = { readonly token: string } | { readonly password: string };

/** What the profile asks of whoever uses it, and tells. */
export interface SignInHooks {
  /** The id of this installation. */
  readonly client: string;
  username(): string;
  secret(): Secret;
  /** Whether the token is to be void from then on (XEP-0484 §4.4). */
  isLast(): boolean;
  tokenGiven(token: string): void;
  /** `condition` is the one of SASL, such as `not-authorized`. */
  refused(condition: string): void;
}

declare module 'stanza' {
  interface TopLevelElements {
    sasl2: Sasl2Element;
  }
  interface AgentEvents {
    sasl2: Sasl2Element;
  }
}

declare module 'stanza/protocol/index.js' {
  interface StreamFeatures {
    sasl2?: Sasl2Offer;
  }
}

/** One element of the profile; what stands in it is read and written here. */
export interface Sasl2Element {
  readonly type: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly children?: readonly (XMLElement | string)[];
}

interface Sasl2Offer {
  readonly mechanisms?: readonly string[];
  readonly tokenMechanisms?: readonly string[];
}

const ELEMENTS = ['authenticate', 'challenge', 'response', 'success', 'failure', 'abort'] as const;

/** The elements of XEP-0388, for stanza's registry. */
export const sasl2Elements: JXT.DefinitionOptions[] = [
  {
    path: 'features.sasl2',
    element: 'authentication',
    namespace: NS_SASL2,
    fields: {
      mechanisms: JXT.multipleChildText(null, 'mechanism'),
      tokenMechanisms: JXT.deepMultipleChildText([
        { namespace: NS_SASL2, element: 'inline' },
        { namespace: NS_FAST, element: 'fast' },
        { namespace: NS_FAST, element: 'mechanism' },
      ]),
    },
  },
  ...ELEMENTS.map((element) => ({
    path: 'sasl2',
    element,
    namespace: NS_SASL2,
    type: element,
    typeField: 'type',
    fields: {
      children: {
        importer: (xml: XMLElement) => xml.children,
        exporter: (xml: XMLElement, children: readonly (XMLElement | string)[]) => {
          for (const child of children) xml.appendChild(child);
        },
      },
      attributes: {
        importer: () => undefined,
        exporter: (xml: XMLElement, attributes: Readonly<Record<string, string>>) => {
          for (const [name, value] of Object.entries(attributes)) xml.setAttribute(name, value);
        },
      },
    },
  })),
];

/**
 * Signs in with the Extensible SASL Profile (XEP-0388), in one exchange with binding
 * (XEP-0386), stream management or its resumption (XEP-0198), and a token (XEP-0484).
 * Servers without it are left to stanza's own sign-in.
 */
export function useSasl2(agent: Agent, hooks: SignInHooks): void {
  agent.stanzas.define(sasl2Elements);
  agent.registerFeature('sasl2', 50, (features, done) => {
    const attempt = begin(agent, hooks, features.sasl2 ?? {});
    if (!attempt) {
      hooks.refused('invalid-mechanism');
      done('disconnect', 'no mechanism in common');
      return;
    }
    const stop = () => {
      agent.off('sasl2', take);
      agent.off('--reset-stream-features', stop);
    };
    const take = (element: Sasl2Element): void => {
      if (element.type === 'challenge') answer(agent, attempt, textOf(element));
      if (element.type === 'failure') {
        stop();
        hooks.refused(conditionOf(element));
        done('disconnect', 'authentication failed');
      }
      if (element.type === 'success') {
        stop();
        if (conclude(agent, hooks, attempt, element)) done('break');
        else done('disconnect', 'the server does not know the password');
      }
    };
    agent.on('sasl2', take);
    agent.on('--reset-stream-features', stop);
    void agent.send('sasl2', request(agent, hooks, attempt));
  });
  agent.on('--reset-stream-features', () => {
    agent.features.negotiated.sasl2 = false;
  });
}

/** One try: what to say first, how to go on, and how the server proves itself. */
interface Attempt {
  readonly mechanism: string;
  readonly isByToken: boolean;
  readonly initial: string;
  respond(challenge: string): string;
  isProven(additional: string): boolean;
}

function begin(agent: Agent, hooks: SignInHooks, offer: Sasl2Offer): Attempt | null {
  const secret = hooks.secret();
  if ('token' in secret) {
    const isOffered = offer.tokenMechanisms?.includes(TOKEN_MECHANISM) ?? false;
    return isOffered ? byToken(hooks.username(), secret.token) : null;
  }
  const mechanism = agent.sasl.createMechanism([...(offer.mechanisms ?? [])]);
  return mechanism && byPassword(mechanism, hooks.username(), secret.password);
}

/** The hashed token (draft-schmaus-kitten-sasl-ht): both sides prove that they know it. */
function byToken(username: string, token: string): Attempt {
  const proof = (label: string) =>
    Platform.createHmac('sha-256', Platform.Buffer.from(token, 'utf8')).update(
      Platform.Buffer.from(label, 'utf8'),
    );
  const initiator = Platform.Buffer.concat([
    Platform.Buffer.from(`${username}\0`, 'utf8'),
    proof('Initiator').digest() as Buffer,
  ]);
  return {
    mechanism: TOKEN_MECHANISM,
    isByToken: true,
    initial: initiator.toString('base64'),
    respond: () => '',
    isProven: (additional) => additional === proof('Responder').digest('base64'),
  };
}

function byPassword(mechanism: SASL.Mechanism, username: string, password: string): Attempt {
  const credentials = { username, password };
  const next = () => mechanism.createResponse(credentials)?.toString('base64') ?? '';
  return {
    mechanism: mechanism.name,
    isByToken: false,
    initial: next(),
    respond: (challenge) => {
      mechanism.processChallenge(Platform.Buffer.from(challenge, 'base64'));
      return next();
    },
    isProven: (additional) => {
      mechanism.processSuccess(Platform.Buffer.from(additional, 'base64'));
      const { authenticated, mutuallyAuthenticated } = mechanism.finalize(credentials);
      return mechanism.providesMutualAuthentication
        ? mutuallyAuthenticated === true
        : authenticated === true;
    },
  };
}

function request(agent: Agent, hooks: SignInHooks, attempt: Attempt): Sasl2Element {
  return {
    type: 'authenticate',
    attributes: { mechanism: attempt.mechanism },
    children: [
      node('initial-response', NS_SASL2, {}, attempt.initial || '='),
      node(
        'user-agent',
        NS_SASL2,
        { id: hooks.client },
        node('software', NS_SASL2, {}, 'Epode web client'),
      ),
      attempt.isByToken
        ? node('fast', NS_FAST, hooks.isLast() ? { invalidate: 'true' } : {})
        : node('request-token', NS_FAST, { mechanism: TOKEN_MECHANISM }),
      ...resumption(agent),
      node(
        'bind',
        NS_BIND2,
        {},
        node('tag', NS_BIND2, {}, 'Web'),
        node('enable', NS_CARBONS),
        node('enable', NS_SM, { resume: 'true' }),
      ),
    ],
  };
}

function resumption({ sm }: Agent): XMLElement[] {
  if (!sm.id || !sm.allowResume) return [];
  return [node('resume', NS_SM, { h: String(sm.handled), previd: sm.id })];
}

function answer(agent: Agent, attempt: Attempt, challenge: string): void {
  try {
    const response = attempt.respond(challenge);
    void agent.send('sasl2', { type: 'response', children: [response] });
  } catch {
    void agent.send('sasl2', { type: 'abort' });
  }
}

/** Signed in: takes over what came along. False where the server has not proven itself. */
function conclude(
  agent: Agent,
  hooks: SignInHooks,
  attempt: Attempt,
  success: Sasl2Element,
): boolean {
  const additional = childOf(success, 'additional-data', NS_SASL2)?.getText() ?? '';
  if (!attempt.isProven(additional)) return false;
  const { negotiated } = agent.features;
  negotiated.sasl2 = true;
  negotiated.sasl = true;
  if (agent.transport) agent.transport.authenticated = true;
  const token = childOf(success, 'token', NS_FAST)?.getAttribute('token');
  if (token) hooks.tokenGiven(token);
  const resumed = childOf(success, 'resumed', NS_SM);
  if (resumed) void resume(agent, resumed);
  else void start(agent, success);
  return true;
}

async function resume(agent: Agent, resumed: XMLElement): Promise<void> {
  const { negotiated } = agent.features;
  negotiated.streamManagement = true;
  negotiated.bind = true;
  agent.sessionStarted = true;
  agent.sessionStarting = false;
  const previousSession = resumed.getAttribute('previd') ?? '';
  const handled = Number(resumed.getAttribute('h'));
  await agent.sm.track('sm', { type: 'resume', handled: agent.sm.handled, previousSession });
  await agent.sm.resumed({ type: 'resumed', handled, previousSession });
  agent.emit('stream:management:resumed', { type: 'resumed', handled, previousSession });
}

async function start(agent: Agent, success: Sasl2Element): Promise<void> {
  const bound = childOf(success, 'bound', NS_BIND2);
  // Binding was refused: stanza asks for it once more, and hears why.
  if (!bound) return;
  const { negotiated } = agent.features;
  negotiated.bind = true;
  negotiated.streamManagement = true;
  const failed = childOf(success, 'failed', NS_SM);
  if (failed) await agent.sm.failed({ type: 'failed', ...handledOf(failed) });
  const enabled = bound.getChild('enabled', NS_SM);
  if (enabled) {
    await agent.sm.track('sm', { type: 'enable' });
    await agent.sm.enabled({
      type: 'enabled',
      id: enabled.getAttribute('id') ?? '',
      resume: ['true', '1'].includes(enabled.getAttribute('resume') ?? ''),
    });
  }
  const jid = childOf(success, 'authorization-identifier', NS_SASL2)?.getText() ?? '';
  agent.emit('session:prebind', jid);
  agent.emit('session:started', jid);
}

function handledOf(failed: XMLElement): { handled?: number } {
  const h = failed.getAttribute('h');
  return h === undefined ? {} : { handled: Number(h) };
}

function conditionOf({ children = [] }: Sasl2Element): string {
  const first = children.find((child) => typeof child !== 'string');
  return first ? first.getName() : 'not-authorized';
}

function textOf({ children = [] }: Sasl2Element): string {
  return children.filter((child) => typeof child === 'string').join('');
}

function childOf(
  { children = [] }: Sasl2Element,
  name: string,
  namespace: string,
): XMLElement | undefined {
  return children
    .filter((child) => typeof child !== 'string')
    .find((child) => child.getName() === name && child.getNamespace() === namespace);
}

function node(
  name: string,
  xmlns: string,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (XMLElement | string)[]
): XMLElement {
  return new XMLElement(name, { xmlns, ...attributes }, [...children]);
}
