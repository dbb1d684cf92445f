/** An issuer of tokens such as GitHub's, whose keys a test holds. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import * as z from 'zod';

export interface Issuer {
  readonly url: string;
  /** What a run of acme/app would get, with what a test changes. */
  readonly token: (
    changes?: JWTPayload,
    other?: { readonly alg?: string; readonly without?: string },
  ) => Promise<string>;
  /** How often the keys were asked for. */
  readonly fetches: () => number;
  /** Answer 503 from now on, or no longer. */
  readonly breakDown: (broken: boolean) => void;
  readonly close: () => Promise<void>;
}

/** Claims of GitHub's documents, with the ids of the fixture's repository. */
export const runClaims = {
  sub: 'repo:acme@1/app@2:ref:refs/heads/main',
  repository: 'acme/app',
  repository_id: '74',
  repository_owner_id: '65',
  run_id: '4711',
  run_attempt: '1',
  ref: 'refs/heads/main',
  sha: 'a'.repeat(40),
  event_name: 'push',
  workflow_ref: 'acme/app/.github/workflows/build.yml@refs/heads/main',
  job_workflow_ref: 'acme/app/.github/workflows/build.yml@refs/heads/main',
} as const;

export async function startIssuer(): Promise<Issuer> {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }] };
  let fetches = 0;
  let broken = false;
  const server = createServer((request, response) => {
    fetches += 1;
    const found = request.url === '/.well-known/jwks' && !broken;
    response.writeHead(found ? 200 : broken ? 503 : 404, { 'content-type': 'application/json' });
    response.end(found ? JSON.stringify(keys) : '{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${z.object({ port: z.number() }).parse(server.address()).port}`;
  return {
    url,
    token: async (changes = {}, { alg = 'RS256', without } = {}) => {
      const now = Math.floor(Date.now() / 1000);
      const payload: JWTPayload = {
        iss: url,
        aud: 'opsroom',
        iat: now,
        nbf: now - 5,
        exp: now + 300,
        jti: randomUUID(),
        ...runClaims,
        ...changes,
      };
      if (without !== undefined) delete payload[without];
      const key = alg.startsWith('HS') ? new TextEncoder().encode('x'.repeat(64)) : privateKey;
      return new SignJWT(payload).setProtectedHeader({ alg, kid: 'one' }).sign(key);
    },
    fetches: () => fetches,
    breakDown: (value) => {
      broken = value;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
