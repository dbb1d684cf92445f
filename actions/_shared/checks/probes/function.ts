/** Edge Functions: is what we deployed what runs, and do calls of it succeed? */
import type { ProbeConfigs } from '../../declare/kinds/checks-model.ts';
import type { DesiredFunction } from '../../declare/model.ts';
import { type FunctionNote, isAsNoted, readFunctionNote } from '../../reconcile/platform/function-note.ts';
import { type DeployedFunction, listFunctions } from '../../supabase/functions-api.ts';
import { indexByName } from '../name-index.ts';
import { type FunctionState, probeFunctions } from '../statements.ts';
import { atLeast } from './judge-levels.ts';
import { CannotEvaluate, type Fault, looked, type Probe } from './probe.ts';
import { percent, words } from './words.ts';

type Config = ProbeConfigs['function'];
/** By how far back calls count. */
type Rows = ReadonlyMap<number, ReadonlyMap<string, FunctionState>>;
/** What the platform runs, or why nobody knows. */
type Answers = ReadonlyMap<string, DeployedFunction> | CannotEvaluate;

export const functionProbe: Probe<'function', Rows, Answers> = {
  kind: 'function',
  async read(tx, checks, { now }) {
    const rows = new Map<number, ReadonlyMap<string, FunctionState>>();
    for (const { config } of checks) {
      if (rows.has(config.windowMs)) continue;
      const states = await probeFunctions(tx, now, config.windowMs);
      rows.set(config.windowMs, new Map(states.map((state) => [state.slug, state])));
    }
    return rows;
  },
  async ask(checks, { platform }) {
    const wanted = checks.some(({ config }) => config.find.some((fault) => fault !== 'failing'));
    if (!wanted) return new Map();
    if (platform === undefined) {
      return new CannotEvaluate(
        'Nobody can ask the platform what it runs: the environment has no `project_ref`, or SUPABASE_ACCESS_TOKEN is not set.',
        'Set both, with a token that may read functions (docs/functions.md), or leave `missing` and `changed` out of this check.',
      );
    }
    try {
      const deployed = await listFunctions(platform.client);
      return new Map(deployed.map((each) => [each.slug, each]));
    } catch (error) {
      return new CannotEvaluate(
        `The platform did not say what it runs: ${error instanceof Error ? error.message : 'no reason given'}`,
        'Try again; https://status.supabase.com says whether Supabase knows of a problem.',
      );
    }
  },
  judge({ config }, { rows, answers }, { desired }) {
    const states = rows.get(config.windowMs) ?? new Map<string, FunctionState>();
    const wanted = indexByName(desired.functions, ({ slug }) => slug).select(config.functions);
    const faults = wanted.flatMap((wish) => [
      ...(answers instanceof CannotEvaluate
        ? []
        : deploymentFaults(wish, states.get(wish.slug), answers, config)),
      ...callFaults(wish.slug, states.get(wish.slug), config),
    ]);
    const isBlind = answers instanceof CannotEvaluate && wanted.length > 0;
    return looked(
      faults,
      isBlind ? [{ object: '', reason: answers.message, remediation: answers.remediation }] : [],
    );
  },
};

function deploymentFaults(
  { slug }: DesiredFunction,
  state: FunctionState | undefined,
  deployed: ReadonlyMap<string, DeployedFunction>,
  { find }: Config,
): readonly Fault[] {
  const live = deployed.get(slug);
  const note = readFunctionNote(
    state === undefined ? undefined : { kind: 'function', name: slug, digest: '', applied: state.applied },
  );
  if (live === undefined) {
    if (!find.includes('missing')) return [];
    return [
      {
        object: slug,
        name: 'function_missing',
        title: `Function ${slug} is not deployed`,
        detail: `${slug} is declared, and the platform does not have it${note === null ? '; we never deployed it' : ', although we deployed it: somebody deleted it'}. Every call of it answers 404.`,
        remediation: 'Run the reconcile workflow: it deploys what is missing.',
        evidence: { slug, deployed_by_us: note === null ? 'never' : `version ${note.version ?? 'unknown'}` },
      },
    ];
  }
  if (!find.includes('changed') || (note !== null && isAsNoted(note, live))) return [];
  return [
    {
      object: slug,
      name: 'function_changed',
      title: `Function ${slug} is not what we deployed`,
      detail: differenceOf(slug, note, live),
      remediation: '`opsroom drift` shows it; the reconcile workflow deploys what the files say.',
      evidence: {
        slug,
        live: {
          id: live.id,
          version: live.version,
          verify_jwt: live.verifyJwt,
          status: live.status,
          updated_at: live.updatedAt,
        },
        ours:
          note === null
            ? null
            : { id: note.id, version: note.version, verify_jwt: note.verify_jwt, state: note.state },
      },
    },
  ];
}

function differenceOf(slug: string, note: FunctionNote | null, live: DeployedFunction): string {
  if (note === null) return `Version ${live.version} of ${slug} runs, and we never deployed this function.`;
  switch (note.state) {
    case 'deploying':
      return `An apply ended while ${slug} was deployed: which content runs is not known.`;
    case 'unproven':
      return `${slug} did not refuse a call without credentials when it was deployed.`;
    case 'deployed':
      return note.version === live.version && note.id === live.id
        ? `The gateway ${live.verifyJwt === false ? 'lets requests without a token through to' : 'asks for a token before'} ${slug}, which is not what we deployed.`
        : `Version ${live.version} of ${slug} runs; we deployed version ${note.version ?? 'unknown'}.`;
  }
}

function callFaults(
  slug: string,
  state: FunctionState | undefined,
  { find, failures, least, windowMs }: Config,
): readonly Fault[] {
  if (!find.includes('failing') || state === undefined || state.calls < least) return [];
  const level = atLeast(failures, state.failed / state.calls);
  if (level === undefined || state.failed === 0) return [];
  return [
    {
      object: slug,
      severity: level.severity,
      name: 'function_failing',
      title: `Calls of ${slug} fail`,
      detail: `${state.failed} of ${state.calls} calls by jobs within ${words(windowMs)} failed (${percent(state.failed / state.calls)})${state.last_error === null ? '.' : `; the last one: ${state.last_error}`}`,
      remediation:
        'Look at the logs of the function. After a change of keys, deploy it again: functions keep the old ones until then.',
      evidence: {
        slug,
        calls: state.calls,
        failed: state.failed,
        within: words(windowMs),
        last_failed_at: state.last_failed_at,
      },
    },
  ];
}
