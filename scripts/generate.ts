/**
 * Makes the reference documents from the source; `npm run generate`. A test holds those
 * in the tree to what this would make.
 */
import { writeFileSync } from 'node:fs';
import { referenceDocuments } from './reference/documents.ts';

for (const [path, text] of referenceDocuments()) {
  writeFileSync(new URL(`../${path}`, import.meta.url), text);
}
