/** A token of SQL that pg_dump or the server wrote. */
export interface SqlToken {
  kind: 'identifier' | 'word' | 'other';
  /** An identifier without its quotes, a word as it is written, one other character. */
  text: string;
  /** How many parentheses and brackets are open around it. */
  depth: number;
  /** Where it begins in the text, and where the next one may begin. */
  start: number;
  end: number;
}

const TOKEN =
  /"((?:[^"]|"")*)"|[eE]'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'|(\$(?:[^\W\d]\w*)?\$).*?\2|([^\W\d][\w$]*|[\u0080-\u{10ffff}][\w$\u0080-\u{10ffff}]*)|--[^\n]*|\s+|(.)/gsu;

/**
 * The tokens of a definition, without white space, comments and string constants (a string constant
 * is one token of kind `other` with an empty text).
 */
export function* sqlTokens(sql: string): Generator<SqlToken> {
  let depth = 0;
  for (const match of sql.matchAll(TOKEN)) {
    const [text, quoted, , word, other] = match;
    if (/^(?:--|\s)/.test(text)) continue;
    if (other === ')' || other === ']') depth -= 1;
    const place = { depth, start: match.index, end: match.index + text.length };
    if (quoted !== undefined)
      yield { kind: 'identifier', text: quoted.replaceAll('""', '"'), ...place };
    else if (word !== undefined) yield { kind: 'word', text: word, ...place };
    else yield { kind: 'other', text: other ?? '', ...place };
    if (other === '(' || other === '[') depth += 1;
  }
}
