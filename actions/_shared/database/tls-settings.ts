import { readFileSync } from 'node:fs';
import { type ConnectionOptions, getCACertificates, rootCertificates } from 'node:tls';
import { ConfigurationError } from '../io/errors.ts';
import type { ConnectionTarget } from './connection-target.ts';
import { SUPABASE_ROOT_CA } from './supabase-root-ca.ts';

/** What the driver takes: no TLS, TLS if offered, or options for Node's TLS. */
export type TlsSettings = false | 'prefer' | ConnectionOptions;

/**
 * TLS as libpq understands `sslmode` and `sslrootcert`: verified with host name unless the target says otherwise.
 * Like libpq, `require` together with a root certificate verifies the chain.
 *
 * @throws ConfigurationError when the root certificate file can't be read
 */
export function tlsSettings(target: ConnectionTarget): TlsSettings {
  const { sslMode } = target;
  switch (sslMode) {
    case 'disable':
      return false;
    case 'prefer':
      return 'prefer';
    case 'require':
      return target.sslRootCert === undefined
        ? { rejectUnauthorized: false }
        : { ca: trusted(target), checkServerIdentity: () => undefined };
    case 'verify-ca':
      return { ca: trusted(target), checkServerIdentity: () => undefined };
    case 'verify-full':
      // The driver leaves out the server name for IP addresses; Node then checks the certificate against `host`.
      return { ca: trusted(target), host: target.host };
  }
}

function trusted(target: ConnectionTarget): string[] {
  const { sslRootCert } = target;
  if (sslRootCert === 'system') return [...getCACertificates('system')];
  if (sslRootCert !== undefined) return [readCertificate(sslRootCert)];
  return isSupabase(target.host) ? [...rootCertificates, SUPABASE_ROOT_CA] : [...rootCertificates];
}

function isSupabase(host: string): boolean {
  return /\.supabase\.(co|com)$/.test(host);
}

function readCertificate(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigurationError(`sslrootcert: the file ${path} can't be read`, {
      hint: 'Give the path of the PEM file of the authority that signed the server certificate',
      cause: error,
    });
  }
}
