import {
  type Candidate,
  type Codec,
  type Content,
  type Fingerprint,
  type Group,
  type HeaderExtension,
  isRtp,
  type Role,
  type RtpApplication,
  type Senders,
  type Source,
  type Transport,
} from './jingle.ts';

/** What somebody sent cannot be made a session description of. */
export class InvalidContent extends Error {}

export type SdpOptions = {
  readonly groups: readonly Group[];
  /** Whose description it is. */
  readonly role: Role;
  readonly type: 'offer' | 'answer';
  /** Which part of the DTLS handshake is theirs, where that was settled before: RFC 8842 §5. */
  readonly setup?: 'active' | 'passive';
};

/** What is too much is refused: a description costs the browser memory and time. */
const MAX_CONTENTS = 8;
const MAX_ITEMS = 100;
const MAX_TEXT = 512;

/**
 * Writes contents as the session description that a browser takes (RFC 8866, RFC 8829 §5). A
 * content without a transport is refused there: port 0.
 * @throws InvalidContent where a value would break out of its place, or there is too much.
 */
export function sdpOfContents(contents: readonly Content[], options: SdpOptions): string {
  if (contents.length > MAX_CONTENTS) throw new InvalidContent('too many contents');
  const lines = ['v=0', 'o=- 1 2 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=ice-options:trickle'];
  for (const { semantics, contents: names } of bounded(options.groups)) {
    lines.push(`a=group:${[semantics, ...bounded(names)].map(word).join(' ')}`);
  }
  lines.push(...contents.flatMap((content) => sectionLines(content, options)));
  return `${lines.join('\r\n')}\r\n`;
}

/**
 * Writes a candidate as a browser takes it (RFC 8839 §5.1).
 * @throws InvalidContent
 */
export function candidateLine(candidate: Candidate): string {
  const { component, foundation, ip, port, priority, relatedAddress, tcpType } = candidate;
  const words = [
    `candidate:${word(foundation)}`,
    ...[number(component), word(candidate.protocol ?? 'udp'), number(priority)],
    ...[word(ip), number(port), 'typ', word(candidate.type)],
    ...(relatedAddress === undefined ? [] : ['raddr', word(relatedAddress)]),
    ...(relatedAddress === undefined ? [] : ['rport', number(candidate.relatedPort ?? 0)]),
    ...(tcpType === undefined ? [] : ['tcptype', word(tcpType)]),
    ...['generation', number(candidate.generation ?? 0)],
  ];
  return words.join(' ');
}

function sectionLines(content: Content, options: SdpOptions): readonly string[] {
  const { application, transport, name } = content;
  const isRefused = transport?.usernameFragment === undefined;
  const rest = isRefused
    ? ['a=inactive']
    : [...transportLines(transport, options), ...directionLines(content, options.role)];
  const [head, body] = isRtp(application) ? rtpLines(application) : dataLines(transport);
  const port = isRefused ? 0 : 9;
  return [
    `m=${head.replace('PORT', String(port))}`,
    'c=IN IP4 0.0.0.0',
    `a=mid:${word(name)}`,
    ...rest,
    ...body,
  ];
}

/** A data channel goes both ways, whoever sends the file. */
function directionLines({ application, senders }: Content, role: Role): readonly string[] {
  return isRtp(application) ? [`a=${direction(senders, role)}`] : [];
}

function direction(senders: Senders = 'both', role: Role): string {
  if (senders === 'both') return 'sendrecv';
  if (senders === 'none') return 'inactive';
  return senders === role ? 'sendonly' : 'recvonly';
}

function transportLines(transport: Transport, options: SdpOptions): readonly string[] {
  const [fingerprint] = transport.fingerprints ?? [];
  if (!fingerprint?.value) throw new InvalidContent('no fingerprint');
  return [
    `a=ice-ufrag:${word(transport.usernameFragment)}`,
    `a=ice-pwd:${word(transport.password)}`,
    `a=fingerprint:${word(fingerprint.algorithm)} ${word(fingerprint.value.trim())}`,
    `a=setup:${word(setupOf(fingerprint, options))}`,
    ...bounded(transport.candidates).map((candidate) => `a=${candidateLine(candidate)}`),
  ];
}

