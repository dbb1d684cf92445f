import { describe, expect, it } from 'vitest';
import { holdsSecret, redactCommand, redactSecrets } from '../../../actions/_shared/reconcile/redact.ts';

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.c2lnbmF0dXJl';

describe('text of others', () => {
  it.each([
    [`select net.http_post(headers := '{"Authorization": "Bearer ${JWT}"}')`, JWT],
    ["'Bearer some-opaque-token-123'", 'some-opaque-token-123'],
    ["jsonb_build_object('apikey', 'sb_secret_0123456789abcdef')", 'sb_secret_0123456789abcdef'],
    ["jsonb_build_object('x-job-token', 'hunter2hunter2')", 'hunter2hunter2'],
    [`'{"x-webhook-secret": "hunter2hunter2"}'`, 'hunter2hunter2'],
    ['postgres://admin:hunter2hunter2@db.example.com/x', 'hunter2hunter2'],
    ['ghp_0123456789abcdefghijklmnopqrstuvwxyz', 'ghp_0123456789'],
    ['-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----', 'abc'],
  ])('has its secrets cut out: %#', (text, secret) => {
    expect(redactSecrets(text)).not.toContain(secret);
    expect(redactSecrets(text)).toContain('[redacted]');
    expect(holdsSecret(text)).toBe(true);
    expect(redactSecrets(redactSecrets(text))).toBe(redactSecrets(text));
  });

  it.each([
    "select ops.fire('sync_game_platform_stats')",
    "'Bearer ' || (select decrypted_secret from vault.decrypted_secrets where name = 'service_role_key')",
    "jsonb_build_object('Content-Type', 'application/json')",
    'https://example.com/functions/v1/sync?mode=full',
  ])('stays as it is without any: %s', (text) => {
    expect(redactSecrets(text)).toBe(text);
  });
});

describe('a command of any make', () => {
  const length = 100_000;
  it.each([
    'a',
    'a.',
    'http://',
    "'token',",
    "hmac('a'",
    '"token": "',
    'token := $',
    "password '",
    '&key',
    'token: ',
    '-----BEGIN A PRIVATE KEY-----',
    "'a' || ",
  ])('is read in no time: %s again and again', (part) => {
    const started = performance.now();
    redactCommand(part.repeat(length / part.length));
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('of ours shows its name, whatever that looks like', () => {
    const command = "select ops.fire('sync_a1b2c3d4e5f6a7b8')";
    expect(redactCommand(command)).toBe(command);
    expect(redactCommand(`set local statement_timeout = 5000; ${command}`)).toBe(
      `set local statement_timeout = 5000; ${command}`,
    );
    expect(redactCommand("select other('a1b2c3d4e5f6a7b8')")).toBe("select other('[redacted]')");
  });
});
