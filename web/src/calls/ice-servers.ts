import type { Agent, Stanzas } from 'stanza';

/** How long a call waits for what it can do without, in milliseconds. */
const WAIT_MS = 2_000;
/** More of them would only slow a call down. */
const MAX_SERVERS = 8;

/**
 * Asks the server for its STUN and TURN services (XEP-0215 §3), with the credentials that it
 * makes for each call; none where it has none, or does not answer in time.
 */
export async function discoverIceServers(agent: Agent, server: string): Promise<RTCIceServer[]> {
  const request = { type: 'get', to: server, externalServices: { version: '2' } } as const;
  const answer = agent.sendIQ(request).then(
    ({ externalServices }) => externalServices?.services ?? [],
    () => [],
  );
  const nothing = new Promise<Stanzas.ExternalService[]>((resolve) =>
    setTimeout(() => resolve([]), WAIT_MS),
  );
  const services = (await Promise.race([answer, nothing])).slice(0, MAX_SERVERS);
  const complete = await Promise.race([
    Promise.all(services.map((each) => withCredentials(agent, server, each))),
    nothing,
  ]);
  return complete.flatMap((each) => iceServerOf(each) ?? []);
}

/** XEP-0215 §3.3: some are told only where they are asked for by themselves. */
async function withCredentials(
  agent: Agent,
  server: string,
  service: Stanzas.ExternalService,
): Promise<Stanzas.ExternalService> {
  const { restricted, username, host, type, port } = service;
  if (!restricted || username !== undefined || host === undefined) return service;
  const wanted = {
    version: '2',
    host,
    ...(type ? { type } : {}),
    ...(port ? { port } : {}),
  } as const;
  const request = { type: 'get', to: server, externalServiceCredentials: wanted } as const;
  const answer = await agent.sendIQ(request).catch(() => undefined);
  return { ...service, ...answer?.externalServiceCredentials };
}

/** RFC 7064 §3.1, RFC 7065 §3.1; undefined where a browser has no use for the service. */
export function iceServerOf(service: Stanzas.ExternalService): RTCIceServer | undefined {
  const { type, host, port, transport, username, password } = service;
  if (!host || !/^(stun|turn)s?$/.test(type ?? '') || !/^[0-9A-Za-z.:_-]+$/.test(host)) {
    return undefined;
  }
  const place = host.includes(':') ? `[${host}]` : host;
  const isTurn = type!.startsWith('turn');
  const query = isTurn && /^(udp|tcp)$/.test(transport ?? '') ? `?transport=${transport}` : '';
  const urls = `${type}:${place}${port ? `:${port}` : ''}${query}`;
  if (!isTurn) return { urls };
  return username && password ? { urls, username, credential: password } : undefined;
}
