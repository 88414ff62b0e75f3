/**
 * Jingle requests as the codecs of `stanza` read and write them, as far as calls and files
 * use them.
 */
export type Role = 'initiator' | 'responder';
export type Senders = Role | 'both' | 'none';

export type Action =
  | 'session-initiate'
  | 'session-accept'
  | 'session-info'
  | 'session-terminate'
  | 'transport-info'
  | 'content-add'
  | 'content-accept'
  | 'content-reject'
  | 'content-remove'
  | 'content-modify';

export type Reason =
  | 'busy'
  | 'cancel'
  | 'connectivity-error'
  | 'decline'
  | 'expired'
  | 'failed-application'
  | 'gone'
  | 'incompatible-parameters'
  | 'media-error'
  | 'security-error'
  | 'success'
  | 'timeout'
  | 'unsupported-applications';

export type Feedback = { readonly type: string; readonly parameter?: string };

export type Codec = {
  readonly id: string;
  readonly name: string;
  readonly clockRate?: number;
  readonly channels?: number;
  readonly ptime?: number;
  readonly maxptime?: number;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly rtcpFeedback?: readonly Feedback[];
};

export type HeaderExtension = {
  readonly id: number;
  readonly uri: string;
  readonly senders?: Senders;
};

export type Source = {
  readonly ssrc: string;
  readonly parameters?: Readonly<Record<string, string>>;
};

export type SourceGroup = { readonly semantics: string; readonly sources: readonly string[] };

/** XEP-0167 §4, with XEP-0293, XEP-0294 and XEP-0339. */
export type RtpApplication = {
  readonly applicationType: typeof RTP;
  readonly media: 'audio' | 'video';
  readonly rtcpMux?: boolean;
  readonly rtcpReducedSize?: boolean;
  readonly rtcpFeedback?: readonly Feedback[];
  readonly codecs?: readonly Codec[];
  readonly headerExtensions?: readonly HeaderExtension[];
  readonly sources?: readonly Source[];
  readonly sourceGroups?: readonly SourceGroup[];
};

export type Application = RtpApplication | { readonly applicationType: string };

export type Candidate = {
  readonly component: number;
  readonly foundation: string;
  readonly generation?: number;
  readonly id?: string;
  readonly ip: string;
  readonly network?: number;
  readonly port: number;
  readonly priority: number;
  readonly protocol?: string;
  readonly relatedAddress?: string;
  readonly relatedPort?: number;
  readonly tcpType?: string;
  readonly type: string;
};

export type Fingerprint = {
  readonly algorithm?: string;
  readonly setup?: string;
  readonly value?: string;
};

/** XEP-0176 §5.2, with XEP-0320 and XEP-0343. */
export type Transport = {
  readonly transportType: string;
  readonly usernameFragment?: string;
  readonly password?: string;
  readonly fingerprints?: readonly Fingerprint[];
  readonly candidates?: readonly Candidate[];
  readonly gatheringComplete?: boolean;
  readonly sctp?: { readonly port: number; readonly protocol: string; readonly streams?: string };
};

export type Content = {
  readonly creator: Role;
  readonly name: string;
  readonly senders?: Senders;
  readonly application?: Application;
  readonly transport?: Transport;
};

export type Group = { readonly semantics: string; readonly contents: readonly string[] };

export type Info = {
  readonly infoType: string;
  readonly creator?: Role;
  readonly name?: string;
};

export type Jingle = {
  readonly action: Action;
  readonly sid: string;
  readonly initiator?: string;
  readonly responder?: string;
  readonly contents?: readonly Content[];
  readonly groups?: readonly Group[];
  readonly reason?: { readonly condition: Reason };
  readonly info?: Info;
};

export const RTP = 'urn:xmpp:jingle:apps:rtp:1';
export const ICE_UDP = 'urn:xmpp:jingle:transports:ice-udp:1';
export const DATA_CHANNEL = 'datachannel';

const INFO = 'urn:xmpp:jingle:apps:rtp:info:1';
export const RINGING = `{${INFO}}ringing`;
export const MUTE = `{${INFO}}mute`;
export const UNMUTE = `{${INFO}}unmute`;

export function isRtp(application: Application | undefined): application is RtpApplication {
  return application?.applicationType === RTP;
}

export function otherRole(role: Role): Role {
  return role === 'initiator' ? 'responder' : 'initiator';
}
