/** Signed URLs: a token that names one path for a time. */
import { errors, jwtVerify, SignJWT } from 'jose';
import * as z from 'zod';
import type { ProjectKeys } from '../keys.ts';
import { StorageProblem } from './storage-error.ts';

const Signed = z.object({
  url: z.string(),
  /** Of an upload: whose object it becomes, and whether it may replace one. */
  owner: z.string().nullish(),
  upsert: z.boolean().optional(),
});
/** What a token says. */
export type Signed = z.infer<typeof Signed>;

/** Signs for `seconds`. */
export function sign(keys: ProjectKeys, signed: Signed, seconds: number): Promise<string> {
  return new SignJWT({ ...signed })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuedAt()
    .setExpirationTime(Math.floor(Date.now() / 1_000) + seconds)
    .sign(secretOf(keys));
}

/** Reads a token for `path`. @throws StorageProblem InvalidJWT, InvalidSignature */
export async function verifySigned(keys: ProjectKeys, token: string | null, path: string): Promise<Signed> {
  if (token === null || token === '')
    throw new StorageProblem(400, 'InvalidJWT', "querystring must have required property 'token'");
  let signed: Signed;
  try {
    const { payload } = await jwtVerify(token, secretOf(keys), { algorithms: ['HS256'] });
    signed = Signed.parse(payload);
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof z.ZodError) {
      throw new StorageProblem(
        400,
        'InvalidJWT',
        error instanceof z.ZodError ? 'Invalid token' : error.message,
      );
    }
    throw error;
  }
  if (signed.url !== path) {
    throw new StorageProblem(400, 'InvalidSignature', 'The url do not match the signature');
  }
  return signed;
}

/** Apart from the users' tokens: an access token must not open a file, nor the other way round. */
function secretOf(keys: ProjectKeys): Uint8Array {
  return new TextEncoder().encode(`storage ${keys.jwtSecret}`);
}
