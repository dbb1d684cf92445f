export const id = 76;
export const ids = [76];
export const modules = {

/***/ 8394:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   lJ: () => (/* binding */ diskReader)
/* harmony export */ });
/* unused harmony exports memoryReader, isRegularFile */
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(3024);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(6760);
/** Where declarations are read from: the disk in life, a map in tests and when a commit is looked at without a checkout. */


/** Reads a working tree. */
function diskReader(root) {
    return {
        list: (folder) => {
            const found = missingAsUndefined(() => (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.readdirSync)((0,node_path__WEBPACK_IMPORTED_MODULE_1__.join)(root, folder), { withFileTypes: true }));
            return (found ?? [])
                .map((entry) => ({
                name: entry.name,
                type: entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : 'refused',
            }))
                .sort((a, b) => (a.name < b.name ? -1 : 1));
        },
        read: (path) => missingAsUndefined(() => (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.readFileSync)(`${root}/${path}`)),
    };
}
/** Reads from memory: path -> text. */
function memoryReader(files) {
    return {
        list: (folder) => {
            const entries = new Map();
            for (const path of Object.keys(files)) {
                if (!path.startsWith(`${folder}/`))
                    continue;
                const [name = '', ...rest] = path.slice(folder.length + 1).split('/');
                entries.set(name, { name, type: rest.length === 0 ? 'file' : 'folder' });
            }
            return [...entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
        },
        read: (path) => {
            const content = Object.hasOwn(files, path) ? files[path] : undefined;
            return typeof content === 'string' ? new TextEncoder().encode(content) : content;
        },
    };
}
/** True for a regular file of the working tree; links are not followed. */
function isRegularFile(root, path) {
    return missingAsUndefined(() => lstatSync(join(root, path)))?.isFile() ?? false;
}
function missingAsUndefined(read) {
    try {
        return read();
    }
    catch (error) {
        const code = error instanceof Error && 'code' in error ? error.code : undefined;
        if (code === 'ENOENT' || code === 'ENOTDIR')
            return undefined;
        throw error;
    }
}


/***/ }),

/***/ 3088:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   o: () => (/* binding */ formatDiagnostics)
/* harmony export */ });
/* harmony import */ var _file_reader_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(8394);
/* harmony import */ var _lint_literal_secrets_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(2823);
/* harmony import */ var _source_text_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(6571);
/** Diagnostics for a terminal (with the offending line), for programs, and as GitHub annotations. */



