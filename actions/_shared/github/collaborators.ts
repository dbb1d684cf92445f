import * as z from 'zod';
import type { GitHubClient } from './client.ts';
import { failureStatus } from './request-failure.ts';

const Permission = z.object({ permission: z.string(), role_name: z.string().optional() });

/**
 * The role somebody has in the repository: read, triage, write, maintain, admin or a custom one's base; `none` for everybody
 * else. https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user
 */
export async function readRole({ octokit, owner, repo }: GitHubClient, username: string): Promise<string> {
  try {
    const answer: unknown = (
      await octokit.rest.repos.getCollaboratorPermissionLevel({ owner, repo, username })
    ).data;
    const { permission, role_name: role } = Permission.parse(answer);
    return role !== undefined && ROLES.has(role) ? role : permission;
  } catch (error) {
    // No such user any more, or none who may see this repository.
    if (failureStatus(error) === 404) return 'none';
    throw error;
  }
}

const ROLES: ReadonlySet<string> = new Set(['read', 'triage', 'write', 'maintain', 'admin']);
