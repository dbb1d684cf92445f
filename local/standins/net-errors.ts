/**
 * What libcurl calls the failures of Node's client: the texts of `net._http_response.error_msg`.
 */
import type { Stages } from './net-request.ts';

const connectFailed = "Couldn't connect to server";

const texts: Readonly<Record<string, string>> = {
  ECONNREFUSED: connectFailed,
  EHOSTUNREACH: connectFailed,
  ENETUNREACH: connectFailed,
  ETIMEDOUT: connectFailed,
  EADDRNOTAVAIL: connectFailed,
  ENOTFOUND: "Couldn't resolve host name",
  EAI_AGAIN: "Couldn't resolve host name",
  EAI_NODATA: "Couldn't resolve host name",
  ECONNRESET: 'Failure when receiving data from the peer',
  EPIPE: 'Failed sending data to the peer',
  ERR_SSL_WRONG_VERSION_NUMBER: 'SSL connect error',
  EPROTO: 'SSL connect error',
};

const certificateProblem = 'SSL peer certificate or SSH remote key was not OK';

/** The text for an error of Node's HTTP client. */
export function curlErrorText(error: unknown): string {
  if (!(error instanceof Error)) return 'Failure when receiving data from the peer';
  if (error.name === 'UnsupportedProtocol') return 'Unsupported protocol';
  if (error.name === 'RedirectLimit') return 'Number of redirects hit maximum amount';
  if (error.message === 'socket hang up') return 'Server returned nothing (no headers, no data)';
  if (error.message === 'aborted') return 'Transferred a partial file';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code.startsWith('HPE_')) return 'Weird server reply';
  if (/CERT|SELF_SIGNED|ALTNAME/.test(code)) return certificateProblem;
  if (code === 'ERR_INVALID_URL') return 'URL using bad/illegal format or missing URL';
  return texts[code] ?? firstText(error) ?? 'Failure when receiving data from the peer';
}

/** A host with several addresses fails with one error for each. */
function firstText(error: Error): string | undefined {
  if (!(error instanceof AggregateError)) return undefined;
  const [first] = error.errors;
  return first === undefined ? undefined : curlErrorText(first);
}

/** The detailed text of a timeout, times in milliseconds with libcurl's six places. */
export function timeoutText(limitMs: number, stages: Stages, now: number): string {
  const total = now - stages.start;
  const dns = (stages.resolved ?? stages.connected ?? stages.start) - stages.start;
  const handshake = stages.connected === null ? 0 : stages.connected - stages.start - dns;
  const http = stages.connected === null ? 0 : now - stages.connected;
  const ms = (value: number): string => `${Math.max(0, value).toFixed(6)} ms`;
  return (
    `Timeout of ${limitMs} ms reached. Total time: ${ms(total)} ` +
    `(DNS time: ${ms(dns)}, TCP/SSL handshake time: ${ms(handshake)}, HTTP Request/Response time: ${ms(http)})`
  );
}
