import {
  type Application,
  type Candidate,
  type Codec,
  type Content,
  DATA_CHANNEL,
  type Feedback,
  type Group,
  type HeaderExtension,
  ICE_UDP,
  otherRole,
  type Role,
  RTP,
  type RtpApplication,
  type Senders,
  type Source,
  type SourceGroup,
  type Transport,
} from './jingle.ts';
import { allValues, firstValue, type MediaSection, parseSdp, type Sdp } from './sdp.ts';

export type Description = {
  readonly contents: readonly Content[];
  readonly groups: readonly Group[];
};

/**
 * Puts a browser's own session description into Jingle's words. `role` is whose description it
 * is; `creatorOf` tells who added the content of a name to the session (XEP-0166 §7.3).
 */
export function contentsOfSdp(
  text: string,
  role: Role,
  creatorOf: (name: string) => Role,
): Description {
  const sdp = parseSdp(text);
  const contents = sdp.media.map((section) => {
    const name = firstValue(section, 'mid') ?? '';
    return {
      ...{ creator: creatorOf(name), name, senders: sendersOf(section, role) },
      application: applicationOf(section),
      transport: transportOf(section, sdp),
    };
  });
  return { contents, groups: groupsOf(sdp) };
}

/** Reads a candidate as a browser writes it (RFC 8839 §5.1): XEP-0176 §5.3. */
export function candidateOf(line: string): Candidate | undefined {
  const words = line.replace(/^(a=)?candidate:/, '').split(' ');
  const [foundation, component, protocol, priority, ip, port, , type, ...more] = words;
  if (foundation === undefined || ip === undefined || type === undefined) return undefined;
  const extra = new Map(
    more.flatMap((key, at) => (at % 2 === 0 ? [[key, more[at + 1] ?? ''] as const] : [])),
  );
  const related = extra.get('raddr');
  const tcpType = extra.get('tcptype');
  return {
    ...{
      component: Number(component),
      foundation,
      generation: Number(extra.get('generation') ?? 0),
    },
    ...{ id: `${foundation}-${port}`, ip, network: Number(extra.get('network-id') ?? 0) },
    ...{
      port: Number(port),
      priority: Number(priority),
      protocol: (protocol ?? 'udp').toLowerCase(),
      type,
    },
    ...(related ? { relatedAddress: related, relatedPort: Number(extra.get('rport')) } : {}),
    ...(tcpType ? { tcpType } : {}),
  };
}

function sendersOf(section: MediaSection, role: Role): Senders {
  const has = (name: string) => firstValue(section, name) !== undefined;
  if (section.port === 0 || has('inactive')) return 'none';
  if (has('sendonly')) return role;
  return has('recvonly') ? otherRole(role) : 'both';
}

function groupsOf(sdp: Sdp): readonly Group[] {
  return allValues(sdp, 'group').map((line) => {
    const [semantics = '', ...contents] = line.split(' ');
    return { semantics, contents };
  });
}

function applicationOf(section: MediaSection): Application {
  const { kind } = section;
  return kind === 'audio' || kind === 'video'
    ? rtpOf(section, kind)
    : { applicationType: DATA_CHANNEL };
}

function rtpOf(section: MediaSection, media: 'audio' | 'video'): RtpApplication {
  const isTrue = (name: string) => (firstValue(section, name) === undefined ? {} : { is: true });
  return {
    applicationType: RTP,
    media,
    ...(isTrue('rtcp-mux').is ? { rtcpMux: true } : {}),
    ...(isTrue('rtcp-rsize').is ? { rtcpReducedSize: true } : {}),
    rtcpFeedback: feedbackOf(section, '*'),
    codecs: section.formats.flatMap((id) => codecOf(section, id) ?? []),
    headerExtensions: allValues(section, 'extmap').flatMap((line) => extensionOf(line) ?? []),
    sources: sourcesOf(section),
    sourceGroups: allValues(section, 'ssrc-group').map(sourceGroupOf),
  };
}

function codecOf(section: MediaSection, id: string): Codec | undefined {
  const rtpmap = allValues(section, 'rtpmap').find((line) => line.startsWith(`${id} `));
  const [name, clockRate, channels] = (rtpmap ?? '').slice(id.length + 1).split('/');
  if (!name) return undefined;
  const fmtp = allValues(section, 'fmtp').find((line) => line.startsWith(`${id} `));
  return {
    ...{ id, name, clockRate: Number(clockRate) },
    ...(channels ? { channels: Number(channels) } : {}),
    parameters: fmtp === undefined ? {} : parametersOf(fmtp.slice(id.length + 1)),
    rtcpFeedback: feedbackOf(section, id),
  };
}

/** What has no name, such as the events of telephone-event, has no place in XEP-0167 §4. */
function parametersOf(fmtp: string): Readonly<Record<string, string>> {
  const pairs = fmtp.split(';').map((pair) => pair.trim().split(/=(.*)/));
  return Object.fromEntries(
    pairs.flatMap(([key = '', value]) => (value === undefined ? [] : [[key, value]])),
  );
}

function feedbackOf(section: MediaSection, id: string): readonly Feedback[] {
  const lines = allValues(section, 'rtcp-fb').filter((line) => line.startsWith(`${id} `));
  return lines.map((line) => {
    const [, type = '', parameter] = line.split(' ');
    return parameter === undefined ? { type } : { type, parameter };
  });
}

function extensionOf(line: string): HeaderExtension | undefined {
  const [id = '', uri] = line.split(' ');
  return uri === undefined ? undefined : { id: Number(id.split('/')[0]), uri };
}

function sourcesOf(section: MediaSection): readonly Source[] {
  const sources = new Map<string, Record<string, string>>();
  for (const line of allValues(section, 'ssrc')) {
    const [, ssrc = '', key = '', value = ''] = /^(\d+) ([^:]+):?(.*)$/.exec(line) ?? [];
    const parameters = sources.get(ssrc) ?? {};
    parameters[key] = value;
    sources.set(ssrc, parameters);
  }
  return [...sources].map(([ssrc, parameters]) => ({ ssrc, parameters }));
}

function sourceGroupOf(line: string): SourceGroup {
  const [semantics = '', ...sources] = line.split(' ');
  return { semantics, sources };
}

function transportOf(section: MediaSection, sdp: Sdp): Transport {
  const either = (name: string) => firstValue(section, name) ?? firstValue(sdp, name);
  const [algorithm, value] = (either('fingerprint') ?? '').split(' ');
  const setup = either('setup');
  const usernameFragment = either('ice-ufrag');
  const password = either('ice-pwd');
  return {
    transportType: ICE_UDP,
    ...(usernameFragment && password ? { usernameFragment, password } : {}),
    fingerprints: algorithm && value && setup ? [{ algorithm, setup, value }] : [],
    candidates: [],
    ...(section.kind === 'application' ? { sctp: sctpOf(section) } : {}),
  };
}

function sctpOf(section: MediaSection) {
  const port = Number(firstValue(section, 'sctp-port') ?? 5000);
  return { port, protocol: 'webrtc-datachannel', streams: '1024' };
}
