/** A fixed URL that belongs to another project: the mark of a copied job. */
import type { AllObjects, FileFinding } from '../check-across.ts';

/** An error for each job that, where it runs, calls the Supabase project of somebody else. */
export function checkHosts({ environments, jobs }: AllObjects): readonly FileFinding[] {
  if (!environments.complete) return [];
  const findings: FileFinding[] = [];
  for (const { spec, file } of jobs.specs) {
    const { call } = spec.definition;
    if (call.kind !== 'http' || call.url === undefined) continue;
    const host = URL.canParse(call.url) ? new URL(call.url).hostname : '';
    const ref = /^([a-z0-9-]+)\.(?:functions\.)?supabase\.(?:co|in|red)\.?$/.exec(host)?.[1];
    if (ref === undefined) continue;
    const foreign = environments.specs.find(({ spec: environment }) => {
      const awake =
        spec.overrides[environment.name]?.active ?? (spec.active !== false && environment.jobsAwake);
      return awake && environment.projectRef !== ref;
    })?.spec;
    const unknown = environments.specs.every(({ spec: environment }) => environment.projectRef !== ref);
    if (foreign === undefined && !unknown) continue;
    const own = foreign?.projectRef;
    const message =
      foreign === undefined
        ? `this URL belongs to the project \`${ref}\`, which is none of our environments`
        : `in ${foreign.name} this job would call the project \`${ref}\`${own === undefined ? '' : `, and ours is \`${own}\``}`;
    const hint =
      'Write `function: SLUG`, or `url_secret: project_url` with `path:`, so that each environment calls its own project.';
    findings.push({
      file,
      finding: {
        severity: 'error',
        code: 'foreign-host',
        message,
        hint,
        at: { path: ['call', 'http', 'url'] },
      },
    });
  }
  return findings;
}
