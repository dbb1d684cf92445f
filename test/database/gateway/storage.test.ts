import { randomBytes, randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from '@supabase/supabase-js';
import { afterAll, describe, expect, it } from 'vitest';
import { mintUserToken } from '../../../local/supabase/keys.ts';
import { startTestGateway } from './gateway.ts';

const gateway = await startTestGateway(import.meta.url, { fileSizeLimit: 200_000 });
afterAll(() => gateway.close());

const { keys, url } = gateway;
const options = { auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false } };
const storage = createClient(url, keys.secret, options).storage;
await storage.createBucket('files');
await storage.createBucket('pictures', { public: true, fileSizeLimit: '1KB', allowedMimeTypes: ['image/*'] });
const files = storage.from('files');

/** How many files lie in the state folder. */
function filesOnDisk(): number {
  const folder = join(gateway.stateFolder, 'storage');
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    .length;
}

describe('buckets', () => {
  it('are made, listed, changed, emptied and deleted', async () => {
    expect((await storage.createBucket('temp')).data).toEqual({ name: 'temp' });
    expect((await storage.createBucket('temp')).error).toMatchObject({
      status: 400,
      statusCode: '409',
      message: 'The resource already exists',
    });
    expect((await storage.listBuckets()).data?.map(({ id }) => id)).toEqual(['files', 'pictures', 'temp']);
    expect((await storage.updateBucket('temp', { public: true })).data).toEqual({
      message: 'Successfully updated',
    });
    expect((await storage.getBucket('temp')).data).toMatchObject({ id: 'temp', public: true });
    await storage.from('temp').upload('a/b.txt', 'x');
    expect((await storage.deleteBucket('temp')).error).toMatchObject({ statusCode: '409' });
    expect((await storage.emptyBucket('temp')).error).toBeNull();
    expect((await storage.deleteBucket('temp')).data).toEqual({ message: 'Successfully deleted' });
    expect((await storage.getBucket('temp')).error).toMatchObject({
      statusCode: '404',
      message: 'Bucket not found',
    });
  });

  it('are not for everybody to make', async () => {
    const { error } = await createClient(url, keys.publishable, options).storage.createBucket('mine');
    expect(error).toMatchObject({
      statusCode: '403',
      message: 'new row violates row-level security policy for table "buckets"',
    });
  });
});

