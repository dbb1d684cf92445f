import { ManagementError } from '../api-error.ts';
import type { HandledRequest, Handlers } from '../handler.ts';

type SigningKeyOperation = 'v1-get-project-signing-keys' | 'v1-get-project-signing-key';

/** What signs user tokens, as far as it may be seen; the local project's keys are not rotated. */
export const signingKeys: Pick<Handlers, SigningKeyOperation> = {
  'v1-get-project-signing-keys': (request) => ({ body: { keys: keysOf(request) } }),
  'v1-get-project-signing-key': (request) => {
    const key = keysOf(request).find(({ id }) => id === request.item);
    if (key === undefined) throw new ManagementError(404, 'Signing key not found');
    return { body: key };
  },
};

function keysOf({ apiKeys, project }: HandledRequest) {
  return (apiKeys?.jwks?.keys ?? []).map((jwk) => ({
    id: jwk.kid ?? '',
    algorithm: jwk.alg ?? 'ES256',
    status: 'in_use',
    public_jwk: jwk,
    created_at: project.createdAt,
    updated_at: project.createdAt,
  }));
}
