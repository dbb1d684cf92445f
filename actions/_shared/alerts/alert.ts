import * as z from 'zod';

/** How much it matters, the least first. */
export const Severity = z.enum(['info', 'warning', 'critical']);
export type Severity = z.infer<typeof Severity>;

const Details = z.looseObject({
  owner: z.string().optional().catch(undefined),
  runbook: z.string().optional().catch(undefined),
  runbook_command: z.string().optional().catch(undefined),
  remediation: z.string().optional().catch(undefined),
  remedy: z.string().optional().catch(undefined),
  job: z.string().optional().catch(undefined),
  error_code: z.string().optional().catch(undefined),
  unknown: z.string().optional().catch(undefined),
  evidence: z.record(z.string(), z.unknown()).optional().catch(undefined),
});

const Moment = z.date().nullable();

/** One alert as the database tells it. */
export const Alert = z.object({
  id: z.coerce.number(),
  key: z.string(),
  kind: z.string(),
  check: z.string().nullable(),
  object: z.string().nullable(),
  group: z.string().nullable(),
  severity: Severity,
  status: z.enum(['pending', 'active', 'acknowledged', 'snoozed', 'silenced', 'resolved']),
  condition: z.enum(['firing', 'recovering', 'unknown']),
  title: z.string(),
  message: z.string(),
  details: Details,
  count: z.number(),
  firstSeenAt: z.date(),
  lastSeenAt: z.date(),
  unknownSince: Moment,
  acknowledgedBy: z.string().nullable(),
  snoozedUntil: Moment,
  snoozedBy: z.string().nullable(),
  silencedUntil: Moment,
  silencedBy: z.string().nullable(),
  resolvedAt: Moment,
  resolvedBy: z.string().nullable(),
  note: z.string().nullable(),
  mutedBy: z.coerce.number().nullable(),
  reopenWithinS: z.coerce.number(),
  issueId: z.coerce.number().nullable(),
  issueNumber: z.number().nullable(),
});
export type Alert = z.infer<typeof Alert>;

const RANK: Readonly<Record<Severity, number>> = { info: 1, warning: 2, critical: 3 };

/** True when `severity` matters more than `other`; anything does more than nothing. */
export function isWorse(severity: Severity, other: Severity | null): boolean {
  return other === null || RANK[severity] > RANK[other];
}

/** The severity that matters most; null of none. */
export function worstOf(alerts: readonly Pick<Alert, 'severity'>[]): Severity | null {
  return alerts.reduce<Severity | null>(
    (worst, { severity }) => (isWorse(severity, worst) ? severity : worst),
    null,
  );
}

/** Not over: it fires, is answered, or cannot be seen. */
export function isLive(alert: Pick<Alert, 'status'>): boolean {
  return alert.status !== 'resolved' && alert.status !== 'pending';
}

/** Nobody answered it and nothing explains it: it may open an issue and speak up in one. */
export function isLoud(alert: Pick<Alert, 'status' | 'mutedBy' | 'condition' | 'severity'>): boolean {
  return alert.status === 'active' && alert.mutedBy === null && alert.severity !== 'info';
}

/** Loud, and not on its way to being over: reason enough to open an issue. */
export function wantsIssue(alert: Pick<Alert, 'status' | 'mutedBy' | 'condition' | 'severity'>): boolean {
  return isLoud(alert) && alert.condition !== 'recovering';
}

/** The one word for how an alert stands now. */
export type Standing =
  | 'firing'
  | 'unknown'
  | 'recovering'
  | 'acknowledged'
  | 'snoozed'
  | 'silenced'
  | 'muted'
  | 'resolved';

/** How an alert stands: what people said about it counts before what is seen of it. */
export function standingOf(alert: Pick<Alert, 'status' | 'mutedBy' | 'condition'>): Standing {
  switch (alert.status) {
    case 'resolved':
    case 'acknowledged':
    case 'snoozed':
    case 'silenced':
      return alert.status;
    case 'pending':
    case 'active':
      return alert.mutedBy === null ? alert.condition : 'muted';
  }
}