/** XEP-0320 §3: who answers chooses, once. */
function setupOf(fingerprint: Fingerprint, { type, setup = 'active' }: SdpOptions): string {
  if (type === 'offer') return 'actpass';
  const chosen = fingerprint.setup ?? 'actpass';
  return chosen === 'actpass' ? setup : chosen;
}

function dataLines(transport: Transport | undefined): readonly [string, readonly string[]] {
  const port = number(transport?.sctp?.port ?? 5000);
  return [
    'application PORT UDP/DTLS/SCTP webrtc-datachannel',
    [`a=sctp-port:${port}`, 'a=max-message-size:262144'],
  ];
}

function rtpLines(application: RtpApplication): readonly [string, readonly string[]] {
  const { media, headerExtensions, sources, sourceGroups, rtcpFeedback } = application;
  if (media !== 'audio' && media !== 'video') throw new InvalidContent('neither audio nor video');
  const codecs = bounded(application.codecs);
  if (codecs.length === 0) throw new InvalidContent('no codec');
  const head = `${media} PORT UDP/TLS/RTP/SAVPF ${codecs.map(({ id }) => number(Number(id))).join(' ')}`;
  return [
    head,
    [
      'a=rtcp-mux',
      ...(application.rtcpReducedSize ? ['a=rtcp-rsize'] : []),
      ...bounded(headerExtensions).map(extensionLine),
      ...codecs.flatMap(codecLines),
      ...bounded(rtcpFeedback).map((each) => feedbackLine('*', each)),
      ...bounded(sourceGroups).map(
        ({ semantics, sources: of }) =>
          `a=ssrc-group:${word(semantics)} ${bounded(of)
            .map((ssrc) => number(Number(ssrc)))
            .join(' ')}`,
      ),
      ...bounded(sources).flatMap(sourceLines),
    ],
  ];
}

function codecLines(codec: Codec): readonly string[] {
  const id = number(Number(codec.id));
  const parameters = Object.entries(codec.parameters ?? {}).slice(0, MAX_ITEMS);
  const fmtp = parameters.map(([key, value]) => `${word(key)}=${text(value)}`).join(';');
  const channels = codec.channels === undefined ? '' : `/${number(codec.channels)}`;
  return [
    `a=rtpmap:${id} ${word(codec.name)}/${number(codec.clockRate ?? 90000)}${channels}`,
    ...(fmtp === '' ? [] : [`a=fmtp:${id} ${fmtp}`]),
    ...bounded(codec.rtcpFeedback).map((each) => feedbackLine(id, each)),
  ];
}

function feedbackLine(id: string, feedback: { type: string; parameter?: string }): string {
  const parameter = feedback.parameter === undefined ? '' : ` ${word(feedback.parameter)}`;
  return `a=rtcp-fb:${id} ${word(feedback.type)}${parameter}`;
}

function extensionLine({ id, uri }: HeaderExtension): string {
  return `a=extmap:${number(id)} ${word(uri)}`;
}

function sourceLines({ ssrc, parameters = {} }: Source): readonly string[] {
  return Object.entries(parameters)
    .slice(0, MAX_ITEMS)
    .map(([key, value]) => `a=ssrc:${number(Number(ssrc))} ${word(key)}:${text(value)}`);
}

function bounded<T>(list: readonly T[] = []): readonly T[] {
  if (list.length > MAX_ITEMS) throw new InvalidContent('too many items');
  return list;
}

/** A value between two spaces. */
function word(value: string | undefined): string {
  if (value === undefined || value.length > MAX_TEXT || !/^[!-~]+$/.test(value)) {
    throw new InvalidContent('a value that cannot stand there');
  }
  return value;
}

/** A value up to the end of a line. */
function text(value: string | undefined): string {
  if (value === undefined) return '';
  if (value.length > MAX_TEXT || !/^[ -~]*$/.test(value)) {
    throw new InvalidContent('a value that cannot stand there');
  }
  return value;
}

function number(value: number): string {
  if (!Number.isInteger(value) || value < 0) throw new InvalidContent('not a number');
  return String(value);
}
