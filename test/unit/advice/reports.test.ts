import { describe, expect, it } from 'vitest';
import { renderScanAnnotations } from '../../../actions/_shared/checks/advice/report/github-annotations.ts';
import { countsInWords, countsOf } from '../../../actions/_shared/checks/advice/report/grouped.ts';
import { renderScanSummary } from '../../../actions/_shared/checks/advice/report/markdown.ts';
import { renderSarif } from '../../../actions/_shared/checks/advice/report/sarif.ts';
import { renderScanTerminal } from '../../../actions/_shared/checks/advice/report/terminal.ts';
import { found, report, suppressionOf } from './scans.ts';

const scan = report({
  findings: [
    found('secret_missing', 'job_token', { level: 'ERROR' }),
    found('secret_missing', 'project_url', { level: 'ERROR' }),
    found('no_primary_key', 'public_log', { suppression: suppressionOf('no_primary_key_*') }),
  ],
  evaluated: ['secret_missing', 'no_primary_key'],
  unevaluated: [{ rule: 'secret_old', reason: 'the Vault is closed' }],
});

describe('a scan', () => {
  it('in a terminal: one heading a rule, its objects, what to do, and who could not look', () => {
    const text = renderScanTerminal(scan, { color: false, all: true });
    expect(text.match(/Title of secret_missing/g)).toHaveLength(1);
    expect(text).toMatch(/- Detail of job_token\.[\s\S]*- Detail of project_url\./);
    expect(text).toContain('(until 2027-01-31 by @platform-team: We know)');
    expect(text).toContain('secret_old: the Vault is closed');
    expect(text).toMatch(/production: 2 errors; 1 lived with; 1 rule could not look at everything\.\n$/);
    expect(renderScanTerminal(scan, { color: false, all: false })).not.toContain('public_log');
  });

  it('in words', () => {
    expect(countsInWords(countsOf(report()))).toBe('Nothing found');
    expect(countsInWords({ ERROR: 1, WARN: 2, INFO: 1, suppressed: 0, unevaluated: 2 })).toBe(
      '1 error, 2 warnings, 1 note; 2 rules could not look at everything',
    );
  });

  it('as annotations: one a rule, with nothing in it that could end the command', () => {
    const hostile = report({ findings: [found('secret_missing', 'a%0A::set-output name=x::\nb')] });
    const lines = renderScanAnnotations(hostile).trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(
      /^::warning title=secret_missing::Title of secret_missing%0A- Detail of a%250A::set-output/,
    );
    expect(renderScanAnnotations(scan)).toContain(
      '::warning title=cannot evaluate secret_old::the Vault is closed',
    );
  });

  it('as SARIF: rules by index, fingerprints that last, suppressed results told as such', () => {
    const { version, runs } = JSON.parse(renderSarif(scan));
    expect(version).toBe('2.1.0');
    const [run] = runs;
    expect(run.tool.driver.rules.map(({ id }: { id: string }) => id)).toEqual([
      'secret_missing',
      'no_primary_key',
    ]);
    expect(run.results).toHaveLength(3);
    for (const result of run.results) {
      expect(run.tool.driver.rules[result.ruleIndex].id).toBe(result.ruleId);
      expect(result.locations[0].physicalLocation.artifactLocation.uri).not.toMatch(/^\//);
    }
    expect(run.results[0]).toMatchObject({
      level: 'error',
      partialFingerprints: { 'cacheKey/v1': 'secret_missing_job_token' },
    });
    expect(run.results[2].suppressions).toMatchObject([{ kind: 'external', status: 'accepted' }]);
    expect(run.invocations[0].toolExecutionNotifications).toHaveLength(1);
  });

  it('as a summary: a checklist of objects, foreign text harmless, and far below what GitHub shows', () => {
    const many = report({
      findings: [
        found('secret_missing', '<img src=x> @everybody [a](http://x)', { level: 'ERROR' }),
        ...Array.from({ length: 20_000 }, (_, n) => found('no_primary_key', `public_t${n}`)),
      ],
    });
    const text = renderScanSummary(many);
    expect(Buffer.byteLength(text)).toBeLessThan(1_048_576 / 2);
    expect(text).toContain('- [ ] Detail of &lt;img src=x&gt; @\u200beverybody');
    expect(text).toMatch(/and \d+ more; `opsroom scan` lists them all/);
    expect(renderScanSummary(scan)).toMatch(/Lived with[\s\S]*public_log|public_log[\s\S]*Lived with/);
  });
});
