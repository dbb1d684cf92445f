/** The part of Deno that Edge Functions use, so that the same files type-check beside Node's code. */
declare const Deno: {
  readonly env: { get(name: string): string | undefined };
  serve(handler: (request: Request) => Response | Promise<Response>): unknown;
};
