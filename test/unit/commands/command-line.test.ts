import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { runCli } from '../../../actions/cli.ts';

// Each call would add its listener to the streams of this one process.
vi.mock('../../../actions/_shared/io/closed-pipe.ts', () => ({ onClosedPipe: () => undefined }));

let written: string;

beforeEach(() => {
  written = '';
  const keep = (text: string | Uint8Array): boolean => {
    written += String(text);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(keep);
  vi.spyOn(process.stderr, 'write').mockImplementation(keep);
});

afterEach(() => vi.restoreAllMocks());

async function said(...argv: string[]): Promise<{ readonly exitCode: number; readonly text: string }> {
  written = '';
  const exitCode = await runCli(argv);
  return { exitCode, text: written };
}

/** Names the help lists. */
async function commands(): Promise<string[]> {
  const { text } = await said('--help');
  return [...text.slice(text.indexOf('Commands:')).matchAll(/^ {2}([a-z]+)(?: |$)/gm)].map(
    ([, name = '']) => name,
  );
}

it('lists all commands in one order', async () => {
  expect((await commands()).join(' ')).toBe(
    'validate plan apply drift adopt runs fire work jobs scan doctor check builds logs record build rollback alerts ack unack snooze resolve silence help',
  );
});

it('says the same of a command whether it is added alone or with all others', async () => {
  for (const name of (await commands()).filter((each) => each !== 'help')) {
    const alone = await said(name, '--help');
    expect(alone, name).toEqual(await said('help', name));
    expect(alone.text).toMatch(new RegExp(`^Usage: opsroom ${name} `));
  }
});

it('knows the command somebody meant', async () => {
  expect(await said('validat')).toEqual({
    exitCode: 1,
    text: "error: unknown command 'validat'\n(Did you mean validate?)\n(opsroom --help lists the commands)\n",
  });
  expect(await said('validate', '--strickt')).toEqual({
    exitCode: 1,
    text: "error: unknown option '--strickt'\n(Did you mean --strict?)\n(opsroom --help lists the commands)\n",
  });
});

it('says its version', async () => {
  expect(await said('--version')).toEqual({ exitCode: 0, text: '0.1.0\n' });
});
