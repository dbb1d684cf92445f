export const id = 41;
export const ids = [41];
export const modules = {

/***/ 7664:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   E: () => (/* binding */ closestWord)
/* harmony export */ });
/* harmony import */ var fastest_levenshtein__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(8232);
/** Suggests the right word for a mistyped one. */

/**
 * The candidate nearest to `word`, or undefined when none is near enough to be meant: at most two edits for short
 * words, a third of the length for long ones. Case is ignored.
 */
function closestWord(word, candidates) {
    const wanted = word.toLowerCase();
    const limit = Math.max(2, Math.floor(wanted.length / 3));
    let best;
    let bestDistance = limit + 1;
    for (const candidate of candidates) {
        if (Math.abs(candidate.length - wanted.length) >= bestDistance)
            continue;
        const edits = (0,fastest_levenshtein__WEBPACK_IMPORTED_MODULE_0__/* .distance */ .Io)(wanted, candidate.toLowerCase());
        if (edits < bestDistance && edits < Math.max(wanted.length, 2)) {
            best = candidate;
            bestDistance = edits;
        }
    }
    return best;
}


/***/ }),

/***/ 8224:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   l: () => (/* binding */ PLACES)
/* harmony export */ });
/** One file holding a map of objects, or a folder with one object a file. */
const PLACES = {
    environments: { file: 'runbooks/environments.yaml' },
    secrets: { file: 'runbooks/secrets.yaml' },
    cron: { folder: 'runbooks/cron', landmark: 'schedule' },
};


/***/ }),

/***/ 4041:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  C: () => (/* binding */ loadDeclarations)
});

// EXTERNAL MODULE: ./js/actions/_shared/declare/closest-word.js
var closest_word = __webpack_require__(7664);
;// CONCATENATED MODULE: ./js/actions/_shared/declare/lint/check-hosts.js
/** An error for each job that, where it runs, calls the Supabase project of somebody else. */
function checkHosts({ environments, jobs }) {
    if (!environments.complete)
        return [];
    const findings = [];
    for (const { spec, file } of jobs.specs) {
        const { call } = spec.definition;
        if (call.kind !== 'http' || call.url === undefined)
            continue;
        const ref = /^https?:\/\/([a-z0-9-]+)\.(?:functions\.)?supabase\.(?:co|in|red)(?:[:/?#]|$)/i
            .exec(call.url)?.[1]
            ?.toLowerCase();
        if (ref === undefined)
            continue;
        const foreign = environments.specs.find(({ spec: environment }) => {
            const awake = spec.overrides[environment.name]?.active ?? (spec.active !== false && environment.jobsAwake);
            return awake && environment.projectRef !== ref;
        })?.spec;
        const unknown = environments.specs.every(({ spec: environment }) => environment.projectRef !== ref);
        if (foreign === undefined && !unknown)
            continue;
        const own = foreign?.projectRef;
        const message = foreign === undefined
            ? `this URL belongs to the project \`${ref}\`, which is none of our environments`
            : `in ${foreign.name} this job would call the project \`${ref}\`${own === undefined ? '' : `, and ours is \`${own}\``}`;
        const hint = 'Write `function: SLUG`, or `url_secret: project_url` with `path:`, so that each environment calls its own project.';
        findings.push({
            file,
            finding: {
                severity: 'error',
                code: 'foreign-host',
                message,
                hint,
                at: { path: ['call', 'http', 'url'] },
            },
        });
    }
    return findings;
}

;// CONCATENATED MODULE: ./js/actions/_shared/declare/kinds/secret-overrides.js
/** The secret for one environment, without its place in the file. */
function resolveSecret(spec, environment) {
    const { overrides, ...base } = spec;
    return Object.hasOwn(overrides, environment) ? { ...base, ...overrides[environment] } : base;
}

;// CONCATENATED MODULE: ./js/actions/_shared/declare/lint/check-secret-shapes.js

const HTTPS = /^\^https:(?:\/\/|\\\/\\\/)/;
/** A development lane may talk to itself in the clear. */
const LOOPBACK = /^\^https?:(?:\/\/|\\\/\\\/)(?:127\\?\.0\\?\.0\\?\.1|localhost|\\\[::1\\\])(?![\w.])/;
/** An error for each environment in which a URL secret may hold something else than https. */
function checkSecretShapes({ environments, secrets, jobs }) {
    const usedAsUrl = new Set(jobs.specs.flatMap(({ spec }) => spec.references.filter(({ use }) => use === 'url').map(({ secret }) => secret)));
    const findings = [];
    for (const { spec, file } of secrets.specs) {
        if (!usedAsUrl.has(spec.name))
            continue;
        const lanes = environments.specs.length === 0
            ? [{ name: '', lane: 'production' }]
            : environments.specs.map((environment) => environment.spec);
        for (const { name, lane } of lanes) {
            const { shape } = resolveSecret(spec, name);
            if (shape !== undefined && (HTTPS.test(shape) || (lane === 'development' && LOOPBACK.test(shape))))
                continue;
            const overridden = spec.overrides[name]?.shape !== undefined;
            const path = overridden
                ? [spec.name, 'environments', name, 'shape']
                : shape === undefined
                    ? [spec.name]
                    : [spec.name, 'shape'];
            const where = overridden ? ` in ${name}` : '';
            findings.push({
                file,
                finding: {
                    severity: 'error',
                    code: 'secret-url-shape',
                    message: `\`${spec.name}\` is used as a URL, and its shape does not demand https${where}`,
                    hint: lane === 'development'
                        ? 'Write `shape: ^https://`, or `^http://127\\.0\\.0\\.1` for this machine.'
                        : 'Write `shape: ^https://`.',
                    at: shape === undefined ? { path, part: 'key' } : { path },
                },
            });
            if (!overridden)
                break;
        }
    }
    return findings;
}

