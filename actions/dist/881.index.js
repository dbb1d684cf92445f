export const id = 881;
export const ids = [881];
export const modules = {

/***/ 8881:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  readYamlDocument: () => (/* binding */ readYamlDocument)
});

// EXTERNAL MODULE: ../../node_modules/yaml/dist/index.js
var dist = __webpack_require__(3483);
;// CONCATENATED MODULE: ./js/actions/_shared/declare/yaml-errors.js
/** One problem for each fault: what follows from an unquoted `*` on the same line is not said again. */
function explainYamlErrors(errors, text) {
    const problems = new Map();
    for (const error of errors) {
        const start = unquotedStar(error, text) ?? error.pos[0];
        const known = problems.get(start);
        if (known !== undefined)
            continue;
        const end = start === error.pos[0] ? error.pos[1] : start + 1;
        problems.set(start, {
            ...(start === error.pos[0] ? explainYamlError(error, text) : UNQUOTED_STAR),
            at: { start, end },
        });
    }
    return [...problems.values()];
}
const UNQUOTED_STAR = {
    code: 'yaml-alias',
    message: 'a value that begins with `*` is an alias in YAML',
    hint: 'Put it in quotes, for example "*/15 * * * *".',
};
/** Offset of a value on the error's line that begins with `*`, such as an unquoted schedule. */
function unquotedStar(error, text) {
    const lineStart = text.lastIndexOf('\n', error.pos[0] - 1) + 1;
    const match = /^[ ]*[\w-]+:[ ]+\*/.exec(text.slice(lineStart, lineStart + 200));
    return match === null ? null : lineStart + match[0].length - 1;
}
function explainYamlError(error, text) {
    const near = text.slice(error.pos[0], error.pos[0] + 1);
    switch (error.code) {
        case 'TAB_AS_INDENT':
            return { code: 'yaml-tab', message: 'a tab is used to indent', hint: 'Indent with blanks.' };
        case 'MULTIPLE_DOCS':
            return {
                code: 'yaml-multiple-documents',
                message: 'a second YAML document begins here',
                hint: 'One object a file: move it to a file of its own and remove `---`.',
            };
        case 'BAD_INDENT':
            return {
                code: 'yaml-indent',
                message: 'this line is not indented like its neighbours',
                hint: 'Keys of one map start in the same column.',
            };
        case 'BAD_ALIAS':
            return UNQUOTED_STAR;
        case 'MISSING_CHAR':
            return {
                code: 'yaml-syntax',
                message: lowerFirst(error.message),
                hint: 'Close the quote or bracket, or indent the following lines.',
            };
        case 'BLOCK_AS_IMPLICIT_KEY':
            return {
                code: 'yaml-syntax',
                message: 'a map begins where a value was expected',
                hint: 'Put the value in quotes when it holds `: `, or indent the map on the next line.',
            };
        case 'BAD_SCALAR_START':
            return {
                code: 'yaml-syntax',
                message: `a value cannot begin with \`${near}\``,
                hint: 'Put it in quotes.',
            };
        default:
            return {
                code: 'yaml-syntax',
                message: lowerFirst(error.message),
                hint: near === '@' || near === '`' ? 'Put it in quotes.' : 'Check quotes, brackets and indentation here.',
            };
    }
}
function lowerFirst(text) {
    return text.slice(0, 1).toLowerCase() + text.slice(1);
}

;// CONCATENATED MODULE: ./js/actions/_shared/declare/yaml-document.js
/**
 * YAML with positions, through the `yaml` library: what is wrong with a file and where, and where a value stands.
 * Slow (half a millisecond a file) and large, so it is imported only for files that need it.
 */


