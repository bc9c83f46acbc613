import { quoteForShell } from '../command-quoting.ts';
import { plainLine } from '../text/plain-text.ts';

/** A command of one line for bash; hidden characters of names are written out in $'...'. */
export function shellLine(words: readonly string[]): string {
  return words.map(shellWord).join(' ');
}

export function shellWord(word: string): string {
  return plainLine(word) === word ? quoteForShell(word) : `$'${[...word].map(spelled).join('')}'`;
}

function spelled(character: string): string {
  if (character === "'" || character === '\\') return `\\${character}`;
  if (plainLine(character) === character) return character;
  const code = (character.codePointAt(0) ?? 0).toString(16);
  return code.length <= 2 && Number.parseInt(code, 16) < 0x80
    ? `\\x${code.padStart(2, '0')}`
    : `\\U${code.padStart(8, '0')}`;
}
