import type { GitHubClient } from '../../github/client.ts';
import { createSingleShotClient } from '../../github/single-shot-client.ts';

/** Clients for some repositories with one token; null for any other. They neither wait nor repeat: the outbox does that. */
export function openClients(
  repositories: readonly string[],
  { token, apiUrl }: { readonly token: string; readonly apiUrl: string },
): (repository: string) => GitHubClient | null {
  const clients = new Map(
    repositories.map((repository) => {
      const [owner = '', repo = ''] = repository.split('/');
      return [repository.toLowerCase(), createSingleShotClient({ token, apiUrl, owner, repo })] as const;
    }),
  );
  return (repository) => clients.get(repository.toLowerCase()) ?? null;
}
