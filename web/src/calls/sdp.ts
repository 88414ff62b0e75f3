/** A line `a=name:value`; `value` is empty for a flag such as `a=rtcp-mux`. */
export type Attribute = { readonly name: string; readonly value: string };

export type MediaSection = {
  readonly kind: string;
  readonly port: number;
  readonly protocol: string;
  readonly formats: readonly string[];
  readonly attributes: readonly Attribute[];
};

export type Sdp = {
  readonly attributes: readonly Attribute[];
  readonly media: readonly MediaSection[];
};

/** Reads what a browser says of itself (RFC 8866 §5); only media and attributes are kept. */
export function parseSdp(text: string): Sdp {
  const [session = '', ...media] = text.split(/^m=/m);
  return { attributes: attributesOf(session), media: media.map(parseSection) };
}

/** The values of all attributes of this name, in order. */
export function allValues(
  { attributes }: { readonly attributes: readonly Attribute[] },
  name: string,
): readonly string[] {
  return attributes.filter((each) => each.name === name).map(({ value }) => value);
}

/** The first value of an attribute of this name. */
export function firstValue(
  section: { readonly attributes: readonly Attribute[] },
  name: string,
): string | undefined {
  return allValues(section, name)[0];
}

function parseSection(text: string): MediaSection {
  const [kind = '', port = '0', protocol = '', ...formats] = firstLine(text).split(' ');
  return { kind, port: Number(port), protocol, formats, attributes: attributesOf(text) };
}

function firstLine(text: string): string {
  return text.slice(0, text.search(/\r?\n|$/));
}

function attributesOf(text: string): readonly Attribute[] {
  return [...text.matchAll(/^a=([^:\r\n]+):?([^\r\n]*)/gm)].map(([, name = '', value = '']) => ({
    name,
    value,
  }));
}
