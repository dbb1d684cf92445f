import {
  boundedMarkdown,
  inBytes,
  type MarkdownSection,
  SUMMARY_LIMIT,
} from '../../../report/bounded-markdown.ts';
import { escapeMarkdown, inlineCode } from '../../../report/markdown-text.ts';
import type { ScanReport } from '../scan.ts';
import type { ScannedFinding } from '../suppressions.ts';
import { countsInWords, countsOf, groupsOf, type RuleGroup } from './grouped.ts';

/** Everything a scan says, for the summary of a job: rules with their objects, what is lived with, and who could not look. */
export function renderScanSummary(report: ScanReport): string {
  const groups = groupsOf(report, { all: true });
  return boundedMarkdown({
    head: `## Advice for ${escapeMarkdown(report.environment)}\n\n${escapeMarkdown(countsInWords(countsOf(report)))}.`,
    sections: [
      ...groups.filter(({ open }) => open.length > 0).map(openSection),
      silentSection('Could not look at everything', report.unevaluated),
      {
        title: 'Lived with',
        items: groups.flatMap(({ suppressed }) => suppressed.map(suppressedItem)),
        collapsed: true,
      },
      { ...silentSection('Nothing of the kind here', report.notApplicable), collapsed: true },
      {
        title: 'Switched off',
        items: report.disabled.map((rule) => `- ${inlineCode(rule)}`),
        collapsed: true,
      },
    ],
    foot: `${report.evaluated.length} rules looked at everything they cover. Schemas linted: ${report.schemas.map((name) => inlineCode(name)).join(', ') || 'none'}.`,
    limit: SUMMARY_LIMIT / 2,
    measure: inBytes,
    more: (count) => `- and ${count} more; \`opsroom scan\` lists them all`,
  });
}

const SIGNS = { ERROR: '🔴', WARN: '🟠', INFO: '🔵' } as const;

function openSection({ rule, title, level, remediation, open }: RuleGroup): MarkdownSection {
  return {
    title: `${SIGNS[level]} ${escapeMarkdown(title)}`,
    items: [
      `${inlineCode(rule)}: ${escapeMarkdown(remediation, 1000)}\n`,
      ...open.map(
        ({ finding }) =>
          `- [ ] ${escapeMarkdown(finding.detail, 1000)} ${inlineCode(finding.cache_key, 300)}`,
      ),
    ],
  };
}

function silentSection(title: string, silent: ScanReport['unevaluated']): MarkdownSection {
  return {
    title,
    items: silent.map(({ rule, reason }) => `- ${inlineCode(rule)}: ${escapeMarkdown(reason)}`),
  };
}

function suppressedItem({ finding, suppression }: ScannedFinding): string {
  const words = `until ${suppression?.expires}, ${suppression?.owner}: ${suppression?.reason}`;
  return `- ${escapeMarkdown(finding.detail, 500)} (${escapeMarkdown(words, 600)})`;
}
