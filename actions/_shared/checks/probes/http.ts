/** An address that must answer: with the right status, in time, with the right content and a certificate that lasts. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProbeConfigs } from '../../declare/kinds/checks-model.ts';
import { type HttpAnswer, sendHttp } from './http-request.ts';
import { type JsonProblem, jsonProblems } from './judge-json.ts';
import { atLeast, atMost } from './judge-levels.ts';
import { blind, type CheckOf, type Fault, looked, type Outcome, type Probe, type World } from './probe.ts';
import { count, words } from './words.ts';

type Config = ProbeConfigs['http'];

/** Requests at once. */
const LANES = 16;

/** The last try; null: a variable it needs is not set, or there was no time. */
type Look = { readonly answer: HttpAnswer; readonly tries: number } | { readonly missing: string };

export const httpProbe: Probe<'http', undefined, ReadonlyMap<string, Look>> = {
  kind: 'http',
  async ask(checks, world) {
    const looks = new Map<string, Look>();
    const waiting = checks.values();
    const lane = async (): Promise<void> => {
      for (const check of waiting) looks.set(check.check.name, await look(check, world));
    };
    await Promise.all(Array.from({ length: Math.min(LANES, checks.length) }, lane));
    return looks;
  },
  judge({ check, config }, { answers }, { now, env }) {
    const seen = answers.get(check.name) ?? { missing: 'time: the pass was over' };
    if ('missing' in seen) {
      return blind(
        `The request could not be made: there is no ${seen.missing}.`,
        'Pass the variable to the step that runs the checks.',
      );
    }
    return judgeAnswer(config, { ...seen, place: placeOf(config, env) }, now);
  },
};

async function look({ check, config }: CheckOf<'http'>, world: World): Promise<Look> {
  const url = 'text' in config.url ? config.url.text : world.env[config.url.env];
  if (url === undefined || url === '') {
    return { missing: `variable ${'env' in config.url ? config.url.env : ''}` };
  }
  const headers: Record<string, string> = {};
  for (const [name, source] of Object.entries(config.headers)) {
    const value = 'text' in source ? source.text : world.env[source.env];
    if (value === undefined) return { missing: `variable ${'env' in source ? source.env : ''}` };
    headers[name] = value;
  }
  for (let tries = 1; ; tries += 1) {
    const left = world.left();
    if (left <= 0) return { missing: 'time left in the pass' };
    const answer = await sendHttp({
      url,
      headers,
      method: config.method,
      ...(config.body === undefined ? {} : { body: JSON.stringify(config.body) }),
      timeoutMs: Math.min(check.timeoutMs, left),
      signal: world.signal,
    });
    // A slow answer is one: only what failed is asked again.
    if (tries >= config.attempts || (answer.ok && isGood(config, answer))) return { answer, tries };
    await sleep(Math.min(config.retryAfterMs * tries, Math.max(0, world.left())), undefined, {
      signal: world.signal,
    }).catch(() => undefined);
  }
}

type Answered = HttpAnswer & { readonly ok: true };

function isGood(config: Config, answer: Answered): boolean {
  return isFine(config.status, answer.status) && contentProblems(config, answer).length === 0;
}

function isFine(fine: Config['status'], status: number): boolean {
  return fine.some((one) => one === status || one === `${Math.floor(status / 100)}xx`);
}

function contentProblems(config: Config, answer: Answered): readonly JsonProblem[] {
  const missing = config.contains.filter((text) => !answer.body.includes(text));
  const forbidden = config.lacks.filter((text) => answer.body.includes(text));
  return [
    ...missing.map((text) => ({ what: `the answer does not hold ${JSON.stringify(text)}` })),
    ...forbidden.map((text) => ({ what: `the answer holds ${JSON.stringify(text)}` })),
    ...(config.json.length === 0 ? [] : jsonProblems(config.json, answer.body)),
  ];
}