/** Lines shown around long content: a terminal row, not a wall. */
const WIDTH = 110;
/** What stands where a finding of these kinds points may be a secret, whatever it looks like. */
const SENSITIVE = new Set(['literal-secret', 'environment-variable']);
/** One text without a newline at its end; empty when there is nothing to say. */
function formatDiagnostics(diagnostics, options) {
    switch (options.format) {
        case 'terminal': {
            const lines = sourceLines(options.read ?? (0,_file_reader_js__WEBPACK_IMPORTED_MODULE_0__/* .diskReader */ .lJ)(options.root));
            return diagnostics.map((diagnostic) => terminalText(diagnostic, lines, options.color)).join('\n\n');
        }
        case 'json':
            return JSON.stringify({ schema_version: 1, diagnostics: diagnostics.map(plainDiagnostic) }, null, 2);
        case 'github':
            return diagnostics.map(annotation).join('\n');
    }
}
function plainDiagnostic(diagnostic) {
    const { hint } = diagnostic;
    return {
        ...diagnostic,
        message: printable(diagnostic.message),
        ...(hint === undefined ? {} : { hint: printable(hint) }),
    };
}
/** A workflow command: `::error file=..,line=..,col=..,title=..::message`. */
function annotation(diagnostic) {
    const { file, line, column, endColumn } = diagnostic.location;
    const properties = [
        ['file', file],
        ['line', `${line}`],
        ['endLine', `${line}`],
        ['col', `${column}`],
        ...(endColumn === undefined ? [] : [['endColumn', `${endColumn}`]]),
        ['title', diagnostic.code],
    ].map(([key, value]) => `${key}=${escapeProperty(value ?? '')}`);
    const hint = diagnostic.hint === undefined ? '' : `\n${diagnostic.hint}`;
    return `::${diagnostic.severity} ${properties.join(',')}::${escapeData(printable(`${diagnostic.message}${hint}`))}`;
}
function escapeData(text) {
    return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
function escapeProperty(text) {
    return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
function terminalText(diagnostic, lines, color) {
    const paint = painter(color);
    const { file, line, column } = diagnostic.location;
    const head = `${paint('bold', `${printable(file)}:${line}:${column}`)} ${paint(diagnostic.severity, diagnostic.severity)} ${printable(diagnostic.message)} ${paint('dim', diagnostic.code)}`;
    const source = lines(file, line);
    const excerpt = source === undefined ? [] : excerptOf(source, diagnostic, paint);
    const hint = diagnostic.hint === undefined ? [] : [`  ${paint('dim', 'fix:')} ${printable(diagnostic.hint)}`];
    return [head, ...excerpt, ...hint].join('\n');
}
/** The offending line, cut around the place when it is long, with a caret under it. */
function excerptOf(source, diagnostic, paint) {
    const { line, column } = diagnostic.location;
    const start = Math.min(column - 1, source.length);
    const end = Math.max(start + 1, Math.min((diagnostic.location.endColumn ?? column + 1) - 1, source.length));
    const hidden = SENSITIVE.has(diagnostic.code)
        ? source.slice(0, start) + '•'.repeat(Math.max(0, source.length - start))
        : source;
    const from = start > WIDTH - 20 ? start - 40 : 0;
    const shown = printable(hidden).slice(from, from + WIDTH);
    const gutter = `${line}`;
    const carets = '^'.repeat(Math.max(1, Math.min(end - start, WIDTH - (start - from))));
    const pad = shown.slice(0, start - from).replace(/[^\t]/g, ' ');
    return [
        `  ${paint('dim', `${gutter} |`)} ${shown}`,
        `  ${paint('dim', `${' '.repeat(gutter.length)} |`)} ${pad}${paint(diagnostic.severity, carets)}`,
    ];
}
/** Text that can do nothing to a terminal, and shows no secret. Lengths stay, so carets stay in place. */
function printable(text) {
    const masked = (0,_lint_literal_secrets_js__WEBPACK_IMPORTED_MODULE_1__/* .maskSecrets */ .Q)(text);
    return [...masked].some(isUnprintable)
        ? Array.from(masked, (char) => (isUnprintable(char) ? '·' : char)).join('')
        : masked;
}
/** Control characters except tab and newline, and the marks that turn the direction of text. */
function isUnprintable(char) {
    const code = char.charCodeAt(0);
    if (code < 0x20)
        return code !== 0x09 && code !== 0x0a;
    return ((code >= 0x7f && code <= 0x9f) || (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069));
}
function painter(color) {
    const codes = { bold: '1', dim: '2', error: '31', warning: '33', notice: '36' };
    return (style, text) => (color ? `\u001b[${codes[style]}m${text}\u001b[0m` : text);
}
function sourceLines(reader) {
    const texts = new Map();
    return (file, line) => {
        if (!texts.has(file)) {
            const bytes = reader.read(file);
            const decoded = bytes === undefined ? undefined : (0,_source_text_js__WEBPACK_IMPORTED_MODULE_2__/* .decodeText */ .g7)(bytes);
            texts.set(file, decoded !== undefined && 'text' in decoded ? decoded.text : '');
        }
        const text = texts.get(file);
        return text === undefined || text === '' ? undefined : (0,_source_text_js__WEBPACK_IMPORTED_MODULE_2__/* .lineOf */ .cA)(text, line);
    };
}


/***/ }),

