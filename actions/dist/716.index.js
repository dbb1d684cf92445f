export const id = 716;
export const ids = [716];
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

/***/ 7509:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   $A: () => (/* binding */ integerInput),
/* harmony export */   Ko: () => (/* binding */ readInputs),
/* harmony export */   e1: () => (/* binding */ tokenInput),
/* harmony export */   tE: () => (/* binding */ booleanInput),
/* harmony export */   u5: () => (/* binding */ environmentInput)
/* harmony export */ });
/* unused harmony export inputName */
/* harmony import */ var zod__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(1532);
/* harmony import */ var _errors_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(6283);


/** `allowDeletes` in code is `allow-deletes` in action.yml. */
function inputName(key) {
    return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
/**
 * Reads the inputs of an action, which the runner passes as `INPUT_<NAME>` variables, and parses them once.
 * An empty input counts as not given, as in every form and workflow file.
 *
 * @param schema a strict object whose camelCase keys are the kebab-case inputs of action.yml
 * @throws ConfigurationError naming every wrong input, what is wrong with it and what is accepted
 */
function readInputs(schema, environment) {
    const given = {};
    for (const key of Object.keys(schema.shape)) {
        const text = environment[`INPUT_${inputName(key).toUpperCase()}`]?.trim();
        if (text !== undefined && text !== '')
            given[key] = text;
    }
    const parsed = schema.safeParse(given);
    if (parsed.success)
        return parsed.data;
    const problems = parsed.error.issues.map((issue) => `input ${inputName(String(issue.path[0]))}: ${issue.message}`);
    throw new _errors_js__WEBPACK_IMPORTED_MODULE_0__/* .ConfigurationError */ .j(problems.join('\n'), {
        hint: 'Look at the `with:` block of the step, and at the form when the run was started by hand.',
    });
}
/** `true` or `false`, as YAML writes booleans; anything else is refused. */
function booleanInput(fallback) {
    return zod__WEBPACK_IMPORTED_MODULE_1__/* ["enum"] */ .k5n(['true', 'True', 'TRUE', 'false', 'False', 'FALSE'], { error: 'give true or false' })
        .transform((text) => text.toLowerCase() === 'true')
        .default(fallback);
}
/** A whole number of `least` or more. */
function integerInput(least) {
    return zod__WEBPACK_IMPORTED_MODULE_1__/* .string */ .YjP()
        .regex(/^\d{1,9}$/, `give a whole number of ${least} or more`)
        .transform(Number)
        .refine((value) => value >= least, `give a whole number of ${least} or more`);
}
/** A name of environments.yaml. Only its form is checked here; whether it exists is the declarations' to say. */
const environmentInput = zod__WEBPACK_IMPORTED_MODULE_1__/* .string */ .YjP({ error: 'is required: a name of runbooks/environments.yaml' })
    .regex(/^[a-z][a-z0-9_-]{0,62}$/, 'must be a name of runbooks/environments.yaml (small letters, digits, - and _)');
/** The token the GitHub API is called with. */
const tokenInput = zod__WEBPACK_IMPORTED_MODULE_1__/* .string */ .YjP({ error: 'is required: usually github.token' });


/***/ }),

/***/ 2369:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  C: () => (/* binding */ runAction)
});

// EXTERNAL MODULE: ./js/actions/_shared/io/errors.js
var errors = __webpack_require__(6283);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
// EXTERNAL MODULE: ./js/actions/_shared/report/bounded-markdown.js
var bounded_markdown = __webpack_require__(2787);
// EXTERNAL MODULE: ../../node_modules/zod/v4/classic/schemas.js + 6 modules
var schemas = __webpack_require__(1532);
;// CONCATENATED MODULE: ./js/actions/_shared/io/run-record.js