describe('objects', () => {
  it('come back as they went in, bare and by form', async () => {
    const bytes = randomBytes(100_000);
    const bare = await files.upload('deep/er/bytes.bin', bytes, {
      contentType: 'application/x-thing',
      cacheControl: '60',
      metadata: { from: 'test' },
    });
    expect(bare).toMatchObject({
      error: null,
      data: { path: 'deep/er/bytes.bin', fullPath: 'files/deep/er/bytes.bin' },
    });
    const { data } = await files.download('deep/er/bytes.bin');
    expect(Buffer.from(await (data ?? new Blob([])).arrayBuffer()).equals(bytes)).toBe(true);
    await files.upload('form.txt', new Blob(['grüße'], { type: 'text/plain' }), { metadata: { a: 1 } });
    const form = await fetch(`${url}/storage/v1/object/files/form.txt`, { headers: { apikey: keys.secret } });
    expect([form.headers.get('content-type'), form.headers.get('cache-control'), await form.text()]).toEqual([
      'text/plain',
      'max-age=3600',
      'grüße',
    ]);
    const { data: info } = await files.info('deep/er/bytes.bin');
    expect(info).toMatchObject({
      size: 100_000,
      contentType: 'application/x-thing',
      metadata: { from: 'test' },
    });
  });

  it('are not overwritten unless asked', async () => {
    await files.upload('once.txt', 'first');
    const count = filesOnDisk();
    expect((await files.upload('once.txt', 'second')).error).toMatchObject({
      status: 400,
      statusCode: '409',
      message: 'The resource already exists',
    });
    expect(await (await files.download('once.txt')).data?.text()).toBe('first');
    expect((await files.upload('once.txt', 'third', { upsert: true })).error).toBeNull();
    expect((await files.update('once.txt', 'fourth')).error).toBeNull();
    expect(await (await files.download('once.txt')).data?.text()).toBe('fourth');
    expect(filesOnDisk()).toBe(count);
    expect((await files.update('never.txt', 'x')).error).toMatchObject({ statusCode: '404' });
  });

  it('that are missing are told from buckets that are', async () => {
    const object = await gateway.send('/storage/v1/object/files/none.txt');
    expect(object).toMatchObject({
      status: 400,
      json: { statusCode: '404', error: 'not_found', message: 'Object not found' },
    });
    const bucket = await gateway.send('/storage/v1/object/none/none.txt');
    expect(bucket.json).toMatchObject({ statusCode: '404', error: 'Bucket not found' });
    expect((await files.exists('none.txt')).data).toBe(false);
    expect((await files.exists('form.txt')).data).toBe(true);
  });

  it('are listed by folder', async () => {
    for (const name of ['list/a.txt', 'list/b.txt', 'list/sub/c.txt', 'list/sub/d.txt'])
      await files.upload(name, name);
    const { data } = await files.list('list', { sortBy: { column: 'name', order: 'desc' } });
    expect(data?.map(({ name, id }) => [name, id === null])).toEqual([
      ['sub', true],
      ['b.txt', false],
      ['a.txt', false],
    ]);
    expect((await files.list('list', { search: 'b' })).data?.map(({ name }) => name)).toEqual(['b.txt']);
    expect((await files.list('list', { limit: 1, offset: 1 })).data).toHaveLength(1);
  });

  it('are copied, moved and removed', async () => {
    await files.upload('from.txt', 'content');
    expect((await files.copy('from.txt', 'copy.txt')).data).toEqual({ path: 'files/copy.txt' });
    expect((await files.copy('from.txt', 'copy.txt')).error).toMatchObject({ statusCode: '409' });
    expect((await files.move('from.txt', 'moved.txt')).data).toMatchObject({ message: 'Successfully moved' });
    expect((await files.move('from.txt', 'x.txt')).error).toMatchObject({ statusCode: '404' });
    expect(await (await files.download('moved.txt')).data?.text()).toBe('content');
    const before = filesOnDisk();
    const { data } = await files.remove(['copy.txt', 'moved.txt', 'none.txt']);
    expect(data?.map(({ name }) => name).sort()).toEqual(['copy.txt', 'moved.txt']);
    expect(filesOnDisk()).toBe(before - 2);
  });

  it('are too large, of the wrong kind, or of a bad name', async () => {
    const large = await gateway.send('/storage/v1/object/files/large.bin', {
      method: 'POST',
      body: randomBytes(200_001),
      headers: { 'content-type': 'application/octet-stream' },
    });
    expect(large).toMatchObject({ status: 413, json: { statusCode: '413', error: 'Payload too large' } });
    const huge = await gateway.send('/storage/v1/object/files/huge.bin', {
      method: 'POST',
      body: Buffer.alloc(2_000_000),
      headers: { 'content-type': 'application/octet-stream' },
    });
    expect(huge).toMatchObject({ status: 413, json: { statusCode: '413' } });
    const pictures = storage.from('pictures');
    expect(
      (await pictures.upload('a.png', Buffer.alloc(1_001), { contentType: 'image/png' })).error,
    ).toMatchObject({
      statusCode: '413',
    });
    expect((await pictures.upload('a.txt', 'x', { contentType: 'text/plain' })).error).toMatchObject({
      statusCode: '415',
      message: 'mime type text/plain is not supported',
    });
    expect(
      (await gateway.send('/storage/v1/object/files/%E2%82%AC.txt', { method: 'POST', body: 'x' })).json,
    ).toMatchObject({
      error: 'InvalidKey',
    });
  });
});

