import { webcrypto } from 'node:crypto';

const DAY = 86_400_000;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

/** What a certificate is to be like, where that is not as usual. */
export interface Wishes {
  /** Milliseconds since 1970. */
  readonly notBefore?: number;
  readonly notAfter?: number;
  /** Object identifiers of extended key usages. */
  readonly usages?: readonly string[];
  /** Attributes of the subject, in order. */
  readonly subject?: readonly Readonly<Record<string, string[]>>[];
}

export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** Makes certificates for clients. */
export class Authority {
  /** As PEM. */
  readonly cert: string;
  readonly #keys: webcrypto.CryptoKeyPair;
  readonly #issuer: string;
  #serial = 1;

  static async found(subject = 'CN=Authority'): Promise<Authority> {
    const x509 = await load();
    const keys = await makeKeys();
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      name: subject,
      ...period({}),
      signingAlgorithm: ALGORITHM,
      keys,
      extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
    });
    return new Authority(certificate.toString('pem'), keys, subject);
  }

  private constructor(cert: string, keys: webcrypto.CryptoKeyPair, issuer: string) {
    this.cert = cert;
    this.#keys = keys;
    this.#issuer = issuer;
  }

  /** A certificate with these subject alternative names, and its key. */
  async issue(names: readonly Buffer[], wishes: Wishes = {}): Promise<Pair> {
    const x509 = await load();
    const keys = await makeKeys();
    const { usages = [CLIENT_AUTH], subject = [{ CN: ['Client'] }] } = wishes;
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: (++this.#serial).toString(16).padStart(4, '0'),
      subject: [...subject],
      issuer: this.#issuer,
      ...period(wishes),
      signingAlgorithm: ALGORITHM,
      publicKey: keys.publicKey,
      signingKey: this.#keys.privateKey,
      extensions: [
        new x509.ExtendedKeyUsageExtension([...usages]),
        ...(names.length > 0 ? [new x509.Extension('2.5.29.17', false, der(0x30, ...names))] : []),
      ],
    });
    const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
    return {
      cert: `${certificate.toString('pem')}\n`,
      key: x509.PemConverter.encode(key, 'PRIVATE KEY'),
    };
  }
}

const XMPP_ADDRESS = Buffer.from('06082b06010505070805', 'hex');

/** A name of type id-on-xmppAddr; of another type of text where `tag` says so. */
export function xmppAddress(text: string | Buffer, tag = 0x0c): Buffer {
  return der(0xa0, XMPP_ADDRESS, der(0xa0, der(tag, Buffer.from(text as string))));
}

export function dnsName(text: string): Buffer {
  return der(0x82, Buffer.from(text));
}

export function emailName(text: string): Buffer {
  return der(0x81, Buffer.from(text));
}

/** An element of DER (X.690 §8.1), its length in as few bytes as there can be. */
export function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const digits = content.length.toString(16);
  const length = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
  const size = content.length < 0x80 ? [] : [Buffer.of(0x80 | length.length)];
  return Buffer.concat([Buffer.of(tag), ...size, length, content]);
}

function period({ notBefore = Date.now() - DAY, notAfter = Date.now() + DAY }: Wishes) {
  return { notBefore: new Date(notBefore), notAfter: new Date(notAfter) };
}

function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, [
    'sign',
    'verify',
  ]) as Promise<webcrypto.CryptoKeyPair>;
}

async function load() {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}
