import type { FindingLevel } from '../../finding.ts';
import type { ScanReport } from '../scan.ts';
import { groupsOf } from './grouped.ts';

const LEVELS = { ERROR: 'error', WARN: 'warning', INFO: 'note' } as const satisfies Record<
  FindingLevel,
  string
>;
/** GitHub takes 25,000 results of a run and shows 5,000 (docs.github.com, SARIF support for code scanning). */
const MOST_RESULTS = 5000;

/**
 * SARIF 2.1.0 (docs.oasis-open.org/sarif/sarif/v2.1.0) for code scanning. What is in a database has no line in a file:
 * findings stand at the file that says what is wanted of the environment. Suppressed ones are told as such.
 */
export function renderSarif(report: ScanReport): string {
  const groups = groupsOf(report, { all: true });
  const rules = groups.map(({ rule, title, remediation, level }) => ({
    id: rule,
    shortDescription: { text: title },
    help: { text: remediation },
    defaultConfiguration: { level: LEVELS[level] },
  }));
  const places = new Map(rules.map(({ id }, index) => [id, index]));
  const results = report.findings.slice(0, MOST_RESULTS).map(({ finding, suppression }) => ({
    ruleId: finding.name,
    ruleIndex: places.get(finding.name) ?? -1,
    level: LEVELS[finding.level],
    message: { text: `${finding.detail} ${finding.remediation}`.trim() },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: 'runbooks/environments.yaml' },
          region: { startLine: 1 },
        },
      },
    ],
    partialFingerprints: { 'cacheKey/v1': finding.cache_key },
    properties: { environment: report.environment, evidence: finding.evidence },
    ...(suppression === null
      ? {}
      : {
          suppressions: [
            {
              kind: 'external',
              status: 'accepted',
              justification: `${suppression.reason} (${suppression.owner}, until ${suppression.expires})`,
            },
          ],
        }),
  }));
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'opsroom', rules } },
        automationDetails: { id: `opsroom-scan/${report.environment}/` },
        invocations: [
          {
            executionSuccessful: true,
            toolExecutionNotifications: report.unevaluated.map(({ rule, reason }) => ({
              level: 'warning',
              message: { text: `${rule} could not look at everything: ${reason}` },
            })),
          },
        ],
        columnKind: 'utf16CodeUnits',
        results,
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}