;// CONCATENATED MODULE: ./js/actions/_shared/declare/check-across.js
/** What can only be seen with all files read: references between them. Pure. */



/** Findings about references, each with the file it belongs to. */
function checkAcross(objects) {
    return [
        ...checkSecretReferences(objects),
        ...checkEnvironmentNames(objects),
        ...checkSecretShapes(objects),
        ...checkHosts(objects),
    ];
}
function checkSecretReferences({ secrets, jobs }) {
    const findings = [];
    const used = new Set();
    for (const { spec, file } of jobs.specs) {
        for (const reference of spec.references) {
            used.add(reference.secret);
            if (!secrets.complete || secrets.names.has(reference.secret))
                continue;
            const near = (0,closest_word/* closestWord */.E)(reference.secret, secrets.names);
            const hint = near === undefined
                ? `Declare it in runbooks/secrets.yaml: \`${reference.secret}:\` with \`value: { env: NAME }\`.`
                : `Did you mean \`${near}\`? Or declare it in runbooks/secrets.yaml.`;
            const message = `the secret \`${reference.secret}\` is not declared`;
            findings.push({
                file,
                finding: {
                    severity: 'error',
                    code: 'secret-undeclared',
                    message,
                    hint,
                    at: { path: reference.path, ...(reference.span === undefined ? {} : { span: reference.span }) },
                },
            });
        }
    }
    if (!jobs.complete)
        return findings;
    for (const { spec, file } of secrets.specs) {
        if (used.has(spec.name))
            continue;
        const message = `no job uses the secret \`${spec.name}\``;
        const hint = 'Remove it, or keep it if something outside these files reads it.';
        findings.push({
            file,
            finding: {
                severity: 'warning',
                code: 'secret-unused',
                message,
                hint,
                at: { path: [spec.name], part: 'key' },
            },
        });
    }
    return findings;
}
function checkEnvironmentNames({ environments, secrets, jobs }) {
    if (!environments.complete)
        return [];
    const findings = [];
    const check = (file, under, names) => {
        for (const name of names) {
            if (environments.names.has(name))
                continue;
            const near = (0,closest_word/* closestWord */.E)(name, environments.names);
            const known = [...environments.names].join(', ') || 'none';
            const hint = near === undefined ? `Declared are ${known}.` : `Did you mean \`${near}\`?`;
            const message = `there is no environment \`${name}\` in runbooks/environments.yaml`;
            findings.push({
                file,
                finding: {
                    severity: 'error',
                    code: 'environment-undeclared',
                    message,
                    hint,
                    at: { path: [...under, 'environments', name], part: 'key' },
                },
            });
        }
    };
    for (const { spec, file } of jobs.specs)
        check(file, [], Object.keys(spec.overrides));
    for (const { spec, file } of secrets.specs)
        check(file, [spec.name], Object.keys(spec.overrides));
    return findings;
}

