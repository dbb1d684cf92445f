/** States of a build; the last five are final. `lost` may still turn out otherwise. A file of its own: every start of the command line reads it. */
export const BUILD_STATUSES = [
  'queued',
  'dispatched',
  'running',
  'succeeded',
  'almost',
  'failed',
  'cancelled',
  'lost',
] as const;
