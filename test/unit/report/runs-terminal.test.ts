import { describe, expect, it } from 'vitest';
import { renderRunLine, renderRunsTerminal } from '../../../actions/_shared/report/runs-terminal.ts';
import type { Run } from '../../../actions/_shared/runs/run.ts';

const run: Run = {
  id: 42,
  job: 'archive-odoo-files-batch',
  trigger: 'schedule',
  status: 'failed',
  attempt: 2,
  scheduledFor: new Date('2026-01-05T10:00:00Z'),
  firedAt: new Date('2026-01-05T10:00:01Z'),
  deliveredAt: new Date('2026-01-05T10:00:03Z'),
  reportedAt: null,
  finishedAt: new Date('2026-01-05T10:00:03Z'),
  httpStatus: 503,
  errorCode: 'http_5xx',
  error: 'the server answered 503',
  actor: null,
};

describe('runs in the terminal', () => {
  it('shows the three truths, the outcome and why', () => {
    const text = renderRunsTerminal([run], { color: false });

    expect(text).toMatch(/run\s+job\s+due \(UTC\)\s+fired\s+delivered\s+reported\s+outcome\s+why/);
    expect(text).toMatch(
      /42\s+archive-odoo-files-batch\s+2026-01-05 10:00:00\s+10:00:01\s+10:00:03 503\s+-\s+failed \(attempt 2\)\s+http_5xx: the server answered 503/,
    );
  });

  it('says the reason once when the error already starts with it', () => {
    const text = renderRunLine(
      { ...run, errorCode: 'secret_missing', error: 'secret_missing:project_url: add it' },
      { color: false },
    );

    expect(text.match(/secret_missing/g)).toHaveLength(1);
  });

  it('says so when there are none', () => {
    expect(renderRunsTerminal([], { color: false })).toBe('No runs.\n');
  });
});