/***/ 2823:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Q: () => (/* binding */ maskSecrets),
/* harmony export */   q: () => (/* binding */ findLiteralSecrets)
/* harmony export */ });
/** What secrets look like: JSON web tokens, Supabase and GitHub keys, private keys, passwords in URLs. */
const SECRETS = [
    { name: 'a JSON web token', pattern: /eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?/ },
    { name: 'a Supabase secret key', pattern: /\bsb_secret_[A-Za-z0-9_-]{6,}/ },
    { name: 'a Supabase access token', pattern: /\bsbp_[A-Za-z0-9]{20,}/ },
    { name: 'a GitHub token', pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})/ },
    {
        name: 'an API key',
        pattern: /\b(?:sk-[A-Za-z0-9_-]{20,}|xox[abprs]-[A-Za-z0-9-]{10,}|AKIA[0-9A-Z]{16})\b/,
    },
    { name: 'a private key', pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----/ },
    {
        name: 'a password in a URL',
        pattern: /[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@'"]{1,200}:[^\s:/@'"]{1,200}@/i,
    },
];
const ANY_SECRET = new RegExp(SECRETS.map((secret) => `(${secret.pattern.source})`).join('|'), 'gi');
/** Cheap test that no secret can be in a text, so that most files are scanned once and simply. */
const HINT = /eyJ|sb_secret_|sbp_|gh[pousr]_|github_pat_|sk-|xox|AKIA|PRIVATE KEY|:\/\/[^\s/]*@/i;
/** A finding for each secret in the text of a file, comments included. */
function findLiteralSecrets(text) {
    if (!HINT.test(text))
        return [];
    return [...text.matchAll(ANY_SECRET)].map((match) => {
        const which = SECRETS.findIndex((_, index) => match[index + 1] !== undefined);
        return {
            severity: 'error',
            code: 'literal-secret',
            message: `${SECRETS[which]?.name ?? 'a secret'} is written out here`,
            hint: 'Declare it in secrets.yaml, refer to it by name, and replace it where it came from: it is in the history now.',
            at: { start: match.index, end: match.index + match[0].length },
        };
    });
}
/** The text with everything that looks like a secret replaced by dots of the same length. */
function maskSecrets(text) {
    return HINT.test(text) ? text.replace(ANY_SECRET, (secret) => '•'.repeat(secret.length)) : text;
}


/***/ }),

/***/ 6571:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   TB: () => (/* binding */ locateOffsets),
/* harmony export */   cA: () => (/* binding */ lineOf),
/* harmony export */   g7: () => (/* binding */ decodeText),
/* harmony export */   yE: () => (/* binding */ lineOfTopKey)
/* harmony export */ });
/* unused harmony export MAX_FILE_BYTES */
/** Larger files are refused unread: no declaration comes near, and a parser should not be asked to try. */
const MAX_FILE_BYTES = 256 * 1024;
/** The text of a file, or what is wrong with its bytes. A byte order mark is dropped; line ends stay as they are. */
function decodeText(bytes) {
    if (bytes.length > MAX_FILE_BYTES) {
        const problem = `the file has ${bytes.length} bytes, more than the ${MAX_FILE_BYTES} that are read`;
        return { problem, hint: 'Split it, or move large content out of it.' };
    }
    if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
        return { problem: 'the file is written in UTF-16', hint: 'Save it as UTF-8.' };
    }
    try {
        return { text: decoder.decode(bytes) };
    }
    catch (error) {
        if (error instanceof TypeError)
            return { problem: 'the file is not valid UTF-8', hint: 'Save it as UTF-8.' };
        throw error;
    }
}
const decoder = new TextDecoder('utf-8', { fatal: true });
/** Line and column of offsets in a text; both count from 1 and never leave the text. */
function locateOffsets(file, text, span) {
    const start = Math.max(0, Math.min(span.start, text.length));
    const before = text.slice(0, start);
    const lineStart = before.lastIndexOf('\n') + 1;
    let line = 1;
    for (let at = before.indexOf('\n'); at >= 0; at = before.indexOf('\n', at + 1))
        line += 1;
    const newline = text.indexOf('\n', start);
    const lineEnd = newline < 0 ? text.length : newline;
    const column = start - lineStart + 1;
    const end = Math.min(span.end, lineEnd);
    return { file, line, column, ...(end > start ? { endColumn: end - lineStart + 1 } : {}) };
}
/** One line of a text without its line end; undefined past the last. */
function lineOf(text, line) {
    return text.split('\n')[line - 1]?.replace(/\r$/, '');
}
/** Line of a key at the left margin, 1 when it is not there. Found without parsing, for files that are good. */
function lineOfTopKey(text, key) {
    for (const candidate of [`${key}:`, `"${key}":`, `'${key}':`]) {
        if (text.startsWith(candidate))
            return 1;
        const at = text.indexOf(`\n${candidate}`);
        if (at >= 0)
            return locateOffsets('', text, { start: at + 1, end: at + 1 }).line;
    }
    return 1;
}