/** Why a run of an action ended as it did. Closed: workflows and dashboards may branch on it. */
const RunReason = schemas/* enum */.k5n([
    'lint_passed',
    'lint_failed',
    'plan_changes',
    'plan_empty',
    'plan_blocked',
    'dry_run',
    'applied',
    'nothing_to_do',
    'plan_moved',
    'deletion_guard',
    'locked',
    'connection_lost',
    'apply_failed',
    'drift_found',
    'drift_none',
    'configuration_error',
    'fault',
]);
/** The one record every run ends in: the `result` output and the tail of the summary. */
const RunRecord = schemas/* strictObject */.rej({
    schema_version: schemas/* literal */.euz(1),
    action: schemas/* string */.YjP(),
    reason: RunReason,
    ok: schemas/* boolean */.zMY(),
    environment: schemas/* string */.YjP().nullable(),
    digest: schemas/* string */.YjP().nullable(),
    counts: schemas/* record */.g1P(schemas/* string */.YjP(), schemas/* number */.aig()).nullable(),
    message: schemas/* string */.YjP(),
    duration_ms: schemas/* number */.aig(),
});
/** True for the reasons with which a step is green. */
function isGood(reason) {
    switch (reason) {
        case 'lint_passed':
        case 'plan_changes':
        case 'plan_empty':
        case 'dry_run':
        case 'applied':
        case 'nothing_to_do':
        case 'drift_found':
        case 'drift_none':
            return true;
        case 'lint_failed':
        case 'plan_blocked':
        case 'plan_moved':
        case 'deletion_guard':
        case 'locked':
        case 'connection_lost':
        case 'apply_failed':
        case 'configuration_error':
        case 'fault':
            return false;
    }
}

;// CONCATENATED MODULE: ./js/actions/_shared/io/publish.js



// The runner keeps ten annotations of each severity a step; the rest would be dropped in silence.
const ANNOTATIONS = 10;
/**
 * Tells the runner everything about an ended run: masks, annotations, log, summary, outputs, success or failure.
 * The only place that touches @actions/core, which is loaded here because it costs more than deciding did.
 */
async function publish(run) {
    const core = await __webpack_require__.e(/* import() */ 927).then(__webpack_require__.bind(__webpack_require__, 927));
    const { outcome, record, redaction } = run;
    for (const value of redaction.values())
        core.setSecret(value);
    annotate(core, outcome, redaction);
    for (const notice of outcome.notices ?? [])
        core.notice(redaction.redact(notice));
    if (outcome.log !== undefined && outcome.log !== '')
        core.info(redaction.redact(outcome.log));
    if (run.fault !== undefined)
        describeFault(core, run.fault, redaction);
    await writeSummary(core, summaryOf(outcome, record), redaction);
    const outputs = { ...outcome.outputs, reason: record.reason, result: JSON.stringify(record) };
    for (const [name, value] of Object.entries(outputs))
        core.setOutput(name, redaction.redact(value));
    const message = redaction.redact(outcome.message);
    if (isGood(record.reason))
        core.info(message);
    else
        core.setFailed(message);
}
function annotate(core, { diagnostics = [], root = '.' }, redaction) {
    const left = { error: ANNOTATIONS, warning: ANNOTATIONS, notice: ANNOTATIONS };
    for (const item of diagnostics) {
        const { location, severity } = item;
        const text = redaction.redact([item.message, ...(item.hint === undefined ? [] : [item.hint])].join('\n'));
        left[severity] -= 1;
        if (left[severity] < 0) {
            core.info(`${severity} ${location.file}:${location.line}:${location.column} ${text}`);
            continue;
        }
        core[severity](text, {
            title: item.code,
            file: external_node_path_.posix.join(root, location.file),
            startLine: location.line,
            startColumn: location.column,
            ...(location.endColumn === undefined ? {} : { endLine: location.line, endColumn: location.endColumn }),
        });
    }
}
function describeFault(core, fault, redaction) {
    core.startGroup('Details of the fault');
    let current = fault;
    while (current !== undefined) {
        core.info(redaction.redact(current instanceof Error ? (current.stack ?? current.message) : String(current)));
        current = current instanceof Error ? current.cause : undefined;
        if (current !== undefined)
            core.info('caused by');
    }
    core.endGroup();
}
/** The summary ends in the record, so that a reader and a machine are told the same. */
function summaryOf({ summary = '' }, record) {
    const tail = `\n<details><summary>Result: ${record.reason}</summary>\n\n~~~json\n${JSON.stringify(record, null, 2)}\n~~~\n\n</details>\n`;
    return (0,bounded_markdown/* inBytes */.Hf)(summary + tail) < bounded_markdown/* SUMMARY_LIMIT */.Jt ? summary + tail : summary;
}
async function writeSummary(core, summary, redaction) {
    // Outside GitHub Actions (and in old runners) there is no summary file; that must not fail the run.
    if (process.env.GITHUB_STEP_SUMMARY === undefined)
        return;
    const text = redaction.redact(summary);
    if ((0,bounded_markdown/* inBytes */.Hf)(text) >= bounded_markdown/* SUMMARY_LIMIT */.Jt)
        throw new Error('the summary is over 1 MiB; its renderer must bound it');
    await core.summary.addRaw(text, true).write();
}

