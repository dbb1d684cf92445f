import { userInfo } from 'node:os';

/** Who runs this, for histories: the login, or the number of a user that has none, as in a container with `--user`. */
export function loginName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
