/** Proving a password to the server: SCRAM-SHA-256 (RFC 5802, 7677) and the older MD5 form. */
import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(pbkdf2);

/** One SCRAM conversation. */
export interface Scram {
  readonly first: string;
  /** Answers the server's challenge. @throws Error when the challenge is not for us. */
  readonly answer: (challenge: string) => Promise<string>;
}

/** Starts a conversation. */
export function startScram(password: string, nonce = randomBytes(18).toString('base64')): Scram {
  const bare = `n=*,r=${nonce}`;
  return {
    first: `n,,${bare}`,
    answer: async (challenge) => {
      const parts = new Map(challenge.split(',').map((part) => [part.slice(0, 1), part.slice(2)]));
      const full = parts.get('r') ?? '';
      if (!full.startsWith(nonce)) throw new Error('The server answered somebody else in SCRAM');
      const salt = Buffer.from(parts.get('s') ?? '', 'base64');
      const salted = await derive(password, salt, Number(parts.get('i')), 32, 'sha256');
      const clientKey = hmac(salted, 'Client Key');
      const final = `c=biws,r=${full}`;
      const signature = hmac(
        createHash('sha256').update(clientKey).digest(),
        `${bare},${challenge},${final}`,
      );
      const proof = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0)));
      return `${final},p=${proof.toString('base64')}`;
    },
  };
}

/** What the server wants for `md5` authentication. */
export function md5Password(user: string, password: string, salt: Buffer): string {
  const inner = createHash('md5').update(`${password}${user}`).digest('hex');
  return `md5${createHash('md5').update(inner).update(salt).digest('hex')}`;
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