// EXTERNAL MODULE: ./js/actions/_shared/declare/file-reader.js
var file_reader = __webpack_require__(8394);
// EXTERNAL MODULE: ./js/actions/_shared/declare/kinds/specs.js
var specs = __webpack_require__(8224);
;// CONCATENATED MODULE: ./js/actions/_shared/declare/list-files.js

/** Things that may lie in `runbooks/` without being declarations. */
const COMPANIONS = /(?:^\.|\.md$|\.schema\.json$|^schemas$|^CODEOWNERS$)/;
const NAME = /^[a-z0-9][a-z0-9_-]*$/;
const MAX_NAME_BYTES = 63;
/** Files in the order of kinds, then names. */
function listFiles(reader) {
    const files = [];
    const diagnostics = [];
    const root = reader.list('runbooks');
    const known = new Set();
    for (const kind of kindNames()) {
        const place = specs/* PLACES */.l[kind];
        const path = 'file' in place ? place.file : place.folder;
        const entry = path.slice('runbooks/'.length);
        known.add(entry);
        const found = root.find((candidate) => candidate.name === entry);
        if (found === undefined)
            continue;
        const expected = 'file' in place ? 'file' : 'folder';
        if (found.type !== expected)
            diagnostics.push(refusal(path, `must be a ${expected === 'file' ? 'regular file' : 'folder'}`, 'Links are not followed.'));
        else if ('file' in place)
            files.push({ kind, name: kind, path });
        else
            listFolder(reader, { kind, folder: path }, files, diagnostics);
    }
    for (const entry of root) {
        if (known.has(entry.name) || COMPANIONS.test(entry.name))
            continue;
        diagnostics.push(refusal(`runbooks/${entry.name}`, 'is not read: it is no kind of this version', `Known are ${[...known].join(', ')}.`, 'warning'));
    }
    return { files, diagnostics };
}
function kindNames() {
    return Object.keys(specs/* PLACES */.l);
}
function listFolder(reader, place, files, diagnostics) {
    const byLowerCase = new Map();
    for (const entry of reader.list(place.folder)) {
        const path = `${place.folder}/${entry.name}`;
        if (COMPANIONS.test(entry.name))
            continue;
        if (entry.type !== 'file') {
            diagnostics.push(refusal(path, 'is not a regular file and is not read', 'One object a file, directly in this folder; links are not followed.'));
            continue;
        }
        if (!entry.name.endsWith('.yaml')) {
            const hint = entry.name.endsWith('.yml')
                ? `Rename it to ${entry.name.slice(0, -4)}.yaml.`
                : 'Remove it, or give it the ending .yaml.';
            diagnostics.push(refusal(path, 'is not read: its name does not end in .yaml', hint));
            continue;
        }
        const name = entry.name.slice(0, -'.yaml'.length);
        const twin = byLowerCase.get(name.toLowerCase());
        byLowerCase.set(name.toLowerCase(), entry.name);
        if (!NAME.test(name) || name.length > MAX_NAME_BYTES) {
            const message = name.length > MAX_NAME_BYTES
                ? `has a name longer than ${MAX_NAME_BYTES} characters`
                : `names the object \`${name}\`, which is not a good name`;
            const hint = 'The file name is the object name: lower-case letters, digits, `_` and `-`, beginning with a letter or digit.';
            diagnostics.push({ ...refusal(path, message, hint), code: 'invalid-name' });
        }
        if (twin !== undefined) {
            diagnostics.push({
                ...refusal(path, `differs from ${twin} only in case`, 'Rename one: names are unique without regard to case.'),
                code: 'duplicate-name',
            });
        }
        files.push({ kind: place.kind, name, path });
    }
}
function refusal(path, message, hint, severity = 'error') {
    return {
        severity,
        code: 'unread-file',
        message: `${path} ${message}`,
        hint,
        location: { file: path, line: 1, column: 1 },
    };
}

// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(7598);
;// CONCATENATED MODULE: ./js/actions/_shared/declare/read-migrations.js
/** Reads `migrations/`: forward only, `<version>_<name>.sql`, in the order of their versions. */

