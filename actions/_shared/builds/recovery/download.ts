import type { GitHubClient } from '../../github/client.ts';
import { failureStatus } from '../../github/request-failure.ts';

/** What was behind a signed address, as far as it was wanted. */
export interface Download {
  readonly bytes: Buffer;
  /** There was more. */
  readonly isCut: boolean;
}

const ANSWER_MS = 60_000;

/** Files of GitHub's that the API answers with an address for. */
type FileRoute =
  | {
      readonly route: 'GET /repos/{owner}/{repo}/actions/jobs/{job_id}/logs';
      readonly parameters: { readonly job_id: number };
    }
  | {
      readonly route: 'GET /repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}';
      readonly parameters: { readonly artifact_id: number; readonly archive_format: 'zip' };
    };

/**
 * Fetch a log or an artifact: GitHub answers with an address that is good for a minute and needs no token, so none is sent there.
 *
 * @param mostBytes what comes after them is not read
 * @returns null when GitHub has it no longer, or not yet (404, 410)
 * @throws whatever the client throws for another refusal, Error when the address can't be used
 */
export async function downloadFile(
  { octokit, owner, repo }: GitHubClient,
  { route, parameters }: FileRoute,
  mostBytes: number,
): Promise<Download | null> {
  try {
    const { headers } = await octokit.request(route, {
      owner,
      repo,
      ...parameters,
      request: { redirect: 'manual' },
    });
    return await readBounded(addressOf(headers.location), mostBytes);
  } catch (error) {
    const status = failureStatus(error);
    if (status === 404 || status === 410) return null;
    throw error;
  }
}

/** Where the file is; never over an open wire, except on this machine. */
function addressOf(location: string | undefined): URL {
  const address = URL.canParse(location ?? '') ? new URL(location ?? '') : undefined;
  const isSafe =
    address?.protocol === 'https:' || /^(?:127\.0\.0\.1|localhost|\[::1\])$/.test(address?.hostname ?? '');
  if (address === undefined || !isSafe) throw new Error('GitHub answered without an address for the file');
  return address;
}

async function readBounded(address: URL, mostBytes: number): Promise<Download> {
  const response = await fetch(address, { signal: AbortSignal.timeout(ANSWER_MS) });
  // The address is a secret for its minute: it stays out of the words.
  if (!response.ok || response.body === null)
    throw new Error(`the file could not be fetched (HTTP ${response.status})`);
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body) {
    parts.push(part);
    size += part.length;
    if (size > mostBytes) break;
  }
  const bytes = Buffer.concat(parts);
  return { bytes: bytes.subarray(0, mostBytes), isCut: size > mostBytes };
}
