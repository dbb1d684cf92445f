import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, connect as dial } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createSecureContext, TLSSocket } from 'node:tls';

/** True where certificates can be made. */
export function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export interface TlsFront {
  readonly url: string;
  /** PEM file of the certificate, which is its own authority. */
  readonly certificate: string;
  readonly stop: () => Promise<void>;
}

/**
 * Puts TLS in front of a plain Postgres, as its protocol has it: the client asks, we say S, then both speak TLS. The
 * self-signed certificate names `localhost` only.
 */
export async function startTlsFront(target: URL): Promise<TlsFront> {
  const folder = mkdtempSync(path.join(tmpdir(), 'opsroom-tls-'));
  const [key, certificate] = [path.join(folder, 'key.pem'), path.join(folder, 'certificate.pem')];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=localhost',
      '-addext',
      'subjectAltName=DNS:localhost',
      '-keyout',
      key,
      '-out',
      certificate,
    ],
    { stdio: 'ignore' },
  );
  const secureContext = createSecureContext({ key: readFileSync(key), cert: readFileSync(certificate) });
  const server = createServer((client) => {
    client.on('error', () => client.destroy());
    client.once('data', () => {
      // The first eight bytes ask for TLS; there is nothing else a client of ours would send.
      client.write('S');
      const secure = new TLSSocket(client, { isServer: true, secureContext });
      const upstream = dial(Number(target.port), target.hostname);
      secure.on('error', () => upstream.destroy());
      upstream.on('error', () => secure.destroy());
      secure.pipe(upstream);
      upstream.pipe(secure);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const url = new URL(target.href);
  url.hostname = 'localhost';
  url.port = String(address.port);
  return {
    url: url.href,
    certificate,
    stop: async () => {
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
