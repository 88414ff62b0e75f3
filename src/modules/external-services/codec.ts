import { Element } from '../../xml/element.ts';
import { formatDateTime } from '../../xmpp/date-time.ts';
import { StanzaError } from '../../xmpp/errors.ts';
import type { Credentials } from './credentials.ts';
import type { ExternalService } from './settings.ts';

export const NS_EXTERNAL_SERVICES = 'urn:xmpp:extdisco:2';

/** What becomes of a service in a push (XEP-0215 §3.2). */
export type Action = 'add' | 'modify' | 'delete';

/** A service as one client is told of it. */
export interface ToldService {
  readonly service: ExternalService;
  readonly credentials: Credentials | null;
  readonly action?: Action;
}

/** Which service credentials are wanted for (XEP-0215 §3.3). */
export interface WantedService {
  readonly type: string;
  readonly host: string;
  /** Null: whichever it is. */
  readonly port: number | null;
}

/** The list, or one of a `type`; names in the language `lang`, where there are such. */
export function encodeServices(
  told: readonly ToldService[],
  { type, lang }: { readonly type: string | null; readonly lang: string },
): Element {
  const list = new Element('services', { xmlns: NS_EXTERNAL_SERVICES });
  if (type !== null) list.attrs.type = type;
  for (const each of told) list.c('service', attributesOf(each, lang));
  return list;
}

export function encodeCredentials(told: readonly ToldService[], lang: string): Element {
  const list = new Element('credentials', { xmlns: NS_EXTERNAL_SERVICES });
  for (const each of told) list.c('service', attributesOf(each, lang));
  return list;
}

function attributesOf(told: ToldService, lang: string): Record<string, string> {
  const { service, credentials, action } = told;
  const { type, host, port, transport, access } = service;
  const place = { type, host, port: String(port), transport };
  if (action === 'delete') return { action, ...place };
  const name = nameOf(service, lang);
  return {
    ...(action && { action }),
    ...place,
    ...(name !== null && { name }),
    ...(access && { restricted: 'true' }),
    ...(credentials && written(credentials)),
  };
}

function written({ username, password, expires }: Credentials): Record<string, string> {
  const moment = expires === null ? {} : { expires: formatDateTime(expires) };
  return { username, password, ...moment };
}

/** The name in that language, or in a wider one (RFC 4647 §3.4): `de` will do for `de-AT`. */
function nameOf({ name, names }: ExternalService, lang: string): string | null {
  let tag = lang.toLowerCase();
  while (tag !== '') {
    const found = names.get(tag);
    if (found !== undefined) return found;
    tag = tag.slice(0, Math.max(0, tag.lastIndexOf('-')));
  }
  return name;
}

/** XEP-0215 §3.3. Throws `StanzaError` bad-request. */
export function decodeCredentialsRequest(request: Element): WantedService {
  const services = request.getChildren('service', NS_EXTERNAL_SERVICES);
  const attrs = services[0]?.attrs;
  if (services.length !== 1 || !attrs?.host || !attrs.type) {
    throw new StanzaError('bad-request', 'one service is needed, with its host and type');
  }
  const { host, type, port = null } = attrs;
  if (port !== null && !/^\d{1,5}$/.test(port)) {
    throw new StanzaError('bad-request', 'port is no number');
  }
  return { host, type, port: port === null ? null : Number(port) };
}