;// CONCATENATED MODULE: ./js/actions/_shared/io/redaction.js
// A mask shorter than this hides half the log and protects nothing.
const SHORTEST = 4;
/** An empty set of secrets. */
function createRedaction() {
    const known = new Set();
    const values = () => [...known].sort((a, b) => b.length - a.length);
    return {
        values,
        add: (value) => {
            for (const form of value === undefined ? [] : formsOf(value)) {
                if (form.length >= SHORTEST)
                    known.add(form);
            }
        },
        redact: (text) => values().reduce((cut, value) => cut.replaceAll(value, '***'), text),
    };
}
/** The forms in which a secret could turn up: whole, by line, trimmed, and the password of a connection string. */
function formsOf(value) {
    const lines = value.split(/\r?\n/);
    const forms = [value, value.trim(), ...lines, ...lines.map((line) => line.trim())];
    const password = /^[a-z][a-z0-9+.-]*:\/\/[^:@/]*:([^@]*)@/i.exec(value)?.[1];
    if (password !== undefined)
        forms.push(password, decoded(password));
    return forms;
}
function decoded(text) {
    try {
        return decodeURIComponent(text);
    }
    catch {
        // Not percent-encoded: the raw form is the only one.
        return text;
    }
}

;// CONCATENATED MODULE: ./js/actions/_shared/io/run-action.js




/**
 * Runs an action: the one place where its errors are caught. A ConfigurationError becomes annotations and a failed
 * step without a stack; anything else is a fault of ours, with its stack in a folded group.
 */
async function runAction(name, work) {
    const redaction = createRedaction();
    const started = performance.now();
    const { outcome, fault } = await attempt(() => work({ environment: process.env, redaction, now: () => new Date() }));
    const record = {
        schema_version: 1,
        action: name,
        reason: outcome.reason,
        ok: isGood(outcome.reason),
        environment: outcome.environment ?? null,
        digest: outcome.digest ?? null,
        counts: outcome.counts ?? null,
        message: redaction.redact(outcome.message),
        duration_ms: Math.round(performance.now() - started),
    };
    await publish({ outcome, record, redaction, ...(fault === undefined ? {} : { fault }) });
}
async function attempt(work) {
    try {
        return { outcome: await work() };
    }
    catch (error) {
        if (error instanceof errors/* ConfigurationError */.j) {
            const message = error.hint === undefined ? error.message : `${error.message}\n${error.hint}`;
            return { outcome: { reason: 'configuration_error', message, diagnostics: error.diagnostics } };
        }
        const message = `A fault of ours, not of your files: ${error instanceof Error ? error.message : String(error)}`;
        return { outcome: { reason: 'fault', message }, fault: error };
    }
}


/***/ }),

/***/ 5113:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   $: () => (/* binding */ readRunContext)
/* harmony export */ });
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(3024);
/* harmony import */ var zod__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(1532);
/* harmony import */ var zod__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(7232);
/* harmony import */ var _errors_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(6283);



