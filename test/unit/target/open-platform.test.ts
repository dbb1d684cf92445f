import { describe, expect, it } from 'vitest';
import type { EnvironmentDeclaration } from '../../../actions/_shared/declare/model.ts';
import { functionsUrlOf } from '../../../actions/_shared/reconcile/platform/platform.ts';
import { openPlatform } from '../../../actions/_shared/target/open-platform.ts';

const SUPABASE_ACCESS_TOKEN = `sbp_${'a'.repeat(40)}`;
const environment: EnvironmentDeclaration = {
  name: 'production',
  lane: 'production',
  connectionEnv: 'X',
  projectRef: 'abcdefghijklmnopqrst',
  jobsAwake: true,
  prune: [],
  limits: { deleteCount: 10, deletePercent: 20 },
  location: { file: 'runbooks/environments.yaml', line: 1, column: 1 },
};

describe('the way to a Supabase project', () => {
  it('is closed without a project or without a token', async () => {
    const { projectRef: _none, ...plain } = environment;
    expect(await openPlatform(plain, { SUPABASE_ACCESS_TOKEN })).toBeUndefined();
    expect(await openPlatform(environment, {})).toBeUndefined();
    expect(await openPlatform(environment, { SUPABASE_ACCESS_TOKEN: ' ' })).toBeUndefined();
  });

  it('leads to the project itself, or to where the variables say', async () => {
    const platform = await openPlatform(environment, { SUPABASE_ACCESS_TOKEN: `${SUPABASE_ACCESS_TOKEN}\n` });
    expect(platform?.client.projectRef).toBe('abcdefghijklmnopqrst');
    expect(platform && functionsUrlOf(platform)).toBe(
      'https://abcdefghijklmnopqrst.supabase.co/functions/v1',
    );
    const elsewhere = await openPlatform(environment, {
      SUPABASE_ACCESS_TOKEN,
      OPSROOM_FUNCTIONS_URL: 'http://127.0.0.1:54321/',
    });
    expect(elsewhere?.functionsUrl).toBe('http://127.0.0.1:54321/functions/v1');
  });

  it.each([
    ['SUPABASE_API_URL', 'http://api.example.test'],
    ['OPSROOM_FUNCTIONS_URL', 'ftp://127.0.0.1'],
    ['SUPABASE_API_URL', 'nonsense'],
  ])('refuses %s=%s: a token travels over TLS', async (name, value) => {
    await expect(openPlatform(environment, { SUPABASE_ACCESS_TOKEN, [name]: value })).rejects.toMatchObject({
      name: 'ConfigurationError',
      message: `${name} is no address beginning with https://.`,
    });
  });

  it('refuses a token that can be none, without repeating it', async () => {
    const wrong = openPlatform(environment, { SUPABASE_ACCESS_TOKEN: 'hunter2-hunter2' });
    await expect(wrong).rejects.toMatchObject({ name: 'ConfigurationError' });
    await expect(wrong).rejects.not.toMatchObject({ message: expect.stringContaining('hunter2') });
  });
});
