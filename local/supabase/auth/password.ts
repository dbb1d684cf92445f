/** Passwords of local users: scrypt, with parameters and salt kept beside the result. */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

const cost = { N: 16_384, r: 8, p: 1 };
const bytes = 32;

/** What is stored of a password. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const derived = await derive(password, salt);
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64'), derived.toString('base64')].join('$');
}

/** True when `password` is the one that was stored; takes as long when nothing is stored. */
export async function checkPassword(password: string, stored: string | null): Promise<boolean> {
  const [scheme, , , , salt = '', expected = ''] = (stored ?? '').split('$');
  const derived = await derive(password, Buffer.from(salt, 'base64'));
  const wanted = Buffer.from(expected, 'base64');
  return scheme === 'scrypt' && wanted.length === bytes && timingSafeEqual(derived, wanted);
}

function derive(password: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, bytes, cost, (error, key) => (error === null ? resolve(key) : reject(error)));
  });
}
