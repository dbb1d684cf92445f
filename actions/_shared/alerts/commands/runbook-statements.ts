import * as z from 'zod';
import type { Queryable } from '../../database/connect.ts';

const Template = z.object({ slug: z.string(), yaml: z.string() });

/** The runbooks there are. */
export async function listRunbooks(sql: Queryable): Promise<z.infer<typeof Template>[]> {
  const rows =
    await sql`select slug, template_yaml as yaml from ops.run_templates where kind = 'runbook' order by slug limit 1000`;
  return z.array(Template).parse([...rows]);
}

const StartedRun = z.array(z.object({ id: z.string(), approvalRequired: z.boolean() })).length(1);

/** Starts a run of a runbook. */
export async function startRun(
  tx: Queryable,
  run: {
    readonly runbook: string;
    readonly environment: string;
    readonly inputs: Readonly<Record<string, unknown>>;
    readonly actor: string;
  },
): Promise<{ readonly id: string; readonly approvalRequired: boolean }> {
  const rows = await tx`
    select r.id, r.approval_required as "approvalRequired"
    from ops.create_run(
      p_template => ${run.runbook}, p_env => ${run.environment}, p_inputs => ${JSON.stringify(run.inputs)}::text::jsonb,
      p_source => 'comment', p_actor => ${`github:${run.actor}`}
    ) r`;
  const [started] = StartedRun.parse([...rows]);
  if (started === undefined) throw new Error('ops.create_run told nothing');
  return started;
}