function judgeAnswer(
  config: Config,
  { answer, tries, place }: { readonly answer: HttpAnswer; readonly tries: number; readonly place: string },
  now: Date,
): Outcome {
  const tried = tries === 1 ? '' : `, ${count(tries, 'try', 'tries')}`;
  const fault = (
    name: string,
    title: string,
    detail: string,
    remediation: string,
    more: object = {},
  ): Fault => ({
    object: '',
    name: `http_${name}`,
    title: `${place} ${title}`,
    detail,
    remediation,
    evidence: { address: place, tries, ...(answer.ok ? shown(answer) : { reason: answer.reason }), ...more },
  });
  if (!answer.ok) {
    return looked([
      fault(
        answer.reason === 'timeout' ? 'timeout' : answer.isTls ? 'tls' : 'unreachable',
        answer.reason === 'timeout'
          ? 'does not answer in time'
          : answer.isTls
            ? 'has a certificate nobody trusts'
            : 'cannot be reached',
        `${place}: ${answer.detail}${tried}.`,
        answer.isTls
          ? 'Renew the certificate, or mend its chain: the server must send the intermediate ones too.'
          : 'See whether it runs, and whether it can be reached from where the checks run.',
      ),
    ]);
  }
  const faults: Fault[] = [];
  const problems = contentProblems(config, answer);
  if (!isFine(config.status, answer.status)) {
    faults.push(
      fault(
        'status',
        `answers ${answer.status}`,
        `${place} answered ${answer.status}${tried}; ${config.status.join(', ')} is fine.`,
        answer.status >= 500 ? 'Look at its logs.' : 'Look at the address and at what it asks for.',
        { content: answer.body.slice(0, 300) },
      ),
    );
  } else if (problems.length > 0) {
    faults.push(
      fault(
        'content',
        'says something else than it should',
        `${place}: ${problems.map(({ what }) => what).join('; ')}${tried}.`,
        'Look at what it says about itself.',
        { content: answer.body.slice(0, 300) },
      ),
    );
  }
  const slow = atLeast(config.latency, answer.milliseconds);
  if (slow !== undefined) {
    faults.push({
      ...fault(
        'slow',
        'is slow',
        `${place} took ${words(answer.milliseconds)} to answer; ${words(slow.at)} is bad.`,
        'Look at what it waits for.',
      ),
      severity: slow.severity,
    });
  }
  faults.push(...certificateFaults(config, answer, fault, now));
  return looked(
    faults,
    config.tlsDaysLeft.length > 0 && answer.validUntil === null
      ? [
          {
            object: '',
            reason: `${place} has no certificate to look at.`,
            remediation: 'Use https://, or leave out `tls_days_left`.',
          },
        ]
      : [],
  );
}

function certificateFaults(
  { tlsDaysLeft }: Config,
  { validUntil }: Answered,
  fault: (name: string, title: string, detail: string, remediation: string, more?: object) => Fault,
  now: Date,
): readonly Fault[] {
  if (validUntil === null) return [];
  const days = Math.floor((validUntil.getTime() - now.getTime()) / 86_400_000);
  const level = atMost(tlsDaysLeft, days);
  if (level === undefined) return [];
  return [
    {
      ...fault(
        'certificate_ends',
        `has a certificate for ${count(days, 'day')} more`,
        `The certificate ends on ${validUntil.toISOString().slice(0, 10)}, in ${count(days, 'day')}.`,
        'Renew it; see why it was not renewed by itself.',
        { certificate_ends: validUntil, days_left: days },
      ),
      severity: level.severity,
    },
  ];
}

function shown(answer: Answered): object {
  return {
    status: answer.status,
    took: words(answer.milliseconds),
    bytes: answer.isWhole ? answer.bytes : `more than ${answer.bytes}`,
    location: answer.location ?? undefined,
  };
}

/** Where we asked, without what may be secret: the query, and what came from a variable. */
function placeOf({ url }: Config, env: World['env']): string {
  const written = 'text' in url ? url.text : (env[url.env] ?? '');
  if (!URL.canParse(written)) return 'env' in url ? `$${url.env}` : written.slice(0, 200);
  const { origin, pathname } = new URL(written);
  return 'env' in url ? `${origin} ($${url.env})` : `${origin}${pathname}`;
}