/***/ }),

/***/ 6283:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   j: () => (/* binding */ ConfigurationError)
/* harmony export */ });
/**
 * The user's to fix: a wrong file, input or setting. Says what, where, and what to do; the edge prints it without
 * a stack and turns each diagnostic into an annotation on its line. Anything else that is thrown is a fault.
 */
class ConfigurationError extends Error {
    name = 'ConfigurationError';
    diagnostics;
    hint;
    constructor(message, options = {}) {
        super(message, options.cause === undefined ? undefined : { cause: options.cause });
        this.hint = options.hint;
        this.diagnostics = options.diagnostics ?? [];
    }
}


/***/ }),

/***/ 7993:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   x: () => (/* binding */ reportFailure)
/* harmony export */ });
/* harmony import */ var commander__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(1283);
/* harmony import */ var _declare_format_diagnostics_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(3088);
/* harmony import */ var _errors_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(6283);



/** A fault may quote what it failed on; more than this helps nobody. */
const longestFault = 8000;
/**
 * The one place where a command's error is told to a person: what the user can fix is said without a stack,
 * everything else is a fault of ours with its stack and causes.
 *
 * @returns the exit code: 1, or what the command line parser asked for (0 for `--help`)
 */
function reportFailure(error) {
    if (error instanceof commander__WEBPACK_IMPORTED_MODULE_0__/* .CommanderError */ .b7)
        return error.exitCode;
    if (error instanceof _errors_js__WEBPACK_IMPORTED_MODULE_2__/* .ConfigurationError */ .j) {
        if (error.diagnostics.length > 0) {
            const color = process.stderr.isTTY === true;
            process.stderr.write(`${(0,_declare_format_diagnostics_js__WEBPACK_IMPORTED_MODULE_1__/* .formatDiagnostics */ .o)(error.diagnostics, { format: 'terminal', root: process.cwd(), color })}\n`);
        }
        process.stderr.write(`error: ${error.message}\n`);
        if (error.hint !== undefined)
            process.stderr.write(`  ${error.hint}\n`);
        return 1;
    }
    process.stderr.write('This is a fault of opsroom, not of your files:\n');
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`${text.slice(0, longestFault)}\n`);
    for (let cause = error instanceof Error ? error.cause : undefined; cause instanceof Error; cause = cause.cause) {
        process.stderr.write(`caused by ${cause.message.slice(0, longestFault)}\n`);
    }
    return 1;
}


/***/ }),

