import * as z from 'zod';

/** Where a job gets tokens that prove what it is; GitHub sets both with the permission `id-token: write`. */
export interface TokenSource {
  readonly requestUrl: string;
  readonly requestToken: string;
}

const Answer = z.object({ value: z.string().min(1) });
const Claims = z.object({ exp: z.number() });

/** Renewed this long before the end, so that none ends on its way. */
const MARGIN_MS = 60_000;

/**
 * The job's OIDC token for an audience, asked for anew when the last one is about to end
 * (https://docs.github.com/actions/security-for-github-actions/security-hardening-your-deployments/about-security-hardening-with-openid-connect).
 *
 * @throws Error when GitHub gives none
 */
export function createTokenGetter(options: {
  readonly source: TokenSource;
  readonly audience: string;
  readonly now: () => number;
}): () => Promise<string> {
  let kept: { readonly token: string; readonly until: number } | undefined;
  return async () => {
    if (kept !== undefined && options.now() < kept.until) return kept.token;
    const url = new URL(options.source.requestUrl);
    url.searchParams.set('audience', options.audience);
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${options.source.requestToken}`, accept: 'application/json' },
      signal: AbortSignal.timeout(10_000),
    });
    if (!response.ok) throw new TokenRefused(response.status);
    const { value } = Answer.parse(await response.json());
    kept = { token: value, until: endOf(value) - MARGIN_MS };
    return value;
  };
}

/** GitHub gave no token. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
  readonly status: number;

  constructor(status: number) {
    super(`GitHub gave no OIDC token (HTTP ${status}); the job needs the permission id-token: write`);
    this.status = status;
  }
}

/** Only to know when to ask again: whether it is genuine is for the function to find out. */
function endOf(token: string): number {
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8');
  return Claims.parse(JSON.parse(payload)).exp * 1000;
}
