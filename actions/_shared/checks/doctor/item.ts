/** What the doctor says: one item for each thing looked at, never silence about what could not be looked at. */

export const AREAS = ['here', 'runbooks', 'database', 'supabase', 'github', 'clocks'] as const;
export type Area = (typeof AREAS)[number];

export type ItemStatus = 'ok' | 'warning' | 'error' | 'unknown';

/** One thing looked at. */
export interface DoctorItem {
  /** `area.thing`, the same for ever; beyond that what it is about, such as `github.environment.production`. */
  readonly id: string;
  readonly area: Area;
  readonly status: ItemStatus;
  /** The thing, in a few words. */
  readonly title: string;
  /** What was seen; for `unknown`, why nobody could look. */
  readonly detail: string;
  /** What to do; null when all is well. */
  readonly remedy: string | null;
}

/** Items of one area. */
export interface AreaReport {
  readonly good: (thing: string, title: string, detail: string) => DoctorItem;
  readonly bad: (thing: string, title: string, trouble: Trouble) => DoctorItem;
  readonly unknown: (thing: string, title: string, why: string, remedy?: string) => DoctorItem;
}

/** What is wrong and what to do. */
export interface Trouble {
  readonly status: 'warning' | 'error';
  readonly detail: string;
  readonly remedy: string;
}

export function itemsOf(area: Area): AreaReport {
  const item = (
    thing: string,
    title: string,
    rest: Pick<DoctorItem, 'status' | 'detail' | 'remedy'>,
  ): DoctorItem => ({ id: `${area}.${thing}`, area, title, ...rest });
  return {
    good: (thing, title, detail) => item(thing, title, { status: 'ok', detail, remedy: null }),
    bad: (thing, title, trouble) => item(thing, title, trouble),
    unknown: (thing, title, why, remedy) =>
      item(thing, title, { status: 'unknown', detail: why, remedy: remedy ?? null }),
  };
}

/** An item when something is wrong, a good one when not. */
export function judged(
  report: AreaReport,
  thing: string,
  title: string,
  verdict: { readonly good: string; readonly trouble: Trouble | null },
): DoctorItem {
  return verdict.trouble === null
    ? report.good(thing, title, verdict.good)
    : report.bad(thing, title, verdict.trouble);
}

/** `a, b and 3 more`. */
export function listed(names: readonly string[], most = 6): string {
  const shown = names.slice(0, most).join(', ');
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}