const Variables = zod__WEBPACK_IMPORTED_MODULE_2__/* .object */ .Ikc({
    GITHUB_EVENT_NAME: zod__WEBPACK_IMPORTED_MODULE_2__/* .string */ .YjP().default(''),
    GITHUB_EVENT_PATH: zod__WEBPACK_IMPORTED_MODULE_2__/* .string */ .YjP().optional(),
    GITHUB_REPOSITORY: zod__WEBPACK_IMPORTED_MODULE_2__/* .string */ .YjP().regex(/^[^/]+\/[^/]+$/),
    GITHUB_SHA: zod__WEBPACK_IMPORTED_MODULE_2__/* .string */ .YjP().default(''),
    GITHUB_TRIGGERING_ACTOR: zod__WEBPACK_IMPORTED_MODULE_2__/* .string */ .YjP().optional(),
    GITHUB_ACTOR: zod__WEBPACK_IMPORTED_MODULE_2__/* .string */ .YjP().default('unknown'),
    GITHUB_API_URL: zod__WEBPACK_IMPORTED_MODULE_2__/* .url */ .OZ5().default('https://api.github.com'),
    GITHUB_SERVER_URL: zod__WEBPACK_IMPORTED_MODULE_2__/* .url */ .OZ5().default('https://github.com'),
    GITHUB_RUN_ID: zod__WEBPACK_IMPORTED_MODULE_2__/* .string */ .YjP().default('0'),
    GITHUB_RUN_ATTEMPT: zod__WEBPACK_IMPORTED_MODULE_2__/* .string */ .YjP().default('1'),
    GITHUB_WORKSPACE: zod__WEBPACK_IMPORTED_MODULE_2__/* .string */ .YjP().optional(),
});
const Event = zod__WEBPACK_IMPORTED_MODULE_2__/* .object */ .Ikc({
    pull_request: zod__WEBPACK_IMPORTED_MODULE_2__/* .object */ .Ikc({
        number: zod__WEBPACK_IMPORTED_MODULE_2__/* .number */ .aig().int().positive(),
        head: zod__WEBPACK_IMPORTED_MODULE_2__/* .object */ .Ikc({ sha: zod__WEBPACK_IMPORTED_MODULE_2__/* .string */ .YjP(), repo: zod__WEBPACK_IMPORTED_MODULE_2__/* .object */ .Ikc({ full_name: zod__WEBPACK_IMPORTED_MODULE_2__/* .string */ .YjP() }).nullable() }),
        base: zod__WEBPACK_IMPORTED_MODULE_2__/* .object */ .Ikc({ repo: zod__WEBPACK_IMPORTED_MODULE_2__/* .object */ .Ikc({ full_name: zod__WEBPACK_IMPORTED_MODULE_2__/* .string */ .YjP() }) }),
    })
        .optional(),
});
/**
 * Reads the context of a run.
 *
 * @throws ConfigurationError when it does not run on GitHub Actions (or something that behaves like it)
 */
function readRunContext(environment) {
    const parsed = Variables.safeParse(environment);
    if (!parsed.success) {
        throw new _errors_js__WEBPACK_IMPORTED_MODULE_1__/* .ConfigurationError */ .j(`This is meant to run as a step on GitHub Actions: ${zod__WEBPACK_IMPORTED_MODULE_3__/* .prettifyError */ .S1(parsed.error)}`, { hint: 'In a terminal, use the same commands of `opsroom`.' });
    }
    const variables = parsed.data;
    const [owner = '', repo = ''] = variables.GITHUB_REPOSITORY.split('/');
    return {
        event: variables.GITHUB_EVENT_NAME,
        owner,
        repo,
        sha: variables.GITHUB_SHA,
        actor: variables.GITHUB_TRIGGERING_ACTOR ?? variables.GITHUB_ACTOR,
        apiUrl: variables.GITHUB_API_URL,
        serverUrl: variables.GITHUB_SERVER_URL,
        runUrl: `${variables.GITHUB_SERVER_URL}/${owner}/${repo}/actions/runs/${variables.GITHUB_RUN_ID}/attempts/${variables.GITHUB_RUN_ATTEMPT}`,
        workspace: variables.GITHUB_WORKSPACE ?? process.cwd(),
        pullRequest: readPullRequest(variables.GITHUB_EVENT_PATH),
    };
}
function readPullRequest(eventPath) {
    if (eventPath === undefined)
        return null;
    const { pull_request: pull } = Event.parse(JSON.parse((0,node_fs__WEBPACK_IMPORTED_MODULE_0__.readFileSync)(eventPath, 'utf8')));
    if (pull === undefined)
        return null;
    return {
        number: pull.number,
        headSha: pull.head.sha,
        // A deleted fork has no repository any more: still not ours.
        fromFork: pull.head.repo?.full_name !== pull.base.repo.full_name,
    };
}


/***/ }),

