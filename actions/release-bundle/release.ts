/** The branch workflows of other repositories take their actions from: `uses: OWNER/REPO/actions/NAME@release/production`. */
export function releaseBranch(environment: string): string {
  return `release/${environment}`;
}

/** What is released, as the branch has it or shall have it. */
export interface Release {
  /** Commit of the sources. */
  readonly source: string;
  /** Tree with the actions and nothing else. */
  readonly tree: string;
}

/** The commit that releases a source; its message says which, for people and for {@link sourceOf}. */
export function releaseMessage(
  source: string,
  of: { readonly environment: string; readonly runUrl: string },
): string {
  return `Release ${source.slice(0, 7)} to ${of.environment}\n\nSource: ${source}\nRun: ${of.runUrl}\n`;
}

/** The source a release says it is of; null when it is no release of ours. */
export function sourceOf(message: string): string | null {
  return /^Source: ([0-9a-f]{40})$/m.exec(message)?.[1] ?? null;
}

/** Whether the branch holds this release already: nothing would be said by another commit. */
export function isReleased(
  now: { readonly message: string; readonly tree: string } | null,
  wanted: Release,
): boolean {
  return now !== null && now.tree === wanted.tree && sourceOf(now.message) === wanted.source;
}