/** Deeper nesting than any declaration has; protects the stack. */
const MAX_DEPTH = 64;
/** Reads one YAML document. Never throws; what the language does not allow is reported. */
function readYamlDocument(text, report) {
    const document = parse(text, report);
    if (document === null)
        return { value: undefined, locate: () => ({ start: 0, end: 0 }) };
    let failed = false;
    const error = (code, message, hint, node) => {
        failed = true;
        const start = node.range?.[0] ?? 0;
        report({ severity: 'error', code, message, hint, at: { start, end: node.range?.[1] ?? start } });
    };
    for (const problem of explainYamlErrors(document.errors, text)) {
        failed = true;
        report({ severity: 'error', ...problem });
    }
    const value = failed ? undefined : plainValue(document.contents, error, 0);
    return { value: failed ? undefined : value, locate: (place) => locate(document, place, text) };
}
function parse(text, report) {
    try {
        return (0,dist/* parseDocument */.Tp)(text, {
            prettyErrors: false,
            uniqueKeys: false,
            logLevel: 'error',
            version: '1.2',
        });
    }
    catch (error) {
        const reason = error instanceof RangeError ? 'it is nested too deeply' : String(error);
        report({
            severity: 'error',
            code: 'yaml-syntax',
            message: `the file cannot be read as YAML: ${reason}`,
            hint: 'Simplify the file.',
            at: { start: 0, end: 0 },
        });
        return null;
    }
}
/** The JSON value of a node. Reports what YAML allows and our files do not. */
function plainValue(node, error, depth) {
    if (node === null || node === undefined)
        return null;
    if (depth > MAX_DEPTH) {
        error('yaml-too-deep', `nested deeper than ${MAX_DEPTH} levels`, 'Flatten it.', node);
        return null;
    }
    if ((0,dist/* isAlias */.Vj)(node) || (((0,dist/* isScalar */.jn)(node) || (0,dist/* isCollection */.P3)(node)) && node.anchor !== undefined)) {
        error('yaml-alias', 'anchors (`&`) and aliases (`*`) are not part of this language', 'Write the value out; put `*` schedules in quotes.', node);
        return null;
    }
    if (((0,dist/* isScalar */.jn)(node) || (0,dist/* isCollection */.P3)(node)) &&
        node.tag !== undefined &&
        !node.tag.startsWith('tag:yaml.org,2002:')) {
        error('yaml-tag', `the tag \`${node.tag}\` is not part of this language`, 'Put the text in quotes if the `!` is meant literally.', node);
        return null;
    }
    if ((0,dist/* isScalar */.jn)(node))
        return plainScalar(node, error);
    if ((0,dist/* isSeq */.oP)(node))
        return node.items.map((item) => plainValue(item, error, depth + 1));
    if ((0,dist/* isMap */.jh)(node))
        return plainMap(node.items, error, depth);
    return null;
}
function plainMap(items, error, depth) {
    const entries = new Map();
    for (const item of items) {
        if (!(0,dist/* isPair */.tO)(item))
            continue;
        const key = keyOf(item);
        const at = hasRange(item.key) ? item.key : {};
        if (key === null) {
            error('yaml-key', 'a key must be a word', 'Write `name: value`.', at);
        }
        else if (entries.has(key)) {
            error('duplicate-key', `the key \`${key}\` is written twice here`, 'Remove one; the later one would silently win.', at);
        }
        else if ((0,dist/* isScalar */.jn)(item.key) && item.key.anchor !== undefined) {
            error('yaml-alias', 'anchors (`&`) are not part of this language', 'Write the value out.', at);
        }
        else {
            entries.set(key, plainValue(item.value, error, depth + 1));
        }
    }
    return Object.fromEntries(entries);
}
function plainScalar(node, error) {
    const { value } = node;
    switch (typeof value) {
        case 'string':
            if (value.includes('\0') || !value.isWellFormed()) {
                error('yaml-character', 'this text holds a character the database cannot store', 'Remove the zero byte or the broken escape.', node);
            }
            return value;
        case 'number':
            if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) {
                error('yaml-number', 'this number cannot be kept exactly', 'Put it in quotes if it is meant as text.', node);
            }
            return value;
        case 'boolean':
            return value;
        default:
            return null;
    }
}
/** The text of a key, null when it is not a plain word, number or truth value. */
function keyOf(pair) {
    const key = (0,dist/* isScalar */.jn)(pair.key) ? pair.key.value : pair.key;
    return typeof key === 'string' || typeof key === 'number' || typeof key === 'boolean' ? String(key) : null;
}
function hasRange(node) {
    return (0,dist/* isScalar */.jn)(node) || (0,dist/* isCollection */.P3)(node) || (0,dist/* isAlias */.Vj)(node);
}
function locate(document, place, text) {
    if (!('path' in place))
        return { start: place.start, end: place.end };
    const found = follow(document, place.path);
    const node = place.part === 'key' || !hasRange(found.value) ? found.key : found.value;
    const at = hasRange(node) ? node : hasRange(found.value) ? found.value : null;
    if (at === null)
        return firstContent(text);
    const [start = 0, end = start] = at.range ?? [];
    if (place.span === undefined || !(0,dist/* isScalar */.jn)(at))
        return (0,dist/* isScalar */.jn)(at) ? { start, end } : { start, end: start };
    return insideScalar(at, text, place.span);
}
/** The deepest key and value that exist along a path. */
function follow(document, path) {
    let key = null;
    let value = document.contents;
    for (const part of path) {
        if ((0,dist/* isSeq */.oP)(value)) {
            const item = value.items[Number(part)];
            if (item === undefined)
                break;
            key = item;
            value = item;
        }
        else if ((0,dist/* isMap */.jh)(value)) {
            const pair = value.items.find((item) => keyOf(item) === String(part));
            if (pair === undefined)
                break;
            key = pair.key;
            value = pair.value;
        }
        else
            break;
    }
    return { key, value };
}
/** Maps offsets of a scalar's value to offsets of the file, line by line for block scalars. */
function insideScalar(scalar, text, span) {
    const [from = 0, to = from] = scalar.range ?? [];
    const value = String(scalar.value);
    const source = text.slice(from, to);
    if (scalar.type !== 'BLOCK_LITERAL' && scalar.type !== 'BLOCK_FOLDED') {
        const at = source.indexOf(value);
        if (at < 0)
            return { start: from, end: to };
        return { start: from + at + span.start, end: Math.min(to, from + at + span.end) };
    }
    const before = value.slice(0, span.start).split('\n');
    const header = source.indexOf('\n') + 1;
    const lines = source.slice(header).split('\n');
    const indent = Math.min(...lines.filter((line) => line.trim() !== '').map((line) => line.length - line.trimStart().length));
    let start = from + header;
    for (const line of lines.slice(0, before.length - 1))
        start += line.length + 1;
    start += (Number.isFinite(indent) ? indent : 0) + (before.at(-1)?.length ?? 0);
    start = Math.min(start, Math.max(from, to - 1));
    return { start, end: Math.min(start + span.end - span.start, to) };
}
function firstContent(text) {
    const start = Math.max(0, text.search(/^[^#\s]/m));
    return { start, end: start };
}


/***/ })

};
