import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ArtifactFrame, CallFrame } from '../_shared/builds/recorder/frame.ts';
import { runRecorded } from '../_shared/builds/recorder/run-recorded.ts';
import {
  hasSession,
  readSession,
  type SessionFolder,
  writeSession,
} from '../_shared/builds/recorder/session.ts';
import { writeCall } from '../_shared/builds/recorder/spool-calls.ts';
import { artifactService, uploadArtifact } from '../_shared/builds/recorder/upload-artifact.ts';
import { ConfigurationError } from '../_shared/io/errors.ts';
import type { Environment } from '../_shared/io/inputs.ts';
import type { RecordBuildInputs } from './inputs.ts';
import { type NamedArtifact, readArtifacts, readMetrics } from './read-lists.ts';

const MOST_BYTES = 100 * 1024 * 1024;

/**
 * What one use of the action has to add: commands to run, artifacts, metrics, how the build will end.
 *
 * @returns the exit code of the commands
 */
export async function addToBuild(request: {
  readonly inputs: RecordBuildInputs;
  readonly paths: SessionFolder;
  /** For the commands. */
  readonly environment: Readonly<Record<string, string>>;
  readonly actionEnvironment: Environment;
}): Promise<number> {
  const { inputs, paths } = request;
  const artifacts = readArtifacts(inputs.artifacts);
  const samples = readMetrics(inputs.metrics);
  const code = inputs.run === undefined ? 0 : await runCommands(inputs.run, request);
  if (!hasSession(paths)) return code;
  for (const artifact of artifacts) writeCall(paths, await describe(artifact, request.actionEnvironment));
  if (samples.length > 0) writeCall(paths, { op: 'metrics', key: randomUUID(), samples });
  noteDeployment(inputs.deployment, paths);
  writeSession(paths, {
    ...readSession(paths),
    ...(inputs.environmentUrl === undefined ? {} : { environmentUrl: inputs.environmentUrl }),
    ...(inputs.result === undefined ? {} : { result: inputs.result }),
    ...(inputs.warnings ? { warnings: true } : {}),
  });
  return code;
}

/** The job begins to deploy; the post step says how that went. */
function noteDeployment(environment: string | undefined, paths: SessionFolder): void {
  const session = readSession(paths);
  if (environment === undefined || environment === session.deployment) return;
  writeCall(paths, { op: 'deployment', environment, state: 'in_progress' });
  writeSession(paths, { ...session, deployment: environment });
}

async function runCommands(
  commands: string,
  { inputs, paths, environment }: Parameters<typeof addToBuild>[0],
): Promise<number> {
  const folder = mkdtempSync(path.join(tmpdir(), 'opsroom-run-'));
  try {
    const script = path.join(folder, 'run.sh');
    writeFileSync(script, `${commands}\n`, { mode: 0o600 });
    const [shell = 'bash', ...options] = shellOf(inputs.shell);
    return await runRecorded({
      paths,
      step: inputs.step ?? commands.split('\n', 1)[0]?.slice(0, 200) ?? null,
      environment,
      command: shell,
      args: [...options, script],
      cwd: path.resolve(environment.GITHUB_WORKSPACE ?? process.cwd(), inputs.workingDirectory),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What GitHub makes of these names in `shell:`; others are taken as they are. */
function shellOf(name: string): readonly string[] {
  if (name === 'bash') return ['bash', '--noprofile', '--norc', '-eo', 'pipefail'];
  if (name === 'sh') return ['sh', '-e'];
  return name.split(/\s+/);
}

async function describe(artifact: NamedArtifact, environment: Environment): Promise<CallFrame> {
  if ('url' in artifact) return { op: 'artifact', kind: 'link', ...artifact };
  const file = path.resolve(environment.GITHUB_WORKSPACE ?? process.cwd(), artifact.file);
  const content = readArtifactFile(file, artifact.name);
  const known: ArtifactFrame = { op: 'artifact', kind: 'file', name: artifact.name };
  const service = artifactService(environment);
  if (service === undefined) return { ...known, size_bytes: content.length };
  const safeName = artifact.name.replaceAll(/["':<>|*?\r\n\\/]/g, '-');
  const { id, size, sha256 } = await uploadArtifact(service, {
    artifact: safeName,
    name: path.basename(file),
    content,
    at: statSync(file).mtime,
  });
  const run = `${environment.GITHUB_SERVER_URL}/${environment.GITHUB_REPOSITORY}/actions/runs/${environment.GITHUB_RUN_ID}`;
  return { ...known, url: `${run}/artifacts/${id}`, size_bytes: size, sha256 };
}

function readArtifactFile(file: string, name: string): Buffer {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isFile())
    throw new ConfigurationError(`input artifacts: ${name} is no file: ${file}`);
  if (stat.size > MOST_BYTES) throw new ConfigurationError(`input artifacts: ${name} has more than 100 MiB`);
  return readFileSync(file);
}