const FOLDER = 'migrations';
const FILE_NAME = /^(\d{14})_([a-z0-9][a-z0-9_]*)\.sql$/;
/** All migrations in order, and what is wrong with the folder. */
function readMigrations(reader) {
    const migrations = [];
    const diagnostics = [];
    const byVersion = new Map();
    for (const entry of reader.list(FOLDER)) {
        const file = `${FOLDER}/${entry.name}`;
        const fail = (code, message, hint) => {
            diagnostics.push({
                severity: 'error',
                code,
                message: `${file} ${message}`,
                hint,
                location: { file, line: 1, column: 1 },
            });
        };
        if (entry.name.startsWith('.') || entry.name.endsWith('.md'))
            continue;
        const match = FILE_NAME.exec(entry.name);
        const [, version, name] = match ?? [];
        if (entry.type !== 'file' || version === undefined || name === undefined) {
            fail('migration-name', 'is not read as a migration', 'Name it YYYYMMDDHHmmss_verb_object.sql, in lower case, directly in migrations/.');
            continue;
        }
        const twin = byVersion.get(version);
        if (twin !== undefined) {
            fail('migration-version', `has the same version as ${twin}`, 'Give it a later version: each is applied once.');
            continue;
        }
        byVersion.set(version, entry.name);
        const bytes = reader.read(file);
        if (bytes === undefined)
            continue;
        const sql = new TextDecoder().decode(bytes);
        if (sql.trim() === '')
            fail('migration-empty', 'is empty', 'Write its statements, or remove it before it is applied anywhere.');
        migrations.push({ version, name, sql, checksum: (0,external_node_crypto_.createHash)('sha256').update(bytes).digest('hex'), file });
    }
    return { migrations, diagnostics };
}

// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __webpack_require__(3024);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
// EXTERNAL MODULE: external "node:url"
var external_node_url_ = __webpack_require__(3136);
;// CONCATENATED MODULE: ./js/actions/_shared/declare/packed-readings.js
/** Parts that repeat. Only these places are packed; what a job sends in its body is never looked into. */
const OF_SPEC = ['schedule', 'references', 'overrides'];
const OF_DEFINITION = ['retry', 'expect', 'alert'];
/** Packs without changing what it is given. */
function packReadings(files) {
    const parts = [];
    const indexes = new Map();
    const intern = (part) => {
        const text = JSON.stringify(part);
        const known = indexes.get(text);
        if (known !== undefined)
            return known;
        indexes.set(text, parts.length);
        return parts.push(part) - 1;
    };
    const packed = Object.entries(files).map(([path, [digest, reading]]) => {
        const entries = reading.entries.map((entry) => ({ ...entry, spec: packSpec(entry.spec, intern) }));
        return [path, [digest, { ...reading, entries }]];
    });
    return { parts, files: Object.fromEntries(packed) };
}
function packSpec(spec, intern) {
    if (!isHolder(spec) || !isHolder(spec.definition))
        return spec;
    const definition = withParts(spec.definition, OF_DEFINITION, intern);
    return { ...withParts(spec, OF_SPEC, intern), definition };
}
/** Puts the parts back in place, in `packed` itself, which must come from `packReadings`. */
function unpackReadings(packed) {
    const restore = (index) => packed.parts[Number(index)];
    for (const [, reading] of Object.values(packed.files)) {
        for (const entry of reading.entries) {
            const spec = entry.spec;
            if (!isHolder(spec) || !isHolder(spec.definition))
                continue;
            for (const key of OF_SPEC)
                spec[key] = restore(spec[key]);
            for (const key of OF_DEFINITION) {
                if (spec.definition[key] !== undefined)
                    spec.definition[key] = restore(spec.definition[key]);
            }
        }
    }
    return packed.files;
}
function isHolder(value) {
    return typeof value === 'object' && value !== null;
}
function withParts(holder, keys, intern) {
    const copy = { ...holder };
    for (const key of keys) {
        if (copy[key] !== undefined)
            copy[key] = intern(copy[key]);
    }
    return copy;
}

;// CONCATENATED MODULE: ./js/actions/_shared/declare/reading-cache.js
/**
 * Keeps what files yielded, so that ten thousand unchanged files cost a read and a hash. One file, `.opsroom/cache/
 * declarations.json`: a seal on the first line, JSON below it.
 *
 * The seal covers the content, the version of the code that made it, and the identity of this working tree on this
 * machine (device, inode and birth time of its root, which a commit cannot know in advance). So neither a torn write,
 * nor an older version, nor a cache file smuggled into a branch is ever believed: any doubt means reading the files.
 */





