/**
 * JSON as Deno's configuration files are written: with comments and commas before a closing bracket.
 *
 * @throws SyntaxError as JSON.parse does
 */
export function parseJsonc(text: string): unknown {
  return JSON.parse(plainJson(text));
}

/** Comments and spare commas become blanks, so that a position in an error is one of the file. */
function plainJson(text: string): string {
  const pieces =
    /"(?:\\.|[^"\\])*"|\/\/[^\n]*|\/\*[\s\S]*?\*\/|,(?=(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*[}\]])/g;
  return text
    .replace(/^\uFEFF/, ' ')
    .replaceAll(pieces, (piece) => (piece.startsWith('"') ? piece : piece.replaceAll(/[^\n]/g, ' ')));
}