describe('access', () => {
  it('of a public bucket is everybody’s, of another nobody’s', async () => {
    const pictures = storage.from('pictures');
    await pictures.upload('p.png', 'png', { contentType: 'image/png' });
    const response = await fetch(pictures.getPublicUrl('p.png', { download: 'x.png' }).data.publicUrl);
    expect([response.status, await response.text(), response.headers.get('content-disposition')]).toEqual([
      200,
      'png',
      "attachment; filename*=UTF-8''x.png",
    ]);
    const etag = response.headers.get('etag') ?? '';
    const again = await fetch(pictures.getPublicUrl('p.png').data.publicUrl, {
      headers: { 'if-none-match': etag },
    });
    expect(again.status).toBe(304);
    expect((await fetch(files.getPublicUrl('form.txt').data.publicUrl)).status).toBe(400);
    expect((await fetch(`${url}/storage/v1/object/files/form.txt`)).status).toBe(400);
    const stranger = createClient(url, keys.publishable, options).storage.from('files');
    expect((await stranger.download('form.txt')).error).not.toBeNull();
    expect((await stranger.list()).data).toEqual([]);
  });

  it('follows policies for users', async () => {
    await gateway.database.superuser.unsafe(`
      create policy own_folder on storage.objects for all to authenticated
      using (bucket_id = 'files' and (storage.foldername(name))[1] = auth.uid()::text)
      with check (bucket_id = 'files' and (storage.foldername(name))[1] = auth.uid()::text)`);
    const me = randomUUID();
    const token = await mintUserToken(keys, { sub: me });
    const mine = createClient(url, keys.publishable, {
      ...options,
      global: { headers: { authorization: `Bearer ${token}` } },
    }).storage.from('files');
    expect((await mine.upload(`${me}/a.txt`, 'mine')).error).toBeNull();
    expect(await (await mine.download(`${me}/a.txt`)).data?.text()).toBe('mine');
    const count = filesOnDisk();
    expect((await mine.upload('other/a.txt', 'x')).error).toMatchObject({ statusCode: '403' });
    expect((await mine.createSignedUploadUrl('other/a.txt')).error).toMatchObject({ statusCode: '403' });
    expect((await mine.move(`${me}/a.txt`, 'other/a.txt')).error).toMatchObject({ statusCode: '403' });
    expect((await mine.download('form.txt')).error).not.toBeNull();
    expect((await mine.remove(['form.txt'])).data).toEqual([]);
    expect(filesOnDisk()).toBe(count);
  });

  it('by a signed URL lasts its time, for its path only', async () => {
    await files.upload('signed file.txt', 'for you');
    const { data } = await files.createSignedUrl('signed file.txt', 60);
    const signedUrl = data?.signedUrl ?? '';
    expect(await (await fetch(signedUrl)).text()).toBe('for you');
    const elsewhere = signedUrl.replace('signed%20file.txt', 'form.txt');
    expect(await (await fetch(elsewhere)).json()).toMatchObject({ error: 'InvalidSignature' });
    expect(await (await fetch(signedUrl.replace(/token=.*/, `token=${keys.anonJwt}`))).json()).toMatchObject({
      error: 'InvalidJWT',
      message: 'signature verification failed',
    });
    expect((await files.createSignedUrl('none.txt', 60)).error).toMatchObject({ statusCode: '404' });
    const many = await files.createSignedUrls(['form.txt', 'none.txt'], 60);
    expect(many.data?.map(({ error }) => error === null)).toEqual([true, false]);
  });

  it('by a signed upload goes without any key', async () => {
    const { data } = await files.createSignedUploadUrl('up.txt');
    const bare = createClient(url, keys.publishable, options).storage.from('files');
    expect((await bare.uploadToSignedUrl('up.txt', data?.token ?? '', 'sent')).error).toBeNull();
    expect(await (await files.download('up.txt')).data?.text()).toBe('sent');
    expect((await bare.uploadToSignedUrl('other.txt', data?.token ?? '', 'sent')).error).toMatchObject({
      statusCode: '400',
    });
  });
});

describe('hostile requests', () => {
  it.each([
    ['POST', 'bucket', '{'],
    ['POST', 'bucket', '{"name":"a/b"}'],
    ['POST', 'bucket', '{"name":"","public":true}'],
    ['POST', 'object/list/files', '{"prefix":5}'],
    ['POST', 'object/list/files', '{"prefix":"","sortBy":{"column":"name; drop table storage.objects"}}'],
    ['POST', 'object/list/files', '{"prefix":"\\u0000"}'],
    ['POST', 'object/move', '{"bucketId":"files","sourceKey":"../../x","destinationKey":"y"}'],
    ['POST', 'object/copy', '{"bucketId":"files"}'],
    ['POST', 'object/sign/files/x', '{"expiresIn":-1}'],
    ['DELETE', 'object/files', '{"prefixes":[]}'],
    ['DELETE', 'bucket/%00', '{}'],
    ['PUT', 'object/files/%ff', 'x'],
    ['PATCH', 'object/files/x', 'x'],
    ['GET', 'object/sign/files/x?token=a.b.c', ''],
    ['GET', 'nothing', ''],
    ['POST', 'object/files/..%2f..%2fetc%2fpasswd', 'x'],
  ])('%s %s %s', async (method, path, body) => {
    const { status, json } = await gateway.send(`/storage/v1/${path}`, {
      method,
      ...(body === '' ? {} : { body }),
    });
    expect(status).toBeLessThan(500);
    if (status >= 400)
      expect(json).toMatchObject({ statusCode: expect.any(String), message: expect.any(String) });
  });

  it('a broken form, and a form without a file', async () => {
    for (const body of [
      '--x\r\nbroken',
      '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n',
    ]) {
      const { json } = await gateway.send('/storage/v1/object/files/form', {
        method: 'POST',
        headers: { 'content-type': 'multipart/form-data; boundary=x' },
        body,
      });
      expect(json).toMatchObject({ statusCode: '400', error: 'InvalidRequest' });
    }
    expect(gateway.log).toEqual([]);
  });
});
