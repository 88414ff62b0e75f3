import { z } from 'zod';
import { slot } from '../../lib/token.ts';
import { duration } from '../../server/config/quantities.ts';
import { defineModule, type IqHandler, type IqRequest } from '../../server/module.ts';
import { type Counts, noCounts, Places, Rate } from './limits.ts';
import { NameRules, RESERVED_NAMES } from './names.ts';
import { OwnAccount } from './own-account.ts';
import { signUpFeature } from './sign-up.ts';
import { NS_REGISTER } from './syntax.ts';

/** Passwords being hashed for their users at a time, on a pool that signing in needs too. */
const PLACES = 8;

const HOUR = 3_600_000;
const PASSWORD_CHANGES_PER_HOUR = 10;

/** What is counted goes on whatever the settings become. */
interface Tallies {
  readonly places: Places;
  readonly changes: Counts;
  readonly perAddress: Counts;
  readonly inAll: Counts;
}

const Tallies = slot<Tallies>('tallies of registration');

/** XEP-0077: users keep their own accounts; where the operator wants it, they make them as well. */
export default defineModule({
  name: 'registration',
  hosts: ['accounts'],
  summary: 'Lets users change their password, delete their account, and sign up where that is on.',
  implements: [
    { xep: 4, version: '2.13.2', status: 'complete' },
    {
      xep: 77,
      version: '2.4',
      status: 'partial',
      note: 'no numeric error codes (§8), which RFC 6120 has dropped',
    },
  ],
  config: z.strictObject({
    allowPasswordChange: z
      .boolean()
      .default(true)
      .describe('Whether users may change their own password.'),
    allowRemoval: z.boolean().default(true).describe('Whether users may delete their own account.'),
    signUp: z
      .union([z.boolean(), z.literal('local')])
      .default('local')
      .describe(
        'Whether anybody may make an account; `local`: who sits at the machine itself, at the host `localhost` alone.',
      ),
    signUpPage: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('Where people sign up instead, unless signUp is true.'),
    signUpsPerAddress: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(10)
      .describe('Attempts to sign up from one IPv4 address or IPv6 /64 network, each interval.'),
    signUpsInAll: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(200)
      .describe('Attempts to sign up at one host, each interval.'),
    signUpInterval: duration({ min: '1s', max: '30d' })
      .prefault('1h')
      .describe('The time in which sign-ups are counted.'),
    maxNameLength: z
      .int()
      .min(1)
      .max(1023)
      .default(64)
      .describe('Characters of a name that somebody chooses.'),
    reservedNames: z
      .array(z.string().min(1))
      .default([...RESERVED_NAMES])
      .describe('Names that nobody may choose, nor one that looks like them.'),
  }),
  setup({ config, host, keeper, clock, log }) {
    const { places, ...counts } = host.kept(Tallies, newTallies);
    const isHere = keeper.keptElsewhere === null;
    const own = new OwnAccount({
      mayChangePassword: config.allowPasswordChange && keeper.canSetPasswords,
      mayRemove: config.allowRemoval && isHere,
      changes: new Rate(clock, PASSWORD_CHANGES_PER_HOUR, HOUR, counts.changes),
      places,
      keeper,
      host,
      log,
    });
    const { signUpInterval: interval } = config;
    const signUp = signUpFeature({
      openTo: isHere && openTo(config),
      page: config.signUpPage ?? null,
      names: new NameRules(config.maxNameLength, config.reservedNames),
      perAddress: new Rate(clock, config.signUpsPerAddress, interval, counts.perAddress),
      inAll: new Rate(clock, config.signUpsInAll, interval, counts.inAll),
      places,
      keeper,
      host,
      log,
    });
    return {
      features: { host: [NS_REGISTER] },
      streamFeatures: [signUp],
      iq: [
        ...onBothTargets('get', (request) => own.describe(request)),
        ...onBothTargets('set', (request) => own.change(request)),
      ],
    };
  },
});

/** Who has people sign up elsewhere does not want them here, be they ever so near. */
function openTo(config: { signUp: boolean | 'local'; signUpPage?: string | undefined }) {
  const { signUp, signUpPage } = config;
  return signUp === 'local' && signUpPage !== undefined ? false : signUp;
}

function newTallies(): Tallies {
  const counts = { changes: noCounts(), perAddress: noCounts(), inAll: noCounts() };
  return { places: new Places(PLACES), ...counts };
}

/** Clients ask their server for this, or leave out the address (XEP-0077 §3.2). */
function onBothTargets(type: 'get' | 'set', answer: (request: IqRequest) => Answer): IqHandler[] {
  const query = { type, name: 'query', xmlns: NS_REGISTER } as const;
  return [
    { ...query, target: 'host', answer },
    { ...query, target: 'account', isPrivate: true, answer },
  ];
}

type Answer = ReturnType<IqHandler['answer']>;
