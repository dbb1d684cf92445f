/**
 * Runs inside Deno, before the function: makes a bare Deno look like the platform's runtime, and talks to the host.
 *
 * The host's first line on standard input brings the function's environment and a word only the two of us know. Lines on
 * standard error that begin with that word are for the host. The end of standard input is the end of the host, and ours.
 */

interface ServeOptions {
  readonly onError?: (error: unknown) => Response | Promise<Response>;
  readonly handler?: Handler;
  readonly [name: string]: unknown;
}
type Handler = (request: Request, info: unknown) => Response | Promise<Response>;

declare const Deno: {
  readonly env: {
    set(name: string, value: string): void;
    delete(name: string): void;
    toObject(): Record<string, string>;
  };
  readonly stdin: {
    readSync(buffer: Uint8Array): number | null;
    read(buffer: Uint8Array): Promise<number | null>;
  };
  readonly stderr: { writeSync(bytes: Uint8Array): number };
  serve(options: ServeOptions, handler: Handler): unknown;
  exit(code: number): never;
};

/** Deno's global object is an event target; Node's types don't say so. */
declare function dispatchEvent(event: Event): boolean;

interface Welcome {
  readonly word: string;
  readonly env: Readonly<Record<string, string>>;
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();
const welcome = readWelcome();
let serving = false;
let background = 0;

function readWelcome(): Welcome {
  const buffer = new Uint8Array(64 * 1024);
  let text = '';
  while (!text.includes('\n')) {
    const length = Deno.stdin.readSync(buffer);
    if (length === null) Deno.exit(0);
    text += decoder.decode(buffer.subarray(0, length), { stream: true });
  }
  return JSON.parse(text);
}

function tell(message: unknown): void {
  // A line of its own, whatever the function wrote before.
  Deno.stderr.writeSync(encoder.encode(`\n${welcome.word}${JSON.stringify(message)}\n`));
}

function replaceEnvironment(): void {
  for (const name of Object.keys(Deno.env.toObject())) Deno.env.delete(name);
  for (const [name, value] of Object.entries(welcome.env)) Deno.env.set(name, value);
}

/** The platform decides where a function listens; what the function says about it is ignored. */
function replaceServe(): void {
  const serve = Deno.serve.bind(Deno);
  const replaced = (first: ServeOptions | Handler, second?: Handler) => {
    const options = typeof first === 'function' ? {} : first;
    const handler = typeof first === 'function' ? first : (second ?? first.handler);
    if (handler === undefined) throw new TypeError('Deno.serve needs a handler');
    if (serving) throw new Error('An Edge Function serves once: Deno.serve was called a second time.');
    serving = true;
    const { onError = answerError } = options;
    const onListen = ({ port }: { readonly port: number }) => tell({ listening: port });
    return serve({ hostname: '127.0.0.1', port: 0, onError, onListen }, handler);
  };
  Object.assign(Deno, { serve: replaced });
}

function answerError(error: unknown): Response {
  console.error(error);
  const code = 'WORKER_ERROR';
  return Response.json(
    { code, message: 'Function exited due to an error (please check logs)' },
    { status: 500 },
  );
}

/** `EdgeRuntime.waitUntil`: the process lives on for the task; a task that fails ends it, as any unhandled rejection. */
function addEdgeRuntime(): void {
  const count = (change: 1 | -1) => {
    background += change;
    tell({ background });
  };
  const waitUntil = (task: Promise<unknown>): void => {
    count(1);
    Promise.resolve(task).then(
      () => count(-1),
      (error: unknown) => {
        count(-1);
        throw error;
      },
    );
  };
  Object.assign(globalThis, { EdgeRuntime: { waitUntil } });
  // The platform has no web workers; code that would use them should find out here.
  Reflect.deleteProperty(globalThis, 'Worker');
}

async function listenToHost(): Promise<void> {
  const buffer = new Uint8Array(1024);
  for (;;) {
    const length = await Deno.stdin.read(buffer);
    if (length === null) Deno.exit(0);
    // There is one thing to say: that the end is near, and why.
    const reason = decoder.decode(buffer.subarray(0, length)).trim();
    dispatchEvent(new CustomEvent('beforeunload', { detail: { reason } }));
    const ended = setInterval(() => {
      if (background > 0) return;
      clearInterval(ended);
      Deno.exit(0);
    }, 20);
  }
}

/** Serves `export default { fetch }`, unless the module called `Deno.serve` itself. */
export function serveDefault(module: { readonly default?: unknown }): void {
  if (serving) return;
  const entry = module.default;
  const fetcher =
    typeof entry === 'object' && entry !== null && 'fetch' in entry && typeof entry.fetch === 'function'
      ? entry.fetch.bind(entry)
      : null;
  if (fetcher !== null) {
    Deno.serve({}, (request, info) => fetcher(request, info));
    return;
  }
  // Some modules call Deno.serve a moment after they were evaluated.
  setTimeout(() => {
    if (serving) return;
    console.error('The module neither calls Deno.serve nor exports `default { fetch }`.');
    Deno.exit(1);
  }, 1_000);
}

replaceEnvironment();
replaceServe();
addEdgeRuntime();
void listenToHost();
