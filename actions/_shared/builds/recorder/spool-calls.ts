import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { ArtifactFrame, type CallFrame, DeploymentFrame, MetricsFrame, StatusFrame } from './frame.ts';
import type { SessionFolder } from './session.ts';

const Call = z.discriminatedUnion('op', [StatusFrame, ArtifactFrame, MetricsFrame, DeploymentFrame]);
const SUFFIX = '.call';

/** Something other than lines, on its way to the recorder: a file, whole or not there. */
export function writeCall(paths: SessionFolder, call: CallFrame): void {
  const name = `${String(Date.now()).padStart(15, '0')}-${process.pid}-${randomBytes(4).toString('hex')}`;
  const fresh = path.join(paths.folder, name);
  writeFileSync(fresh, JSON.stringify(Call.parse(call)), { mode: 0o600 });
  renameSync(fresh, path.join(paths.spool, `${name}${SUFFIX}`));
}

/**
 * Hand on every call that waits and remove it. Killed between the two, it is handed on again, which is safe.
 *
 * @param take puts it into the buffer
 */
export function takeCalls(paths: SessionFolder, take: (call: CallFrame) => void): void {
  for (const name of readdirSync(paths.spool)
    .filter((each) => each.endsWith(SUFFIX))
    .sort()) {
    const file = path.join(paths.spool, name);
    take(Call.parse(JSON.parse(readFileSync(file, 'utf8'))));
    rmSync(file, { force: true });
  }
}
