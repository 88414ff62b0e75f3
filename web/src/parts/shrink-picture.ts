/** A picture as it goes on a card. */
export interface SmallPicture {
  readonly type: string;
  /** In base64. */
  readonly data: string;
  /** A `blob:` address, to show it. */
  readonly preview: string;
}

/** Pixels of its sides: XEP-0153 §4.5 asks for 32 to 96, today's screens for twice that. */
const SIDE = 192;
const QUALITY = 0.85;

/** The middle of a picture, as a small square. Rejects for what is no picture. */
export async function shrinkPicture(file: File): Promise<SmallPicture> {
  const picture = await createImageBitmap(file);
  const side = Math.min(picture.width, picture.height);
  const canvas = document.createElement('canvas');
  canvas.width = SIDE;
  canvas.height = SIDE;
  const [left, top] = [(picture.width - side) / 2, (picture.height - side) / 2];
  canvas.getContext('2d')!.drawImage(picture, left, top, side, side, 0, 0, SIDE, SIDE);
  picture.close();
  const blob = await new Promise<Blob>((resolve, reject) => {
    const take = (made: Blob | null) => (made ? resolve(made) : reject(new Error('not drawn')));
    canvas.toBlob(take, 'image/jpeg', QUALITY);
  });
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const data = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  return { type: blob.type, data, preview: URL.createObjectURL(blob) };
}