/***/ 2787:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   E6: () => (/* binding */ inCharacters),
/* harmony export */   Hf: () => (/* binding */ inBytes),
/* harmony export */   Jt: () => (/* binding */ SUMMARY_LIMIT),
/* harmony export */   Nb: () => (/* binding */ boundedMarkdown),
/* harmony export */   W$: () => (/* binding */ COMMENT_LIMIT)
/* harmony export */ });
/** GitHub refuses comment and issue bodies over 65,536 characters with 422. */
const COMMENT_LIMIT = 65_536;
/** A job summary over 1 MiB is not shown at all. */
const SUMMARY_LIMIT = 1_048_576;
function inCharacters(text) {
    return text.length;
}
function inBytes(text) {
    return Buffer.byteLength(text, 'utf8');
}
// Every section may use this much before an earlier, longer one takes the rest.
const FAIR_SHARE = 2_000;
/** Lays the document out, cutting only between items and saying how many are missing. */
function boundedMarkdown(document) {
    const { measure } = document;
    const sections = document.sections.filter((section) => section.items.length > 0);
    let room = document.limit - 1 - measure(document.head) - measure(document.foot) - 4;
    const parts = [];
    for (const [index, section] of sections.entries()) {
        const reserved = sections
            .slice(index + 1)
            .reduce((sum, later) => sum + Math.min(FAIR_SHARE, measure(wholeSection(later)) + 2), 0);
        const text = fitSection(section, { ...document, room: room - reserved });
        if (text === '')
            continue;
        parts.push(text);
        room -= measure(text) + 2;
    }
    return [document.head, ...parts, document.foot].filter((part) => part !== '').join('\n\n');
}
function fitSection(section, { room, measure, more }) {
    const whole = wholeSection(section);
    if (measure(whole) <= room)
        return whole;
    const items = [];
    let left = room - measure(wrap(section, more(section.items.length))) - 1;
    for (const item of section.items) {
        const size = measure(item) + 1;
        if (size > left)
            break;
        items.push(item);
        left -= size;
    }
    const cut = wrap(section, [...items, more(section.items.length - items.length)].join('\n'));
    return measure(cut) <= room ? cut : '';
}
function wholeSection(section) {
    return wrap(section, section.items.join('\n'));
}
function wrap(section, content) {
    return section.collapsed === true
        ? `<details><summary>${section.title}</summary>\n\n${content}\n\n</details>`
        : `**${section.title}**\n\n${content}`;
}


/***/ }),

/***/ 2513:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   m: () => (/* binding */ readDeclarations)
/* harmony export */ });
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(6760);
/* harmony import */ var _declare_load_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(4041);


/**
 * Reads `runbooks/` and `migrations/` and takes note of every value that must not be seen: connection strings at once,
 * secrets of an environment when it is resolved.
 */
async function readDeclarations(from) {
    const { environment, redaction } = from;
    const result = await (0,_declare_load_js__WEBPACK_IMPORTED_MODULE_1__/* .loadDeclarations */ .C)({ root: node_path__WEBPACK_IMPORTED_MODULE_0__.resolve(from.workspace, from.root) });
    for (const { connectionEnv } of result.environments)
        redaction.add(environment[connectionEnv]);
    return {
        resolve: (name) => hideSecrets(result.resolve(name), { environment, redaction }),
        diagnostics: result.diagnostics,
        broken: result.diagnostics.some((item) => item.severity === 'error'),
    };
}
function hideSecrets(desired, { environment, redaction }) {
    for (const { valueEnv } of desired.secrets)
        redaction.add(environment[valueEnv]);
    return desired;
}


/***/ }),

/***/ 49:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   a: () => (/* binding */ connectionOf),
/* harmony export */   k: () => (/* binding */ withDatabase)
/* harmony export */ });
/* harmony import */ var _io_errors_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(6283);

/** The connection string of an environment; null when its variable is not set here. */
function connectionOf(target, environment) {
    const url = environment[target.connectionEnv];
    return url === undefined || url.trim() === '' ? null : url;
}
/**
 * Connects to an environment's database, works, and closes the connection whatever happens.
 *
 * @throws ConfigurationError when the variable with the connection string is not set
 */
async function withDatabase(target, work) {
    const { declaration } = target;
    const url = connectionOf(declaration, target.environment);
    if (url === null) {
        throw new _io_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .ConfigurationError */ .j(`No database for environment ${declaration.name}: the variable ${declaration.connectionEnv} is not set.`, {
            hint: `Put the connection string into a secret of the GitHub environment ${declaration.githubEnvironment ?? declaration.name} and pass it to the step as env.`,
        });
    }
    const { connect } = await Promise.all(/* import() */[__webpack_require__.e(74), __webpack_require__.e(264)]).then(__webpack_require__.bind(__webpack_require__, 4264));
    const sql = connect({ url, applicationName: 'opsroom-action' });
    try {
        return await work(sql);
    }
    finally {
        await sql.end({ timeout: 5 });
    }
}


/***/ })

};
