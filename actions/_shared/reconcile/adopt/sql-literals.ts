/** A string literal, dollar-quoted text or comment of a statement, by the place of its inside. */
export interface SqlPiece {
  readonly kind: 'string' | 'escape_string' | 'dollar' | 'comment';
  /** Of the whole piece, quotes included. */
  readonly start: number;
  readonly end: number;
  /** Of what stands between the quotes. */
  readonly innerStart: number;
  readonly innerEnd: number;
}

const NEXT =
  /--[^\n\r]*|\/\*|"(?:[^"]|"")*"?|(?<![A-Za-z0-9_$\u0080-\uffff])(?:[eEbBxXnN]|[uU]&)?'|(?<![A-Za-z0-9_$\u0080-\uffff])\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/g;

/** The pieces of a statement that hold text, in order; nested ones (inside a dollar-quoted body) are not looked for. */
export function sqlPieces(sql: string): readonly SqlPiece[] {
  const pieces: SqlPiece[] = [];
  const next = new RegExp(NEXT);
  for (let match = next.exec(sql); match !== null; match = next.exec(sql)) {
    const piece = pieceAt(sql, match.index, match[0]);
    if (piece === null) continue;
    pieces.push(piece);
    next.lastIndex = piece.end;
  }
  return pieces;
}

function pieceAt(sql: string, start: number, opening: string): SqlPiece | null {
  if (opening.startsWith('"')) return null;
  if (opening.startsWith('--')) {
    const end = start + opening.length;
    return { kind: 'comment', start, end, innerStart: start + 2, innerEnd: end };
  }
  if (opening === '/*') return comment(sql, start);
  const innerStart = start + opening.length;
  if (opening.startsWith('$')) {
    const close = sql.indexOf(opening, innerStart);
    const innerEnd = close === -1 ? sql.length : close;
    return {
      kind: 'dollar',
      start,
      end: Math.min(innerEnd + opening.length, sql.length),
      innerStart,
      innerEnd,
    };
  }
  const plain = opening === "'";
  const innerEnd = closingQuote(sql, innerStart, /^e/i.test(opening));
  return {
    kind: plain ? 'string' : 'escape_string',
    start,
    end: Math.min(innerEnd + 1, sql.length),
    innerStart,
    innerEnd,
  };
}

function closingQuote(sql: string, from: number, backslashes: boolean): number {
  for (let at = from; at < sql.length; at += 1) {
    if (backslashes && sql[at] === '\\') at += 1;
    else if (sql[at] === "'" && sql[at + 1] === "'") at += 1;
    else if (sql[at] === "'") return at;
  }
  return sql.length;
}

/** Block comments nest. */
function comment(sql: string, start: number): SqlPiece {
  let depth = 1;
  let at = start + 2;
  for (; at < sql.length && depth > 0; at += 1) {
    if (sql.startsWith('/*', at)) {
      depth += 1;
      at += 1;
    } else if (sql.startsWith('*/', at)) {
      depth -= 1;
      at += 1;
    }
  }
  return { kind: 'comment', start, end: at, innerStart: start + 2, innerEnd: Math.max(start + 2, at - 2) };
}
