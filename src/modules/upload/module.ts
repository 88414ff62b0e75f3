import { type Maybe, then } from '../../lib/maybe.ts';
import { slot } from '../../lib/token.ts';
import type { Account } from '../../server/accounts.ts';
import {
  defineModule,
  type IqRequest,
  type ModuleContext,
  type ModuleParts,
  type ServiceParts,
} from '../../server/module.ts';
import type { BlobKey } from '../../storage/blob-port.ts';
import type { HttpRoute } from '../../transports/http-route.ts';
import type { Element } from '../../xml/element.ts';
import { StanzaError } from '../../xmpp/errors.ts';
import { Jid } from '../../xmpp/jid.ts';
import { UPLOAD_PATH } from './address.ts';
import { decodeRequest, encodeForm, encodeSlot, featuresOf } from './codec.ts';
import { uploadCommands } from './commands.ts';
import { Expiry } from './expiry.ts';
import { NS_UPLOAD } from './namespace.ts';
import { Receiving } from './receiving.ts';
import { type UploadConfig, UploadRules, uploadConfig } from './rules.ts';
import { Serving } from './serving.ts';
import { KEY_LENGTH, Signer } from './signer.ts';
import { Slots } from './slots.ts';

const NAME = 'HTTP File Upload';

/** Slots whose files are coming, also while settings change. */
const UnderWay = slot<Set<BlobKey>>('uploads under way');

type Context = ModuleContext<UploadConfig>;

/**
 * XEP-0363. Clients ask for a slot at `upload.` and the host's domain, which they find among the
 * items of the host; the files are put and got below `/upload/` of the host's web URL.
 */
export default defineModule({
  name: 'upload',
  hosts: ['accounts'],
  summary: 'Keeps files that clients upload over HTTP, so that they can send links to them.',
  implements: [{ xep: 363, version: '1.2.0', status: 'complete' }],
  config: uploadConfig,
  setup(context): ModuleParts {
    const { host, storage, clock, log, webUrl } = context;
    const { traffic } = host;
    const { uploads } = storage;
    const underWay = host.kept(UnderWay, () => new Set());
    const parts = { storage, clock, log, traffic, underWay };
    const expiry = new Expiry({ domain: host.domain, ...parts });
    expiry.start();
    return {
      ...(webUrl !== null && offer(context, underWay, webUrl)),
      commands: uploadCommands(uploads, () => expiry.sweep()),
      facts: ({ owner }) =>
        then(uploads.usage(owner, 'message', clock.now()), ({ files, bytes }) => ({
          uploadedFiles: files,
          uploadedBytes: bytes,
        })),
      stop: () => expiry.stop(),
    };
  },
});

/** Files can be reached: so clients may have slots. */
function offer(context: Context, underWay: Set<BlobKey>, webUrl: string): ModuleParts {
  const { host, storage, clock, log, config } = context;
  const { uploads, blobs } = storage;
  const { traffic } = host;
  const rules = new UploadRules(config);
  const signer = new Signer(storage.secret('upload slots', KEY_LENGTH));
  const { slotsPerMinute } = config;
  const baseUrl = `${webUrl}${UPLOAD_PATH}`;
  const slots = new Slots({ uploads, rules, signer, clock, baseUrl, slotsPerMinute });
  const receiving = new Receiving({ uploads, blobs, signer, clock, log, traffic, underWay });
  const serving = new Serving({ uploads, blobs, clock, log });

  const give = async (request: IqRequest): Promise<Element> => {
    try {
      const account = await askingAccount(context, request);
      return encodeSlot(await slots.give(account, decodeRequest(request.payload)));
    } catch (error) {
      if (error instanceof StanzaError) traffic.uploads.refused++;
      throw error;
    }
  };
  return {
    services: [serviceOf(host.domain, rules, give)],
    httpRoutes: [route(receiving, serving)],
  };
}

function serviceOf(
  domain: string,
  rules: UploadRules,
  answer: (request: IqRequest) => Maybe<Element>,
): ServiceParts {
  return {
    jid: Jid.of('', `upload.${domain}`),
    name: NAME,
    identities: [{ category: 'store', type: 'file', name: NAME }],
    features: featuresOf(rules.purposes),
    forms: [encodeForm(rules.maxFileSize)],
    iq: [{ type: 'get', name: 'request', xmlns: NS_UPLOAD, answer }],
  };
}

function route(receiving: Receiving, serving: Serving): HttpRoute {
  return {
    path: UPLOAD_PATH,
    methods: ['GET', 'PUT'],
    // Who knows a URL may use it, and there are no cookies (XEP-0363 §8).
    origins: 'any',
    contentTimeout: null,
    handle: (exchange) =>
      exchange.request.method === 'PUT' ? receiving.answer(exchange) : serving.answer(exchange),
  };
}

/** Slots are for accounts of this host (XEP-0363 §6). */
async function askingAccount({ host }: Context, { from, session }: IqRequest): Promise<Account> {
  const isOwn = from.domain === host.domain && from.local !== '';
  const account = isOwn ? (session?.account ?? (await host.accounts.find(from.local))) : null;
  if (account) return account;
  throw new StanzaError('forbidden', 'Only users of this server may upload files.');
}
