import type { Upload, UploadStore } from '../../storage/upload-port.ts';

export const UPLOAD_PATH = '/upload/';

const ADDRESS = /^\/upload\/([\da-f]{32})\/([^/]+)$/;

/** The file or slot behind a path; null for none. Who knows its id knows its name. */
export async function findUpload(uploads: UploadStore, path: string): Promise<Upload | null> {
  const [, id, name] = ADDRESS.exec(path) ?? [];
  if (id === undefined || name === undefined) return null;
  const upload = await uploads.find(id);
  return upload && upload.name === decodeURIComponent(name) ? upload : null;
}
