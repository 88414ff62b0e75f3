import type { TokenFacts } from '../server/admin/tokens.ts';
import type { Config } from '../server/config/config.ts';
import { runOnAccounts } from './admin.ts';
import { count, formatTime, table } from './text.ts';
import { checkAccount, type Report } from './users.ts';

export async function listTokens(config: Config, jid: string): Promise<Report> {
  const params = { jid: checkAccount(config, jid) };
  const data = await runOnAccounts<{ tokens: TokenFacts[] }>(config, 'token.list', params);
  return { text: describeTokens(data.tokens), data };
}

export async function revokeTokens(
  config: Config,
  jid: string,
  client: string | undefined,
): Promise<Report> {
  const account = checkAccount(config, jid);
  const params = { jid: account, ...(client !== undefined && { client }) };
  const data = await runOnAccounts<{ revoked: number }>(config, 'token.revoke', params);
  const sessions = `Sessions go on; to end them: epode session kick ${account}`;
  return { text: `Revoked the tokens of ${count(data.revoked, 'client')}. ${sessions}`, data };
}

function describeTokens(tokens: readonly TokenFacts[]): string {
  if (tokens.length === 0) return 'No tokens.';
  const rows = tokens.map(({ client, name, mechanism, issued, expires, used }) => [
    client,
    name,
    mechanism,
    formatTime(issued),
    formatTime(used),
    formatTime(expires),
  ]);
  return table(['CLIENT', 'NAME', 'MECHANISM', 'ISSUED (UTC)', 'LAST USED', 'EXPIRES'], rows);
}
