/** The machine the doctor runs on: Node, git, the checkout. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { isOlder } from '../advice/version.ts';
import { type DoctorItem, itemsOf, judged } from './item.ts';

const run = promisify(execFile);
const here = itemsOf('here');
const OLDEST_NODE = '24.0.0';

/** What git says; null when there is none, or it refuses. */
export type Git = (...args: readonly string[]) => Promise<string | null>;

/** Git in a folder, asking nobody for a password. */
export function gitIn(root: string): Git {
  return async (...args) => {
    try {
      const { stdout } = await run('git', ['-C', root, ...args], {
        timeout: 10_000,
        env: { ...process.env, GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0' },
      });
      return stdout.trim();
    } catch (error) {
      if (error instanceof Error) return null;
      throw error;
    }
  };
}

/** Looks at this machine. */
export async function lookHere(root: string, git: Git, nodeVersion: string): Promise<readonly DoctorItem[]> {
  const version = nodeVersion.replace(/^v/, '');
  return [
    judged(here, 'node', 'Node', {
      good: nodeVersion,
      trouble: isOlder(version, OLDEST_NODE)
        ? {
            status: 'error',
            detail: `Node is ${nodeVersion}.`,
            remedy: 'Use Node 24 or newer; `npm install` brings one along, and npm scripts use it.',
          }
        : null,
    }),
    await lookAtGit(git),
    await lookAtCheckout(root, git),
  ];
}

async function lookAtGit(git: Git): Promise<DoctorItem> {
  const version = await git('--version');
  return judged(here, 'git', 'Git', {
    good: version ?? '',
    trouble:
      version === null
        ? {
            status: 'warning',
            detail: 'There is no git.',
            remedy: 'Install it: plans and applies say which commit they are of.',
          }
        : null,
  });
}

async function lookAtCheckout(root: string, git: Git): Promise<DoctorItem> {
  const title = 'Checkout';
  if (!existsSync(path.join(root, 'runbooks'))) {
    return here.bad('checkout', title, {
      status: 'error',
      detail: `There is no folder runbooks/ in ${root}.`,
      remedy: 'Run it in the repository that holds runbooks/, or give --root.',
    });
  }
  const top = await git('rev-parse', '--show-toplevel');
  if (top === null) {
    return here.unknown(
      'checkout',
      title,
      `${root} is no git checkout, so nobody can say which commit it is.`,
    );
  }
  const changed = (await git('status', '--porcelain', '--', 'runbooks', 'migrations', 'functions')) ?? '';
  const count = changed === '' ? 0 : changed.split('\n').length;
  const commit = (await git('rev-parse', '--short', 'HEAD')) ?? 'without a commit';
  return judged(here, 'checkout', title, {
    good: `${commit}, nothing changed in runbooks/, migrations/ and functions/`,
    trouble:
      count === 0
        ? null
        : {
            status: 'warning',
            detail: `${count} files of runbooks/, migrations/ or functions/ differ from ${commit}.`,
            remedy: 'Commit them: production becomes what main says, not what lies here.',
          },
  });
}
