/**
 * Everything the one bundle holds, each part loaded when it runs: a stub beside each action.yml calls one of these.
 */

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

/** The `opsroom` command line. */
export async function opsroom(): Promise<void> {
  const { runCli } = await import('./cli.ts');
  process.exitCode = await runCli(process.argv.slice(2));
}
