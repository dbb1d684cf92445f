/**
 * Everything the one bundle holds, each part loaded when it runs: a stub beside each action.yml calls one of these.
 */
import { keepCompiled } from './_shared/io/keep-compiled.ts';

/** The `plan` action. */
export async function plan(): Promise<void> {
  await (await import('./plan/main.ts')).run();
}

/** The `reconcile` action. */
export async function reconcile(): Promise<void> {
  await (await import('./reconcile/main.ts')).run();
}

/** The `drift` action. */
export async function drift(): Promise<void> {
  await (await import('./drift/main.ts')).run();
}

/** The `record-build` action. */
export async function recordBuild(): Promise<void> {
  await (await import('./record-build/main.ts')).run();
}

/** The post step of `record-build`. */
export async function recordBuildPost(): Promise<void> {
  await (await import('./record-build/post.ts')).run();
}

/** The `health-check` action. */
export async function healthCheck(): Promise<void> {
  await (await import('./health-check/main.ts')).run();
}

/** The `issue-command` action. */
export async function issueCommand(): Promise<void> {
  await (await import('./issue-command/main.ts')).run();
}

/** The `advisory-scan` action. */
export async function advisoryScan(): Promise<void> {
  await (await import('./advisory-scan/main.ts')).run();
}

/** The `dispatch-builds` action. */
export async function dispatchBuilds(): Promise<void> {
  await (await import('./dispatch-builds/main.ts')).run();
}

/** The `release-bundle` action. */
export async function releaseBundle(): Promise<void> {
  await (await import('./release-bundle/main.ts')).run();
}

/** The `opsroom` command line. `compiled` is a folder for code that is compiled already. */
export async function opsroom(compiled: string): Promise<void> {
  keepCompiled(compiled);
  const { runCli } = await import('./cli.ts');
  process.exitCode = await runCli(process.argv.slice(2));
}
