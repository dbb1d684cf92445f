import { beforeAll, describe, expect, it } from 'vitest';
import { loadDeclarations } from '../../actions/_shared/declare/load.ts';
import type { DesiredState } from '../../actions/_shared/declare/model.ts';
import { root } from './action-metadata.ts';

/** Set by the platform, or by hand where somebody wants another value than the usual one. */
const GIVEN = /^SUPABASE_/;
const OPTIONAL = new Set([
  'OPS_ALLOWED_ORIGINS',
  'ODOO_ARCHIVE_BUCKET',
  'ODOO_DATABASE',
  'OPENROUTER_MIN_CREDITS',
  'OPENROUTER_MIN_KEY_LIMIT',
  'OPENROUTER_MAX_CACHE_AGE_MINUTES',
  'OPS_OIDC_ISSUER',
  'OPS_OIDC_AUDIENCE',
  'OPS_DISPATCH_REPOSITORY',
  'OPS_DISPATCH_TOKEN',
  'OPS_DISPATCH_ENVIRONMENT',
  'OPS_DISPATCH_REF',
  'OPS_DISPATCH_API_URL',
]);

/** Names of variables in the sources: upper case with an underline, in quotes. */
function variablesOf(text: string): string[] {
  return [...text.matchAll(/'([A-Z]+(?:_[A-Z]+)+)'/g)].flatMap(([, name]) => name ?? []);
}

let desired: DesiredState;
beforeAll(async () => {
  desired = (await loadDeclarations({ root, cache: false })).resolve('production');
});

describe('the functions of this repository', () => {
  it('are all declared', () => {
    expect(desired.functions).toHaveLength(11);
  });

  it('declare every secret they read, and read every secret they declare', () => {
    for (const { slug, secrets, readFiles } of desired.functions) {
      const sources = readFiles()
        // Helpers that many functions import and not all of them use.
        .filter(({ path }) => path.endsWith('.ts') && !path.startsWith('functions/_shared/contracts/'))
        .map(({ content }) => content.toString());
      const read = new Set(
        variablesOf(sources.join('\n')).filter((name) => !GIVEN.test(name) && !OPTIONAL.has(name)),
      );
      expect([slug, [...read].sort()]).toEqual([slug, [...secrets].sort()]);
    }
  });

  it('that people call let only signed tokens through the gateway', () => {
    const guarded = desired.functions.filter(({ verifyJwt }) => verifyJwt).map(({ slug }) => slug);
    expect(guarded).toEqual(['admin-ops-alerts', 'admin-overview', 'ops-trigger-build']);
  });
});
