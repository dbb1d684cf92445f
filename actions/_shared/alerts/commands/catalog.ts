import { closestWord } from '../../declare/closest-word.ts';

/** Every command, by its word. */
export const COMMANDS = {
  ack: { usage: '/ack [note]', does: 'I have it; quiet until it is over or gets worse', needs: 'write' },
  unack: { usage: '/unack', does: 'take that, or a snooze, back', needs: 'write' },
  snooze: {
    usage: '/snooze 2h [note]',
    does: 'quiet for a while, or `until 2026-11-22T08:00Z`',
    needs: 'write',
  },
  silence: {
    usage: '/silence [check=late object=sync_*] for 1d [reason]',
    does: 'quiet about all that match, also those to come; without a matcher about what this issue shows',
    needs: 'write',
  },
  unsilence: { usage: '/unsilence 12', does: 'end a silence', needs: 'write' },
  resolve: {
    usage: '/resolve [reason]',
    does: 'it is over; if it is not, the next check says so',
    needs: 'write',
  },
  run: { usage: '/run restart-sync job=sync_stats', does: 'start a runbook', needs: 'maintain' },
  rollback: {
    usage: '/rollback [project] [branch]',
    does: 'build the last verified commit of a branch again',
    needs: 'write',
  },
  status: { usage: '/status', does: 'how it stands, and what happened so far', needs: 'write' },
  help: { usage: '/help', does: 'this list', needs: 'write' },
} as const satisfies Readonly<
  Record<string, { readonly usage: string; readonly does: string; readonly needs: 'write' | 'maintain' }>
>;

/** A word that is a command. */
export type CommandName = keyof typeof COMMANDS;

/** True for a word of {@link COMMANDS}. */
export function isCommand(word: string): word is CommandName {
  return Object.hasOwn(COMMANDS, word);
}

/** All commands as a table, after a hint when a word was not understood. */
export function helpText(unknown?: string): string {
  const near = unknown === undefined ? undefined : closestWord(unknown, Object.keys(COMMANDS));
  const head =
    unknown === undefined
      ? ''
      : `There is no \`/${unknown}\`.${near === undefined ? '' : ` Did you mean \`/${near}\`?`}\n\n`;
  const rows = Object.values(COMMANDS).map(
    ({ usage, does, needs }) => `| \`${usage}\` | ${does} | ${needs} |`,
  );
  return `${head}| First line of a comment | what it does | needs |\n|---|---|---|\n${rows.join('\n')}`;
}

const RANK: Readonly<Record<string, number>> = { read: 1, triage: 2, write: 3, maintain: 4, admin: 5 };

/** Whether a role of the repository is enough. Roles nobody knows are not. */
export function isEnough(role: string, needed: 'write' | 'maintain'): boolean {
  return (RANK[role] ?? 0) >= (RANK[needed] ?? Number.POSITIVE_INFINITY);
}
