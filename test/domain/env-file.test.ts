import { parseEnv } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEnvFile } from '../../engine/domain/env-file.ts';

describe('an env file', () => {
  it.each([
    ['a # in a word', 'A=Some#Pass', 'Some#Pass'],
    ['a # at the start of a value', 'A=#Pass', '#Pass'],
    ['a comment behind a value', 'A=secret   # the backup role', 'secret'],
    ['a comment behind nothing', 'A= # later', ''],
    ['a # in quotes', 'A="a #b c"', 'a #b c'],
    ['a comment behind quotes', "A='a' # b", 'a'],
    ['a $ in single quotes', String.raw`A='a$b"c\n'`, String.raw`a$b"c\n`],
    ['a line break in double quotes', String.raw`A="a\nb"`, 'a\nb'],
    ['quotes over two lines', 'A="a\nb"\nB=2', 'a\nb'],
    ['export', 'export A=1', '1'],
    ['blanks around the =', 'A = 1 ', '1'],
    ['the line ends of Windows', 'B=2\r\nA=1\r\n', '1'],
    ['a byte order mark', '\uFEFFA=1', '1'],
    ['two values of a name', 'A=1\nA=2', '2'],
    ['a quote that is not closed', 'A="b\nB=2', '"b'],
    ['lines that are none', '# A=3\nnothing here\n=x\nA=1', '1'],
    ['an = in a value', 'A=postgresql://h/d?a=b', 'postgresql://h/d?a=b'],
  ])('with %s is read', (_what, text, value) => {
    expect(parseEnvFile(text).A).toBe(value);
  });

  it('is read as Node.js reads it where no # is in it', () => {
    // Node.js takes the next line for the value of a name that has only blanks.
    const plain = fc.stringMatching(/^(?:[A-Za-z0-9=$\\-][A-Za-z0-9=$ \\-]{0,7})?$/);
    const quote = fc.constantFrom('"', "'", '`');
    const quoted = fc.tuple(quote, plain).map(([mark, text]) => `${mark}${text}${mark}`);
    const part = fc.oneof(plain, quoted);
    const line = fc.tuple(fc.constantFrom('A', 'B', 'C '), part);
    fc.assert(
      fc.property(fc.array(line, { maxLength: 5 }), (lines) => {
        const text = lines.map(([name, value]) => `${name}=${value}\n`).join('');
        expect(parseEnvFile(text)).toEqual({ ...parseEnv(text) });
      }),
    );
  });
});
