/** Headers supabase-js sends from a browser, and ours. */
const allowedHeaders = 'authorization, apikey, content-type, x-client-info, idempotency-key';

/** Who may call from a browser: `*`, or exact origins. */
export type AllowedOrigins = '*' | readonly string[];

/**
 * Origins from the function's environment: `OPS_ALLOWED_ORIGINS`, comma-separated. Without it every origin may ask, as
 * in Supabase's own examples: the token in the Authorization header is what opens the function, never a cookie.
 */
export function allowedOrigins(configured: string | undefined): AllowedOrigins {
  const origins = (configured ?? '')
    .split(',')
    .map((origin) => origin.trim())
    .filter((origin) => origin !== '');
  return origins.length === 0 ? '*' : origins;
}

/** What a browser needs to read the answer; empty for an origin that is not allowed. */
export function corsHeaders(
  request: Request,
  origins: AllowedOrigins,
  methods: readonly string[],
): Record<string, string> {
  const origin = request.headers.get('origin');
  if (origin === null) return {};
  if (origins !== '*' && !origins.includes(origin)) return { vary: 'origin' };
  return {
    'access-control-allow-origin': origins === '*' ? '*' : origin,
    'access-control-allow-methods': [...methods, 'OPTIONS'].join(', '),
    'access-control-allow-headers': allowedHeaders,
    'access-control-max-age': '600',
    ...(origins === '*' ? {} : { vary: 'origin' }),
  };
}
