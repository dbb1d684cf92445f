import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@supabase/supabase-js';
import { afterAll, expect, it } from 'vitest';
import { mintUserToken } from '../../../local/supabase/keys.ts';
import { startGateway } from '../../../local/supabase/start.ts';
import { createTestDatabase } from '../../support/database.ts';

const database = await createTestDatabase(import.meta.url);
const stateFolder = mkdtempSync(join(tmpdir(), 'opsroom-gateway-'));
const log: string[] = [];
// Without a socket the superuser logs in and becomes the roles, as with a database of one's own.
const gateway = await startGateway({
  superuserUrl: database.superuserUrl,
  database: database.name,
  stateFolder,
  log: (line) => log.push(line),
});
afterAll(async () => {
  await gateway.stop();
  await database.drop();
  rmSync(stateFolder, { recursive: true, force: true });
});

const options = { db: { schema: 'ops' }, auth: { persistSession: false, autoRefreshToken: false } };

it('our own schema is served to the service role and closed to everybody else', async () => {
  const service = createClient(gateway.url, gateway.keys.secret, options);
  const raised = await service.rpc('raise_alert', {
    p_kind: 'gateway',
    p_dedupe_key: 'gateway:test',
    p_severity: 'warning',
    p_title: 'By the Data API',
    p_message: 'x',
    p_details: { left: 3 },
  });
  expect(raised).toMatchObject({ status: 200, data: expect.any(Number) });
  const alerts = await service
    .from('alerts')
    .select('id,severity,left:details->left')
    .eq('dedupe_key', 'gateway:test');
  expect(alerts.data).toEqual([{ id: raised.data, severity: 'warning', left: 3 }]);
  const anon = createClient(gateway.url, gateway.keys.publishable, options);
  expect(await anon.from('alerts').select()).toMatchObject({ status: 401, error: { code: '42501' } });
  expect(await anon.rpc('resolve_alert', { p_dedupe_key: 'gateway:test' })).toMatchObject({ status: 401 });
  expect(log).toEqual([]);
});

it('a superuser who became a role cannot be told to become another', async () => {
  const response = await fetch(`${gateway.url}/rest/v1/alerts`, {
    headers: {
      apikey: gateway.keys.publishable,
      authorization: `Bearer ${await mintUserToken(gateway.keys, { role: 'supabase_admin' })}`,
      'accept-profile': 'ops',
    },
  });
  expect([response.status, await response.json()]).toMatchObject([403, { code: '42501' }]);
});
