/** What a stream can show. */
export interface Terminal {
  /** A line can be drawn again in its place. */
  redraws: boolean;
  /** Characters beyond ASCII arrive as they are. */
  isUnicode: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What the environment says of a stream. As in C's `setlocale`, the first of LC_ALL, LC_CTYPE and LANG that is not empty names the
 * encoding. Where none is set, as in most containers, the terminal is one of today's and takes UTF-8.
 */
export function terminalOf({ isTTY }: { isTTY?: boolean }, env: Environment): Terminal {
  const isDumb = env.TERM === 'dumb';
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG;
  return {
    redraws: isTTY === true && !isDumb,
    isUnicode: !isDumb && (!locale || /utf-?8/i.test(locale)),
  };
}

/** Our text as the terminal can show it. Names that the user gave keep their letters. */
export function textFor({ isUnicode }: Terminal, text: string): string {
  if (isUnicode) return text;
  return text
    .replace(/^(\s*)✓/gm, '$1ok')
    .replace(/^(\s*)✗/gm, '$1FAILED')
    .replaceAll('…', '...')
    .replaceAll('→', '->');
}
