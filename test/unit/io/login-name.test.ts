import { spawnSync } from 'node:child_process';
import { userInfo } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { loginName } from '../../../actions/_shared/io/login-name.ts';

it('is the login', () => {
  expect(loginName()).toBe(userInfo().username);
});

// A number no user has, as `docker run --user` gives.
it.skipIf(process.getuid?.() !== 0)(
  'of a user without a name is its number, and no command fails for it',
  () => {
    const root = path.resolve(import.meta.dirname, '../../..');
    const script = `import { loginName } from './actions/_shared/io/login-name.ts'; console.log(loginName())`;
    const run = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: root,
      uid: 54_321,
      gid: 54_321,
      encoding: 'utf8',
      env: {},
    });
    expect(run.stdout, run.stderr).toBe('uid 54321\n');
  },
);