const EMPTY = { files: {}, across: ['', []] };
const PLACE = (0,external_node_path_.join)('.opsroom', 'cache', 'declarations.json');
const NOTHING = {
    find: () => undefined,
    keep: () => undefined,
    findAcross: () => undefined,
    keepAcross: () => undefined,
    save: () => undefined,
};
/** `root` is the working tree; null, or a file system that cannot tell trees apart, means no cache. */
function openReadingCache(root) {
    const stamp = root === null ? null : treeStamp(root);
    if (root === null || stamp === null)
        return NOTHING;
    const place = (0,external_node_path_.join)(root, PLACE);
    const version = codeVersion();
    const salt = `${version}\n${stamp}`;
    const before = readKept(place, salt);
    const now = {};
    let across = before.across;
    let misses = 0;
    return {
        find: (path, bytes) => {
            const kept = Object.hasOwn(before.files, path) ? before.files[path] : undefined;
            if (kept === undefined || kept[0] !== digestOf(bytes))
                return undefined;
            now[path] = kept;
            return kept[1];
        },
        keep: (path, bytes, reading) => {
            misses += 1;
            now[path] = [digestOf(bytes), reading];
        },
        findAcross: (source) => (across[0] === acrossDigest(now, source) ? across[1] : undefined),
        keepAcross: (source, diagnostics) => {
            misses += 1;
            across = [acrossDigest(now, source), diagnostics];
        },
        save: () => {
            if (misses === 0 && Object.keys(now).length === Object.keys(before.files).length)
                return;
            writeKept(place, salt, { files: now, across });
        },
    };
}
/** Where a finding lies depends on the text of its file, so every file counts. */
function acrossDigest(files, source) {
    return (0,external_node_crypto_.hash)('sha256', Object.entries(files)
        .map(([path, [digest]]) => `${path} ${digest}\n`)
        .join('') + source, 'base64url');
}
function digestOf(bytes) {
    return (0,external_node_crypto_.hash)('sha256', bytes, 'base64url');
}
function sealOf(salt, body) {
    return (0,external_node_crypto_.hash)('sha256', `${salt}\n${body}`, 'hex');
}
function readKept(place, salt) {
    try {
        const text = (0,external_node_fs_.readFileSync)(place, 'utf8');
        const newline = text.indexOf('\n');
        const body = text.slice(newline + 1);
        if (text.slice(0, newline) !== sealOf(salt, body))
            return EMPTY;
        const { packed, across } = JSON.parse(body);
        return { files: unpackReadings(packed), across };
    }
    catch (error) {
        if (error instanceof Error)
            return EMPTY;
        throw error;
    }
}
function writeKept(place, salt, kept) {
    const body = JSON.stringify({ packed: packReadings(kept.files), across: kept.across });
    const draft = `${place}.${process.pid}`;
    const written = attempt(() => {
        (0,external_node_fs_.mkdirSync)((0,external_node_path_.dirname)(place), { recursive: true });
        (0,external_node_fs_.writeFileSync)(draft, `${sealOf(salt, body)}\n${body}`);
        (0,external_node_fs_.renameSync)(draft, place);
    });
    if (!written)
        attempt(() => (0,external_node_fs_.rmSync)(draft, { force: true }));
}
/** False when the file system refuses. */
function attempt(change) {
    try {
        change();
        return true;
    }
    catch (error) {
        if (error instanceof Error && 'code' in error)
            return false;
        throw error;
    }
}
/** Null where birth times are not kept: then a stamp could be foreseen. */
function treeStamp(root) {
    const stat = (0,external_node_fs_.statSync)(root, { bigint: true, throwIfNoEntry: false });
    return stat === undefined || stat.birthtimeNs === 0n ? null : `${stat.dev}:${stat.ino}:${stat.birthtimeNs}`;
}
/** Changes whenever our own code, Node or the time zone data does. */
function codeVersion() {
    const here = (0,external_node_path_.dirname)((0,external_node_url_.fileURLToPath)(import.meta.url));
    const entry = process.argv[1];
    const folders = [here, (0,external_node_path_.join)(here, 'kinds'), (0,external_node_path_.join)(here, 'lint'), (0,external_node_path_.join)(here, '..', 'schedule')];
    const files = folders.flatMap((folder) => namesIn(folder).map((name) => (0,external_node_path_.join)(folder, name)));
    const stats = [...files, ...(entry === undefined ? [] : [entry])].map((file) => {
        const stat = (0,external_node_fs_.statSync)(file, { throwIfNoEntry: false });
        return `${file} ${stat?.size} ${stat?.mtimeMs}`;
    });
    return [process.version, process.versions.tz, ...stats].join('\n');
}
function namesIn(folder) {
    try {
        return (0,external_node_fs_.readdirSync)(folder);
    }
    catch (error) {
        if (error instanceof Error && 'code' in error)
            return [];
        throw error;
    }
}

