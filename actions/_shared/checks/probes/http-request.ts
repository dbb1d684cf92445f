/** One request with a hard end, whose answer is read as far as it is looked at. */
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { TLSSocket } from 'node:tls';
import { errorCode } from '../../database/connection-errors.ts';

/** What is asked. */
export interface HttpRequest {
  readonly url: string;
  readonly method: 'get' | 'head' | 'post';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** What came of it. Never throws. */
export type HttpAnswer =
  | {
      readonly ok: true;
      readonly status: number;
      /** From the start to the last byte that was read. */
      readonly milliseconds: number;
      readonly body: string;
      readonly bytes: number;
      /** False: there was more than we read. */
      readonly isWhole: boolean;
      readonly location: string | null;
      /** End of the certificate; null without TLS. */
      readonly validUntil: Date | null;
    }
  | {
      readonly ok: false;
      readonly reason: string;
      readonly isTls: boolean;
      /** For people; holds nothing of the request. */
      readonly detail: string;
    };

/** Nobody looks further than this. */
const MOST_BYTES = 64 * 1024;

/** Sends a request over a connection of its own and does not follow redirects. */
export function sendHttp({
  url,
  method,
  headers,
  body,
  timeoutMs,
  signal,
}: HttpRequest): Promise<HttpAnswer> {
  const started = performance.now();
  const end = AbortSignal.any([signal, AbortSignal.timeout(Math.max(1, Math.round(timeoutMs)))]);
  return new Promise((resolve) => {
    const fail = (error: unknown): void => resolve(failureOf(error, timeoutMs, end.aborted));
    const target = URL.canParse(url) ? new URL(url) : null;
    if (target === null || !['http:', 'https:'].includes(target.protocol)) {
      resolve({ ok: false, reason: 'address', isTls: false, detail: 'the address is none' });
      return;
    }
    const send = target.protocol === 'https:' ? requestHttps : requestHttp;
    const request = send(target, {
      method: method.toUpperCase(),
      agent: false,
      signal: end,
      headers: {
        'user-agent': 'ops-control-room check',
        accept: '*/*',
        ...(body === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }),
        ...headers,
      },
    });
    request.on('error', fail);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      const validUntil = certificateEnd(response.socket);
      const finish = (isWhole: boolean): void => {
        resolve({
          ok: true,
          status: response.statusCode ?? 0,
          milliseconds: performance.now() - started,
          body: Buffer.concat(chunks).toString('utf8'),
          bytes,
          isWhole,
          location: response.headers.location ?? null,
          validUntil,
        });
        request.destroy();
      };
      response.on('error', fail);
      response.on('data', (chunk: Buffer) => {
        const room = MOST_BYTES - bytes;
        chunks.push(chunk.subarray(0, room));
        bytes += Math.min(chunk.length, room);
        if (chunk.length > room) finish(false);
      });
      response.on('end', () => finish(response.complete));
    });
    request.end(body);
  });
}

function certificateEnd(socket: unknown): Date | null {
  if (!(socket instanceof TLSSocket)) return null;
  const until = new Date(socket.getPeerCertificate().valid_to ?? '');
  return Number.isNaN(until.getTime()) ? null : until;
}

function failureOf(error: unknown, timeoutMs: number, isOver: boolean): HttpAnswer {
  const code = errorCode(error) ?? '';
  if (isOver) {
    return {
      ok: false,
      reason: 'timeout',
      isTls: false,
      detail: `no answer within ${Math.round(timeoutMs)} ms`,
    };
  }
  const isTls = /^(?:CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|EPROTO)/.test(code);
  return {
    ok: false,
    reason: code || 'failed',
    isTls,
    detail: WORDS[code] ?? `the request failed (${code || 'no code'})`,
  };
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name could not be looked up',
  ENETUNREACH: 'its network cannot be reached',
  EHOSTUNREACH: 'its host cannot be reached',
  ETIMEDOUT: 'the connection timed out',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by an authority nobody knows',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate comes without the intermediate ones',
  EPROTO: 'it does not speak TLS',
};
