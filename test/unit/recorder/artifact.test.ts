import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { uploadArtifact } from '../../../actions/_shared/builds/recorder/upload-artifact.ts';
import { unzipFirst, zipFile } from '../../../actions/_shared/builds/recorder/zip-file.ts';

const at = new Date('2026-11-21T09:30:42Z');

describe('a zip of one file', () => {
  it.each([0, 1, 100_000])('comes back as it was, %i bytes', (size) => {
    const content = randomBytes(size);
    expect(unzipFirst(zipFile('buffer.opsroom', content, at), 1_000_000).equals(content)).toBe(true);
  });

  it('is one to others as well', () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'opsroom-zip-')), 'x.zip');
    writeFileSync(file, zipFile('größe.txt', Buffer.from('inhalt'), at));
    const script =
      'import sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); print(z.testzip(), z.namelist(), z.read(z.namelist()[0]).decode(), z.infolist()[0].date_time)';
    const told = execFileSync('python3', ['-c', script, file], {
      encoding: 'utf8',
      env: { ...process.env, PYTHONIOENCODING: 'utf8' },
    });
    expect(told.trim()).toBe("None ['größe.txt'] inhalt (2026, 11, 21, 9, 30, 42)");
  });

  it('that is damaged, or none, is refused', () => {
    const zip = zipFile('a', Buffer.from('hello hello hello'), at);
    const damaged = Buffer.from(zip);
    damaged[zip.indexOf('a') + 3] = (damaged[zip.indexOf('a') + 3] ?? 0) ^ 0xff;
    for (const bytes of [Buffer.from('no zip'), Buffer.alloc(0), zip.subarray(0, 40), damaged]) {
      expect(() => unzipFirst(bytes, 1_000_000)).toThrow();
    }
  });
});

describe('an artifact', () => {
  it('is created, put at its signed address and finalized with its digest', async () => {
    const seen: { path: string; body: Buffer; auth: string | undefined; blob: string | undefined }[] = [];
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      seen.push({
        path: request.url ?? '',
        body: Buffer.concat(chunks),
        auth: request.headers.authorization,
        blob: z.string().optional().parse(request.headers['x-ms-blob-type']),
      });
      const host = `http://${request.headers.host}`;
      const answers: Record<string, unknown> = {
        CreateArtifact: { ok: true, signed_upload_url: `${host}/blob?sig=secret` },
        FinalizeArtifact: { ok: true, artifact_id: '77' },
      };
      response.end(JSON.stringify(answers[request.url?.split('/').at(-1) ?? ''] ?? {}));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = z.object({ port: z.number() }).parse(server.address());
    const payload = Buffer.from(
      JSON.stringify({ scp: 'Actions.Other:1 Actions.Results:run-1:job-2' }),
    ).toString('base64url');
    const service = { resultsUrl: `http://127.0.0.1:${port}/`, runtimeToken: `h.${payload}.s` };
    const uploaded = await uploadArtifact(service, {
      artifact: 'opsroom-buffer-1',
      name: 'b',
      content: Buffer.from('x'),
      at,
    });
    server.close();
    const [created, put, finalized] = seen;
    expect(JSON.parse(created?.body.toString() ?? '')).toEqual({
      workflow_run_backend_id: 'run-1',
      workflow_job_run_backend_id: 'job-2',
      name: 'opsroom-buffer-1',
      version: 4,
    });
    expect([put?.path, put?.auth, put?.blob]).toEqual(['/blob?sig=secret', undefined, 'BlockBlob']);
    expect(unzipFirst(put?.body ?? Buffer.alloc(0), 100).toString()).toBe('x');
    const sha256 = createHash('sha256')
      .update(put?.body ?? '')
      .digest('hex');
    expect(JSON.parse(finalized?.body.toString() ?? '')).toMatchObject({
      size: String(put?.body.length),
      hash: `sha256:${sha256}`,
    });
    expect(uploaded).toEqual({ id: '77', size: put?.body.length, sha256 });
  });

  it('is not tried with a token for something else, and no address is told when it fails', async () => {
    const other = `h.${Buffer.from('{"scp": "Actions.Other"}').toString('base64url')}.s`;
    const file = { artifact: 'a', name: 'b', content: Buffer.from('x'), at };
    await expect(
      uploadArtifact({ resultsUrl: 'http://127.0.0.1:1', runtimeToken: other }, file),
    ).rejects.toThrow('opens no artifact service');
  });
});