// EXTERNAL MODULE: ./js/actions/_shared/io/errors.js
var io_errors = __webpack_require__(6283);
;// CONCATENATED MODULE: ./js/actions/_shared/declare/resolve.js
/** What one environment should hold, out of everything the files say. */



/**
 * Everything `name` should hold. Throws ConfigurationError when there is no such environment, and when any file has
 * an error: a job that could not be read must never look like a job that was removed.
 */
function resolveEnvironment(declarations, name) {
    const errors = declarations.diagnostics.filter((diagnostic) => diagnostic.severity === 'error');
    if (errors.length > 0) {
        const count = errors.length === 1 ? 'an error' : `${errors.length} errors`;
        throw new io_errors/* ConfigurationError */.j(`the declarations have ${count}`, {
            hint: 'Run `opsroom validate`.',
            diagnostics: errors,
        });
    }
    const environment = declarations.environments.find((candidate) => candidate.name === name);
    if (environment === undefined) {
        const known = declarations.environments.map((candidate) => candidate.name);
        const near = (0,closest_word/* closestWord */.E)(name, known);
        const hint = near === undefined
            ? `Known are ${known.join(', ') || 'none'}.`
            : `Did you mean \`${near}\`? Known are ${known.join(', ')}.`;
        throw new io_errors/* ConfigurationError */.j(`there is no environment \`${name}\` in runbooks/environments.yaml`, {
            hint,
        });
    }
    return {
        environment,
        migrations: declarations.migrations,
        secrets: declarations.secrets.map(({ spec, location }) => ({ ...resolveSecret(spec, name), location })),
        jobs: declarations.jobs.map((job) => resolveJob(job, environment)),
    };
}
/** The job as one environment wants it. */
function resolveJob({ spec, location }, environment) {
    const override = Object.hasOwn(spec.overrides, environment.name)
        ? spec.overrides[environment.name]
        : undefined;
    const { cronSchedule, ...schedule } = override?.schedule ?? spec.schedule;
    const definition = { schedule, ...spec.definition, ...override?.definition };
    const fire = `select ops.fire('${spec.name}')`;
    const { call } = definition;
    return {
        name: spec.name,
        definition,
        cron: {
            schedule: cronSchedule,
            command: call.kind === 'sql' ? `set local statement_timeout = ${call.timeout_ms}; ${fire}` : fire,
            active: override?.active ?? (spec.active !== false && environment.jobsAwake),
        },
        secrets: [...new Set(spec.references.map((reference) => reference.secret))],
        location,
    };
}

// EXTERNAL MODULE: ./js/actions/_shared/declare/source-text.js
var source_text = __webpack_require__(6571);
;// CONCATENATED MODULE: ./js/actions/_shared/declare/load.js
/**
 * Reads everything under `runbooks/` and `migrations/`. Unchanged files come out of the cache; YAML, zod and the SQL
 * parser are only loaded when a file has to be read.
 */







