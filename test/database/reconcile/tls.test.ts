import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../../actions/_shared/database/connect.ts';
import {
  connectionPlace,
  explainConnectionError,
} from '../../../actions/_shared/database/connection-errors.ts';
import { bareDatabase, type TestDatabase } from '../../support/database.ts';
import { hasOpenssl, startTlsFront, type TlsFront } from './tls-front.ts';

const ready = hasOpenssl();

describe.skipIf(!ready)(`a connection over TLS${ready ? '' : ' (openssl is not installed)'}`, () => {
  let database: TestDatabase;
  let front: TlsFront;
  beforeAll(async () => {
    database = await bareDatabase(import.meta.url);
    front = await startTlsFront(new URL(database.url));
  });
  afterAll(async () => {
    await front.stop();
    await database.drop();
  });

  /** `ok`, or what a person would be told. */
  async function attempt(parameters: Record<string, string>, host = 'localhost'): Promise<string> {
    const url = new URL(front.url);
    url.hostname = host;
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    const sql = connect({ url: url.href, applicationName: 'opsroom', max: 1 });
    try {
      await sql`select 1`;
      return 'ok';
    } catch (error) {
      return explainConnectionError(error, connectionPlace(sql))?.message ?? String(error);
    } finally {
      await sql.end({ timeout: 1 });
    }
  }

  it('refuses a certificate nobody we trust has signed', async () => {
    expect(await attempt({ sslmode: 'verify-full' })).toMatch(/certificate of the database is not trusted/);
    expect(await attempt({ sslmode: 'verify-ca' })).toMatch(/certificate of the database is not trusted/);
  });

  it('accepts it with sslrootcert', async () => {
    const sslrootcert = front.certificate;
    expect(await attempt({ sslmode: 'verify-full', sslrootcert })).toBe('ok');
    expect(await attempt({ sslmode: 'verify-ca', sslrootcert })).toBe('ok');
    expect(await attempt({ sslmode: 'require', sslrootcert })).toBe('ok');
  });

  it('checks the host name with verify-full, and not with verify-ca', async () => {
    const sslrootcert = front.certificate;
    expect(await attempt({ sslmode: 'verify-full', sslrootcert }, '127.0.0.1')).toMatch(
      /for another host name/,
    );
    expect(await attempt({ sslmode: 'verify-ca', sslrootcert }, '127.0.0.1')).toBe('ok');
  });

  it('encrypts without verifying only when that is said', async () => {
    expect(await attempt({ sslmode: 'require' })).toBe('ok');
  });

  it('says so when the server does not speak TLS', async () => {
    const port = new URL(database.url).port;
    const plain = new URL(database.url);
    plain.port = port;
    plain.searchParams.set('sslmode', 'require');
    const sql = connect({ url: plain.href, applicationName: 'opsroom', max: 1 });
    const error = await sql`select 1`.catch((thrown: unknown) => thrown);
    expect(explainConnectionError(error, connectionPlace(sql))?.message).toMatch(/does not speak TLS/);
    await sql.end({ timeout: 1 });
  });
});
