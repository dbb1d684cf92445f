import type { DesiredFunction } from '../../declare/model.ts';
import { deployFunction } from '../../supabase/functions-api.ts';
import { type CanaryVerdict, callWithoutCredentials } from './canary.ts';
import { deployedNote, deployingNote, type FunctionNote, noteDigest } from './function-note.ts';
import type { PlatformRun } from './platform-run.ts';
import { NotProven } from './step-failure.ts';

/**
 * Deploy one function and prove that it refuses strangers. The ledger learns of the attempt before it begins and of its end right
 * after: killed in between, the next apply knows that what it finds may be ours, and deploys again.
 *
 * @throws NotProven when it is there and did not refuse
 */
export async function deployAndProve(
  run: PlatformRun,
  wanted: DesiredFunction,
  before: FunctionNote | null,
): Promise<void> {
  const { platform } = run;
  const write = (note: FunctionNote): Promise<void> =>
    run.remember('function', {
      name: wanted.slug,
      digest: noteDigest(note, wanted.digest),
      applied: JSON.stringify(note),
      sourcePath: wanted.location.file,
    });
  const files = wanted.readFiles();
  await write(deployingNote(wanted, before));
  const deployed = await deployFunction(platform.client, {
    slug: wanted.slug,
    entrypoint: wanted.entry,
    importMap: wanted.importMap,
    staticPatterns: wanted.staticPatterns,
    verifyJwt: wanted.verifyJwt,
    files,
  });
  const verdict = await callWithoutCredentials(platform, wanted.slug);
  await write(deployedNote(wanted, deployed, verdict.kind === 'refused' ? 'deployed' : 'unproven'));
  if (verdict.kind !== 'refused') throw new NotProven(notProven(verdict, wanted));
}

function notProven(
  verdict: Exclude<CanaryVerdict, { kind: 'refused' }>,
  { slug, verifyJwt }: DesiredFunction,
): string {
  switch (verdict.kind) {
    case 'answered': {
      const open =
        verdict.status < 300 ? 'anybody on the internet can call it' : 'strangers are not turned away first';
      const remedy = verifyJwt
        ? 'Check the credentials before anything else'
        : 'Check the credentials before anything else, or set verify_jwt: true';
      return `deployed, but a call without credentials was answered ${verdict.status} instead of 401: ${open}. ${remedy}`;
    }
    case 'unknown':
      return `deployed, but it could not be seen that ${slug} refuses a call without credentials: ${verdict.why}`;
  }
}