/** Never throws for what is in the files: every fault is a diagnostic with its place. */
async function loadDeclarations(options) {
    const reader = options.read ?? (0,file_reader/* diskReader */.lJ)(options.root);
    const cached = options.read === undefined && options.cache !== false;
    const cache = openReadingCache(cached ? options.root : null);
    const listed = listFiles(reader);
    const migrations = readMigrations(reader);
    const loaded = [];
    for (const file of listed.files) {
        const bytes = reader.read(file.path);
        if (bytes !== undefined)
            loaded.push(await loadFile(file, bytes, cache));
    }
    const across = await locateAcross(reader, loaded, cache);
    cache.save();
    const diagnostics = [
        ...listed.diagnostics,
        ...migrations.diagnostics,
        ...loaded.flatMap(({ reading }) => reading.diagnostics),
        ...across,
    ];
    diagnostics.sort(byPlace);
    const environments = located(loaded, 'environments').map(({ spec, location }) => ({ ...spec, location }));
    const declarations = {
        environments,
        secrets: located(loaded, 'secrets'),
        jobs: located(loaded, 'cron'),
        migrations: migrations.migrations,
        diagnostics,
    };
    return {
        environments,
        diagnostics,
        files: loaded.length + migrations.migrations.length,
        resolve: (environment) => resolveEnvironment(declarations, environment),
    };
}
let parser;
/** YAML and zod, loaded when the first file has to be read. Kept: asking for a loaded module again is not free. */
async function fileParser() {
    parser ??= await Promise.all(/* import() */[__webpack_require__.e(256), __webpack_require__.e(915), __webpack_require__.e(120), __webpack_require__.e(711)]).then(__webpack_require__.bind(__webpack_require__, 711));
    return parser;
}
async function loadFile(file, bytes, cache) {
    const kept = cache.find(file.path, bytes);
    if (kept !== undefined)
        return { kind: file.kind, path: file.path, reading: kept, readable: true };
    const decoded = (0,source_text/* decodeText */.g7)(bytes);
    if ('problem' in decoded) {
        const location = { file: file.path, line: 1, column: 1 };
        const diagnostic = {
            severity: 'error',
            code: 'file-encoding',
            message: decoded.problem,
            hint: decoded.hint,
            location,
        };
        return {
            kind: file.kind,
            path: file.path,
            reading: { entries: [], diagnostics: [diagnostic] },
            readable: false,
        };
    }
    const { readFile } = await fileParser();
    const reading = await readFile(file.kind, file.name, { path: file.path, text: decoded.text });
    cache.keep(file.path, bytes, reading);
    return { kind: file.kind, path: file.path, reading, readable: true };
}
/** Objects of one kind that are good, with the line each begins on. */
function located(loaded, kind) {
    const found = [];
    for (const file of loaded) {
        if (!isOf(file, kind))
            continue;
        for (const { spec, line } of file.reading.entries) {
            if (spec !== null)
                found.push({ spec, location: { file: file.path, line, column: 1 } });
        }
    }
    return found;
}
function isOf(file, kind) {
    return file.kind === kind;
}
function objectsOf(loaded, kind) {
    const files = loaded.filter((file) => isOf(file, kind));
    const isWhole = (file) => file.readable &&
        (file.reading.entries.length > 0 ||
            file.reading.diagnostics.every(({ severity }) => severity !== 'error'));
    const entries = files.flatMap((file) => file.reading.entries);
    return {
        specs: located(files, kind).map(({ spec, location }) => ({ spec, file: location.file })),
        names: new Set(entries.map(({ name }) => name)),
        complete: files.every(isWhole) && (kind !== 'cron' || entries.every(({ spec }) => spec !== null)),
    };
}
async function locateAcross(reader, loaded, cache) {
    const findings = checkAcross({
        environments: objectsOf(loaded, 'environments'),
        secrets: objectsOf(loaded, 'secrets'),
        jobs: objectsOf(loaded, 'cron'),
    });
    if (findings.length === 0)
        return [];
    const source = JSON.stringify(findings);
    const kept = cache.findAcross(source);
    if (kept !== undefined)
        return kept;
    const { locateFindings } = await fileParser();
    const byFile = Map.groupBy(findings, ({ file }) => file);
    const diagnostics = [];
    for (const [path, found] of byFile) {
        const decoded = (0,source_text/* decodeText */.g7)(reader.read(path) ?? new Uint8Array());
        const text = 'text' in decoded ? decoded.text : '';
        const located = await locateFindings({ path, text }, found.map(({ finding }) => finding));
        diagnostics.push(...located);
    }
    cache.keepAcross(source, diagnostics);
    return diagnostics;
}
function byPlace(a, b) {
    const [left, right] = [a.location, b.location];
    if (left.file !== right.file)
        return left.file < right.file ? -1 : 1;
    return left.line - right.line || left.column - right.column;
}


/***/ })

};