/***/ 9076:
/***/ ((__webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.a(__webpack_module__, async (__webpack_handle_async_dependencies__, __webpack_async_result__) => { try {
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   runCli: () => (/* binding */ runCli)
/* harmony export */ });
/* harmony import */ var commander__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(1283);
/* harmony import */ var _shared_io_report_failure_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(7993);


function positiveInteger(text) {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < 1)
        throw new commander__WEBPACK_IMPORTED_MODULE_0__/* .InvalidArgumentError */ .Di('Give a whole number of 1 or more.');
    return value;
}
const rootOption = () => new commander__WEBPACK_IMPORTED_MODULE_0__/* .Option */ .c$('--root <folder>', 'the repository that holds runbooks/ and migrations/').default(process.cwd(), 'this folder');
const environmentOption = () => new commander__WEBPACK_IMPORTED_MODULE_0__/* .Option */ .c$('-e, --env <name>', 'the environment of runbooks/environments.yaml').default('local');
const planFormat = () => new commander__WEBPACK_IMPORTED_MODULE_0__/* .Option */ .c$('--format <format>', 'how to print')
    .choices(['terminal', 'json', 'markdown'])
    .default('terminal');
/**
 * `opsroom <command>`: the actions' work in a terminal. Commands are loaded when they run, so that `--help`
 * and `validate` start fast.
 */
async function runCli(argv) {
    let exitCode = 0;
    const does = async (work) => {
        exitCode = await work();
    };
    const program = new commander__WEBPACK_IMPORTED_MODULE_0__/* .Command */ .uB('opsroom')
        .description('Operations the GitOps way: what runbooks/ declares becomes true in Postgres, and stays watched.')
        .version('0.1.0')
        .showHelpAfterError('(opsroom --help lists the commands)')
        .showSuggestionAfterError(true)
        .exitOverride();
    program
        .command('validate')
        .description('check runbooks/ and migrations/ without touching a database')
        .addOption(rootOption())
        .addOption(new commander__WEBPACK_IMPORTED_MODULE_0__/* .Option */ .c$('--format <format>', 'how to print')
        .choices(['terminal', 'json', 'github'])
        .default('terminal'))
        .addOption(new commander__WEBPACK_IMPORTED_MODULE_0__/* .Option */ .c$('-e, --env <name>', 'environment for the stampede report').default('production'))
        .option('--stampede', 'simulate the next 7 days and report the busiest minutes')
        .option('--strict', 'warnings fail too')
        .action((options) => does(async () => (await Promise.all(/* import() */[__webpack_require__.e(41), __webpack_require__.e(493)]).then(__webpack_require__.bind(__webpack_require__, 5754))).validate(options)));
    program
        .command('plan')
        .description('show what would change')
        .addOption(rootOption())
        .addOption(environmentOption())
        .addOption(planFormat())
        .option('--prune', 'plan the deletion of objects that are ours and no longer declared')
        .option('--allow-deletes <n>', 'accept up to N deletions beyond the limits of the environment', positiveInteger)
        .option('--detailed-exitcode', 'exit 0: no change, 2: changes, 1: error')
        .action((options) => does(async () => (await Promise.all(/* import() */[__webpack_require__.e(256), __webpack_require__.e(745), __webpack_require__.e(74), __webpack_require__.e(41), __webpack_require__.e(929), __webpack_require__.e(51), __webpack_require__.e(535)]).then(__webpack_require__.bind(__webpack_require__, 7535))).plan(options)));
    program
        .command('apply')
        .description('make the environment what the files say, in one transaction')
        .addOption(rootOption())
        .addOption(environmentOption())
        .addOption(planFormat())
        .option('--prune', 'delete objects that are ours and no longer declared')
        .option('--allow-deletes <n>', 'accept up to N deletions beyond the limits of the environment', positiveInteger)
        .option('--expect-digest <digest>', 'apply only if the plan is still this one')
        .option('--dry-run', 'plan only')
        .option('-y, --yes', 'do not ask')
        .action((options) => does(async () => (await Promise.all(/* import() */[__webpack_require__.e(256), __webpack_require__.e(745), __webpack_require__.e(74), __webpack_require__.e(41), __webpack_require__.e(929), __webpack_require__.e(51), __webpack_require__.e(978)]).then(__webpack_require__.bind(__webpack_require__, 6978))).apply(options)));
    program
        .command('drift')
        .description('show what was changed by hand since the last apply; exit 2 when there is something')
        .addOption(rootOption())
        .addOption(environmentOption())
        .addOption(planFormat())
        .action((options) => does(async () => (await Promise.all(/* import() */[__webpack_require__.e(256), __webpack_require__.e(745), __webpack_require__.e(74), __webpack_require__.e(41), __webpack_require__.e(929), __webpack_require__.e(51), __webpack_require__.e(741)]).then(__webpack_require__.bind(__webpack_require__, 5741))).drift(options)));
    program
        .command('adopt')
        .description('write YAML for live jobs that nobody declared, inline secrets moved to Vault references')
        .argument('[jobs...]', 'names of jobs; all unmanaged ones when left out')
        .addOption(rootOption())
        .addOption(environmentOption())
        .option('--write', 'write the files; without it they are only shown')
        .addOption(new commander__WEBPACK_IMPORTED_MODULE_0__/* .Option */ .c$('--format <format>', 'how to print').choices(['terminal', 'json']).default('terminal'))
        .action((jobs, options) => does(async () => (await Promise.all(/* import() */[__webpack_require__.e(256), __webpack_require__.e(745), __webpack_require__.e(74), __webpack_require__.e(483), __webpack_require__.e(951), __webpack_require__.e(41), __webpack_require__.e(929), __webpack_require__.e(135)]).then(__webpack_require__.bind(__webpack_require__, 1516))).adoptJobs({ ...options, jobs })));
    program
        .command('runs')
        .description('list runs with their three truths: fired, delivered, reported')
        .argument('[job]', 'only this job')
        .addOption(rootOption())
        .addOption(environmentOption())
        .option('--failed', 'only runs that did not succeed')
        .option('--follow', 'stay and print runs as they change, until Ctrl-C')
        .option('--limit <n>', 'how many', positiveInteger, 20)
        .addOption(new commander__WEBPACK_IMPORTED_MODULE_0__/* .Option */ .c$('--format <format>', 'how to print').choices(['terminal', 'json']).default('terminal'))
        .action((job, options) => does(async () => (await Promise.all(/* import() */[__webpack_require__.e(256), __webpack_require__.e(745), __webpack_require__.e(74), __webpack_require__.e(618), __webpack_require__.e(41), __webpack_require__.e(434)]).then(__webpack_require__.bind(__webpack_require__, 6434))).runs({ ...options, job })));
    program
        .command('fire')
        .description('fire a job now and follow it to its true outcome; exit 0 only when it succeeded')
        .argument('<job>', 'name of the job')
        .addOption(rootOption())
        .addOption(environmentOption())
        .option('--no-wait', 'do not follow it')
        .addOption(new commander__WEBPACK_IMPORTED_MODULE_0__/* .Option */ .c$('--format <format>', 'how to print').choices(['terminal', 'json']).default('terminal'))
        .action((job, options) => does(async () => (await Promise.all(/* import() */[__webpack_require__.e(256), __webpack_require__.e(745), __webpack_require__.e(74), __webpack_require__.e(618), __webpack_require__.e(41), __webpack_require__.e(295)]).then(__webpack_require__.bind(__webpack_require__, 8295))).fire({ ...options, job })));
    try {
        await program.parseAsync([...argv], { from: 'user' });
        return exitCode;
    }
    catch (error) {
        return (0,_shared_io_report_failure_js__WEBPACK_IMPORTED_MODULE_1__/* .reportFailure */ .x)(error);
    }
}
if (import.meta.main)
    process.exitCode = await runCli(process.argv.slice(2));

__webpack_async_result__();
} catch(e) { __webpack_async_result__(e); } }, 1);

/***/ })

};
