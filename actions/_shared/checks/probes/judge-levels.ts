/** From a measured value to how bad it is. */
import type { Comparison, Levels } from '../../declare/kinds/checks-model.ts';
import type { AlertSeverity } from '../finding.ts';

/** The level a value reached. `severity` null: that of the check. */
export interface Reached<At = number> {
  readonly severity: AlertSeverity | null;
  readonly at: At;
}

/** The worst level of those that fit; undefined when none does. Levels come worst first. */
export function reached<At>(levels: Levels<At>, fits: (at: At) => boolean): Reached<At> | undefined {
  return levels.find(({ at }) => fits(at));
}

/** The worst level the value is at or above. */
export function atLeast(levels: Levels, value: number): Reached | undefined {
  return reached(levels, (at) => value >= at);
}

/** The worst level the value is at or below. */
export function atMost(levels: Levels, value: number): Reached | undefined {
  return reached(levels, (at) => value <= at);
}

/** Whether a value compares as written. */
export function compares(value: number, { operator, than }: Comparison): boolean {
  switch (operator) {
    case '>':
      return value > than;
    case '>=':
      return value >= than;
    case '<':
      return value < than;
    case '<=':
      return value <= than;
    case '=':
      return value === than;
    case '!=':
      return value !== than;
  }
}
