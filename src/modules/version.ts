import { z } from 'zod';
import { defineModule } from '../server/module.ts';
import { version } from '../server/version.ts';
import { childText, element, optional } from '../xmpp/codec.ts';
import { string } from '../xmpp/codec-values.ts';

const query = element('jabber:iq:version', 'query', {
  name: childText(string),
  version: childText(string),
  os: optional(childText(string)),
});

/** XEP-0092. The operating system is told only where the operator says so (XEP-0092 §5). */
export default defineModule({
  name: 'version',
  summary: 'Tells the name and version of the server.',
  implements: [{ xep: 92, version: '1.1', status: 'complete' }],
  config: z.strictObject({
    showVersion: z
      .boolean()
      .default(true)
      .describe('Whether the number is told, or the name only.'),
    showSystem: z.boolean().default(false).describe('Whether the operating system is told too.'),
  }),
  setup: ({ config: { showVersion, showSystem } }) => ({
    features: { host: [query.xmlns] },
    iq: [
      {
        type: 'get',
        name: query.name,
        xmlns: query.xmlns,
        target: 'host',
        answer: () =>
          query.encode({
            name: 'Epode',
            version: showVersion ? version : 'hidden',
            os: showSystem ? `${process.platform} ${process.arch}` : undefined,
          }),
      },
    ],
  }),
});
