import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../../../actions/_shared/database/connect.ts';
import { checkFiles, look as lookAt, only, summary } from '../../database/checks/looking.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
let answer: Answer = (_request, response) => response.end('ok');
let asked: IncomingMessage[] = [];
let server: Server;
let url: string;
/** HTTP checks need no database: this one is not there. */
const sql = connect({ url: 'postgres://nobody:x@127.0.0.1:1/none', applicationName: 'test' });

async function listen(of: Server): Promise<number> {
  await new Promise<void>((resolve) => of.listen(0, '127.0.0.1', resolve));
  const address = of.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request);
    answer(request, response);
  });
  url = `http://127.0.0.1:${await listen(server)}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  asked = [];
  answer = (_request, response) => response.end('ok');
});

const look = (text: string, options: Partial<Parameters<typeof lookAt>[1]> = {}) =>
  lookAt(checkFiles({ site: `http:\n  url: ${url}/health\n  retry_after: 10ms\n${text}` }), {
    sql,
    ...options,
  });

const json =
  (value: unknown): Answer =>
  (_request, response) =>
    response.end(JSON.stringify(value));
const status =
  (code: number, text = ''): Answer =>
  (_request, response) =>
    response.writeHead(code).end(text);

describe('an address', () => {
  it('that answers as it should is well, after one question', async () => {
    const pass = await look('  contains: ok');

    expect(summary(pass)).toEqual([]);
    expect(pass.evaluated).toEqual(['site']);
    expect(asked.map(({ method, url: path }) => `${method} ${path}`)).toEqual(['GET /health']);
  });

  it.each<[string, string, Answer, string]>([
    ['a wrong status', '', status(503, 'away'), 'http_status'],
    [
      'a redirect',
      '',
      (_, response) => response.writeHead(302, { location: '/elsewhere' }).end(),
      'http_status',
    ],
    ['another status than the only good one', '  status: 204', status(200), 'http_status'],
    [
      'a text that is missing',
      '  contains: [ok, "all well"]',
      (_, response) => response.end('ok'),
      'http_content',
    ],
    [
      'a text that should not be there',
      '  lacks: error',
      (_, response) => response.end('an error'),
      'http_content',
    ],
    [
      'JSON that says something else',
      '  json: [{ path: "$.checks[1].state", equals: up }]',
      json({ checks: [{}, { state: 'down' }] }),
      'http_content',
    ],
    [
      'JSON without what was asked',
      '  json: [{ path: queue.depth, at_most: 5 }]',
      json({ queue: {} }),
      'http_content',
    ],
    [
      'JSON with too large a number',
      '  json: [{ path: queue.depth, at_most: 5 }]',
      json({ queue: { depth: 6 } }),
      'http_content',
    ],
    [
      'JSON with too small a number',
      '  json: [{ path: workers, at_least: 2 }]',
      json({ workers: 1 }),
      'http_content',
    ],
    [
      'no JSON at all',
      '  json: [{ path: a, equals: 1 }]',
      (_, response) => response.end('<html>'),
      'http_content',
    ],
    ['a connection that is cut', '', (request) => request.socket.destroy(), 'http_unreachable'],
    [
      'half an answer',
      '',
      (_, response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('half');
        setTimeout(() => response.socket?.destroy(), 20);
      },
      'http_unreachable',
    ],
    ['no answer in time', 'timeout: 150ms', () => undefined, 'http_timeout'],
    [
      'an answer that drips without end',
      'timeout: 200ms',
      (_, response) => {
        const drip = setInterval(() => response.write('x'), 20);
        response.on('close', () => clearInterval(drip));
      },
      'http_timeout',
    ],
  ])('with %s is bad, and well again when that is over', async (_what, text, bad, rule) => {
    const attempts = `  attempts: 1\n${text}`;
    answer = bad;
    const first = await look(attempts);
    expect(summary(first)).toEqual([`site/: warning ${rule}`]);
    expect(only(first).finding.evidence.address).toBe(`${url}/health`);

    answer = text.includes('json')
      ? json({ checks: [{}, { state: 'up' }], queue: { depth: 5 }, workers: 2, a: 1 })
      : text.includes('204')
        ? status(204)
        : (_request, response) => response.end('ok, all well');
    expect(summary(await look(attempts))).toEqual([]);
  });

  it('is asked again before it counts, and what comes right in time was never wrong', async () => {
    let count = 0;
    answer = (_request, response) => {
      count += 1;
      response.writeHead(count < 3 ? 502 : 200).end('ok');
    };
    expect(summary(await look('  attempts: 3'))).toEqual([]);
    expect(asked).toHaveLength(3);

    count = -5;
    const { finding } = only(await look('  attempts: 3'));
    expect(finding.detail).toBe(`${url}/health answered 502, 3 tries; 2xx is fine.`);
    expect(finding.evidence).toMatchObject({ status: 502, tries: 3 });
  });

  it('that is slow is bad by how slow it is', async () => {
    answer = (_request, response) => setTimeout(() => response.end('ok'), 120);

    expect(summary(await look('  latency: { warning: 50ms, critical: 5s }'))).toEqual([
      'site/: warning http_slow',
    ]);
    expect(summary(await look('  latency: { warning: 50ms, critical: 100ms }'))).toEqual([
      'site/: critical http_slow',
    ]);
    expect(summary(await look('  latency: 5s'))).toEqual([]);
    expect(asked).toHaveLength(3);
  });

  it('that sends a gigabyte is read to 64 KiB and no further', async () => {
    let sent = 0;
    const chunk = Buffer.alloc(64 * 1024, 'x');
    answer = (_request, response) => {
      const push = (): void => {
        while (sent < 1e9 && response.writable) {
          sent += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', push);
        }
      };
      response.on('close', () => (sent = Math.max(sent, 0)));
      push();
    };

    expect(summary(await look('  lacks: y'))).toEqual([]);
    expect(sent).toBeLessThan(50e6);
  });

  it('nobody listens at names that', async () => {
    const gone = createServer();
    const port = await listen(gone);
    await new Promise((resolve) => gone.close(resolve));
    const files = checkFiles({
      site: `http: { url: "http://127.0.0.1:${port}", attempts: 1 }\nseverity: critical`,
    });

    const pass = await lookAt(files, { sql });

    expect(summary(pass)).toEqual(['site/: critical http_unreachable']);
    expect(only(pass).finding.detail).toContain('nobody listens there');
  });

  it('takes its secrets from the environment, and shows none of them, even when it is told them back', async () => {
    answer = (request, response) =>
      response
        .writeHead(500)
        .end(`denied: ${request.headers['x-token']} ${request.url} ${request.headers.cookie}`);
    const files = checkFiles({
      site: [
        'http:',
        '  url: { env: SITE_URL }',
        '  method: post',
        '  body: { ping: true }',
        '  headers: { x-token: { env: SITE_TOKEN }, cookie: plain }',
        '  attempts: 1',
      ].join('\n'),
    });
    const env = { SITE_URL: `${url}/canary-path?key=canary-query`, SITE_TOKEN: 'canary-token-0123456789' };

    const pass = await lookAt(files, { sql, env });

    expect(asked[0]?.headers).toMatchObject({
      'x-token': env.SITE_TOKEN,
      'content-type': 'application/json',
    });
    expect(summary(pass)).toEqual(['site/: warning http_status']);
    expect(JSON.stringify(pass)).not.toContain('canary-token');
    expect(only(pass).finding.evidence.address).toBe(`${url} ($SITE_URL)`);
    expect(summary(await lookAt(files, { sql, env: { SITE_URL: env.SITE_URL } }))).toEqual([
      'site/: unknown cannot_evaluate',
    ]);
    expect(summary(await lookAt(files, { sql }))).toEqual(['site/: unknown cannot_evaluate']);
  });

  it('among forty slow ones does not wait for the thirty-nine others, nor beyond the end of the pass', async () => {
    answer = (_request, response) => setTimeout(() => response.end('ok'), 200);
    const checks = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`s${index}`, `http: { url: "${url}", attempts: 1 }`]),
    );
    const started = performance.now();
    expect(summary(await lookAt(checkFiles(checks), { sql }))).toEqual([]);
    expect(performance.now() - started).toBeLessThan(40 * 200 * 0.4);

    const pass = await lookAt(checkFiles(checks), { sql, deadlineMs: 250 });
    expect(pass.evaluated.length).toBeLessThan(40);
    expect(pass.evaluated.length + pass.results.length).toBe(40);
  });
});

const hasOpenssl = ((): boolean => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

describe.skipIf(!hasOpenssl)('a certificate', () => {
  let folder: string;
  let tls: Server;
  let site: string;
  const before = getCACertificates();

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'opsroom-certificate-'));
    const [key, certificate] = [path.join(folder, 'key.pem'), path.join(folder, 'certificate.pem')];
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-keyout',
        key,
        '-out',
        certificate,
        '-days',
        '20',
        '-subj',
        '/CN=localhost',
        '-addext',
        'subjectAltName=IP:127.0.0.1',
      ],
      { stdio: 'ignore' },
    );
    tls = createTlsServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (_request, response) =>
      response.end('ok'),
    );
    site = `https://127.0.0.1:${await listen(tls)}`;
  });
  afterAll(() => {
    setDefaultCACertificates(before);
    tls.close();
    rmSync(folder, { recursive: true });
  });

  const certificateOf = (levels: string) =>
    lookAt(checkFiles({ site: `http: { url: "${site}", attempts: 1, tls_days_left: ${levels} }` }), { sql });

  it('nobody trusts is bad', async () => {
    const pass = await certificateOf('1');
    expect(summary(pass)).toEqual(['site/: warning http_tls']);
    expect(only(pass).finding.detail).toContain('its certificate is signed by itself');
  });

  it('that ends soon is bad by how soon', async () => {
    setDefaultCACertificates([readFileSync(path.join(folder, 'certificate.pem'), 'utf8')]);

    expect(summary(await certificateOf('{ warning: 10, critical: 3 }'))).toEqual([]);
    expect(summary(await certificateOf('{ warning: 21, critical: 7 }'))).toEqual([
      'site/: warning http_certificate_ends',
    ]);
    const critical = await certificateOf('{ warning: 40, critical: 30 }');
    expect(summary(critical)).toEqual(['site/: critical http_certificate_ends']);
    expect(only(critical).finding.evidence).toMatchObject({ days_left: 19 });
  });

  it('that is not there is unknown', async () => {
    expect(summary(await look('  tls_days_left: 5'))).toEqual(['site/: unknown cannot_evaluate']);
  });
});
