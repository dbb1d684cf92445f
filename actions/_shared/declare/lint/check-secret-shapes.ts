/** A secret that is used as a URL must be held to https by its shape: that is what keeps a credential off the open wire. */
import type { AllObjects, FileFinding } from '../check-across.ts';
import { resolveSecret } from '../kinds/secret-overrides.ts';

const HTTPS = /^\^https:(?:\/\/|\\\/\\\/)/;
/** A development lane may talk to itself in the clear. */
const LOOPBACK = /^\^https?:(?:\/\/|\\\/\\\/)(?:127\\?\.0\\?\.0\\?\.1|localhost|\\\[::1\\\])(?!\w|\\?\.)/;

/** A `|` outside brackets: what stands behind it needs no `^https://`. */
function hasAlternative(shape: string): boolean {
  let depth = 0;
  for (const [part] of shape.matchAll(/\\.|\[(?:\\.|[^\]\\])*\]|[()|]/g)) {
    if (part === '(') depth += 1;
    else if (part === ')') depth -= 1;
    else if (part === '|' && depth === 0) return true;
  }
  return false;
}

/** An error for each environment in which a URL secret may hold something else than https. */
export function checkSecretShapes({ environments, secrets, jobs }: AllObjects): readonly FileFinding[] {
  const usedAsUrl = new Set(
    jobs.specs.flatMap(({ spec }) =>
      spec.references.filter(({ use }) => use === 'url').map(({ secret }) => secret),
    ),
  );
  const findings: FileFinding[] = [];
  for (const { spec, file } of secrets.specs) {
    if (!usedAsUrl.has(spec.name)) continue;
    const lanes =
      environments.specs.length === 0
        ? [{ name: '', lane: 'production' as const }]
        : environments.specs.map((environment) => environment.spec);
    for (const { name, lane } of lanes) {
      const { shape } = resolveSecret(spec, name);
      const isHeld =
        shape !== undefined &&
        !hasAlternative(shape) &&
        (HTTPS.test(shape) || (lane === 'development' && LOOPBACK.test(shape)));
      if (isHeld) continue;
      const overridden = spec.overrides[name]?.shape !== undefined;
      const path = overridden
        ? [spec.name, 'environments', name, 'shape']
        : shape === undefined
          ? [spec.name]
          : [spec.name, 'shape'];
      const where = overridden ? ` in ${name}` : '';
      findings.push({
        file,
        finding: {
          severity: 'error',
          code: 'secret-url-shape',
          message: `\`${spec.name}\` is used as a URL, and its shape does not demand https${where}`,
          hint:
            lane === 'development'
              ? 'Write `shape: ^https://`, or `^http://127\\.0\\.0\\.1` for this machine.'
              : 'Write `shape: ^https://`.',
          at: shape === undefined ? { path, part: 'key' } : { path },
        },
      });
      if (!overridden) break;
    }
  }
  return findings;
}
