/**
 * The keys of the local project: made once, kept in the state folder (mode 0600). The same four kinds a hosted project
 * has: API keys (`sb_publishable_`, `sb_secret_`), the legacy anon and service_role JWTs, the legacy HS256 secret, and an ES256
 * signing key whose public half is the JWKS.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, importJWK, type JSONWebKeySet, type JWK, SignJWT } from 'jose';
import * as z from 'zod';

const SigningKey = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  d: z.string(),
  kid: z.string(),
  alg: z.literal('ES256'),
});

const Kept = z.object({
  jwtSecret: z.string().min(32),
  signingKey: SigningKey,
  publishable: z.string().startsWith('sb_publishable_'),
  secret: z.string().startsWith('sb_secret_'),
  anonJwt: z.string(),
  serviceRoleJwt: z.string(),
});

/** The keys. `jwtSecret`, `signingKey`, `secret` and `serviceRoleJwt` are secrets. */
export interface ProjectKeys extends z.infer<typeof Kept> {
  /** What /auth/v1/.well-known/jwks.json serves. */
  readonly jwks: JSONWebKeySet;
}

/** Who a user token speaks for. */
export interface UserTokenClaims {
  /** The user's id; a random one when not given. */
  readonly sub?: string;
  readonly email?: string;
  readonly role?: string;
  /** Seconds until it expires, negative for one that has. Default one hour. */
  readonly expiresIn?: number;
  /** Further claims, for example `app_metadata`. */
  readonly [claim: string]: unknown;
}

/** Reads the keys of `folder`, or makes them. @throws ZodError when the file was edited into something else. */
export async function projectKeys(folder: string): Promise<ProjectKeys> {
  const path = join(folder, 'project-keys.json');
  const kept = existsSync(path) ? Kept.parse(JSON.parse(readFileSync(path, 'utf8'))) : await makeKeys(path);
  const { d: _, ...publicKey } = kept.signingKey;
  return { ...kept, jwks: { keys: [{ ...publicKey, use: 'sig', key_ops: ['verify'] }] } };
}

/** A token as the auth server issues it: ES256 with the project's signing key, or HS256 with the legacy secret. */
export async function mintUserToken(
  keys: ProjectKeys,
  claims: UserTokenClaims = {},
  algorithm: 'ES256' | 'HS256' = 'ES256',
): Promise<string> {
  const { expiresIn = 3_600, ...given } = claims;
  const now = Math.floor(Date.now() / 1_000);
  const payload = {
    aud: 'authenticated',
    role: 'authenticated',
    sub: randomUUID(),
    is_anonymous: false,
    ...given,
    iat: Math.min(now, now + expiresIn),
    exp: now + expiresIn,
  };
  return algorithm === 'ES256' ? signEs256(keys.signingKey, payload) : signHs256(keys.jwtSecret, payload);
}

async function makeKeys(path: string): Promise<z.infer<typeof Kept>> {
  const jwtSecret = randomBytes(32).toString('hex');
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const signingKey = SigningKey.parse({ ...(await exportJWK(privateKey)), kid: randomUUID(), alg: 'ES256' });
  const keys: z.infer<typeof Kept> = {
    jwtSecret,
    signingKey,
    publishable: `sb_publishable_${word()}`,
    secret: `sb_secret_${word()}`,
    anonJwt: await legacyKey(jwtSecret, 'anon'),
    serviceRoleJwt: await legacyKey(jwtSecret, 'service_role'),
  };
  mkdirSync(join(path, '..'), { recursive: true });
  const draft = `${path}.${process.pid}.tmp`;
  writeFileSync(draft, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, path);
  return keys;
}

function word(): string {
  return randomBytes(24).toString('base64url').replaceAll(/[-_]/g, 'x');
}

/** Ten years, as hosted's. */
async function legacyKey(secret: string, role: string): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  return signHs256(secret, { iss: 'supabase', ref: 'local', role, iat: now, exp: now + 315_360_000 });
}

function signHs256(secret: string, payload: Record<string, unknown>): Promise<string> {
  return new SignJWT(payload)
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .sign(new TextEncoder().encode(secret));
}

async function signEs256(key: JWK, payload: Record<string, unknown>): Promise<string> {
  return new SignJWT(payload)
    .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid: key.kid ?? '' })
    .sign(await importJWK(key, 'ES256'));
}
