import { describe, expect, it } from 'vitest';
import { connect } from '../../../actions/_shared/database/connect.ts';
import { explainConnectionError } from '../../../actions/_shared/database/connection-errors.ts';
import { parseConnectionTarget } from '../../../actions/_shared/database/connection-target.ts';
import { tlsSettings } from '../../../actions/_shared/database/tls-settings.ts';

const HOSTED =
  'postgresql://postgres.abcdefghijklmnopqrst:s3cret-canary@aws-0-eu-central-1.pooler.supabase.com:6543/postgres';

describe('a connection string', () => {
  it.each([
    [HOSTED, 'verify-full'],
    ['postgres://u@db.example.com/x', 'verify-full'],
    ['postgres://u@127.0.0.1/x', 'disable'],
    ['postgres://u@localhost:5433/x', 'disable'],
    ['postgres://u@[::1]/x', 'disable'],
    ['postgres://u@localhost/x?sslmode=require', 'require'],
    ['postgres://u@db.example.com/x?sslmode=disable', 'disable'],
    ['postgres://u@localhost/x?sslmode=allow', 'prefer'],
  ])('%s is verified as %s', (url, mode) => {
    expect(parseConnectionTarget(url).sslMode).toBe(mode);
  });

  it('decodes names and password, and drops what other tools add', () => {
    const url =
      'postgresql://us%40er:p%23w%2Fd%25@db.example.com:6543/da%20ta?pgbouncer=true&connection_limit=1&connect_timeout=3';
    expect(parseConnectionTarget(url)).toEqual({
      host: 'db.example.com',
      port: 6543,
      database: 'da ta',
      user: 'us@er',
      password: 'p#w/d%',
      sslMode: 'verify-full',
      sslRootCert: undefined,
      options: undefined,
      connectTimeoutSeconds: 3,
    });
  });

  it.each([
    'postgresql://postgres:s3cret-canary#1@db.example.com:x/postgres',
    'mysql://root:s3cret-canary@localhost/x',
    's3cret-canary',
    'postgresql://u:s3cret-canary%@localhost/x',
    'postgresql://u:s3cret-canary@db.example.com/x?sslmode=prefer',
    'postgresql://u:s3cret-canary@db.example.com/x?sslmode=maybe',
    'postgresql://u:s3cret-canary@db.example.com/x?connect_timeout=soon',
    'postgresql://u:s3cret-canary@db.example.com/x?sslrootcert=/no/such/file',
  ])('that cannot be used is a configuration error without the password: %#', (url) => {
    const attempt = (): unknown => connect({ url, applicationName: 'test' });
    expect(attempt).toThrow(
      expect.objectContaining({ name: 'ConfigurationError', hint: expect.stringMatching(/./) }),
    );
    try {
      attempt();
    } catch (error) {
      expect(String(error) + JSON.stringify(error)).not.toContain('s3cret-canary');
    }
  });
});

describe('TLS', () => {
  it("trusts Supabase's own authority for its hosts only", () => {
    const ca = (url: string): unknown => {
      const settings = tlsSettings(parseConnectionTarget(url));
      return typeof settings === 'object'
        ? String(settings.ca).includes('MIIDxDCCAqygAwIBAgIUbLxMod62P2ktCiAkxnKJwtE9VPYw')
        : settings;
    };
    expect(ca(HOSTED)).toBe(true);
    expect(ca('postgres://u@db.abcdefghijklmnopqrst.supabase.co/postgres')).toBe(true);
    expect(ca('postgres://u@supabase.co.example.com/postgres')).toBe(false);
  });
});

describe('a failure to connect', () => {
  const place = {
    host: 'db.abcdefghijklmnopqrst.supabase.co',
    port: 5432,
    database: 'postgres',
    user: 'postgres',
  };
  it.each([
    ['ECONNREFUSED', 'x', /No database answers/, /port/],
    ['ENOTFOUND', 'x', /host name/, /IPv6/],
    ['ENETUNREACH', 'x', /network/, /pooler/],
    ['CONNECT_TIMEOUT', 'x', /in time/, /IPv6/],
    ['28P01', 'password authentication failed', /user or password/, /percent-encode/],
    ['XX000', 'Tenant or user not found', /does not know this project/, /postgres.PROJECT_REF/],
    ['3D000', 'database "x" does not exist', /no such database/, /connection string/],
    ['53300', 'too many clients', /no connection left/, /6543/],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'x', /not trusted/, /sslrootcert/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'x', /another host name/, /verify-ca/],
    ['CONNECTION_CLOSED', 'x', /lost/, /again/],
  ])('%s says what happened and what to do', (code, message, what, hint) => {
    const error = explainConnectionError(Object.assign(new Error(message), { code }), place);
    expect(error?.message).toMatch(what);
    expect(error?.message).toContain(place.host);
    expect(error?.hint).toMatch(hint);
  });

  it('is not what every error is', () => {
    expect(explainConnectionError(Object.assign(new Error('no'), { code: '42P01' }), place)).toBeUndefined();
    expect(explainConnectionError('odd', place)).toBeUndefined();
  });
});
