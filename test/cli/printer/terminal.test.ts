import { describe, expect, it } from 'vitest';
import { terminalOf, textFor } from '../../../cli/printer/terminal.ts';

const TTY = { isTTY: true };

describe('what a terminal can show', () => {
  it.each([
    [{ LANG: 'en_US.UTF-8' }, true],
    [{ LC_ALL: 'C.utf8' }, true],
    [{}, true],
    [{ LC_ALL: 'C' }, false],
    [{ LC_ALL: 'POSIX', LANG: 'de_DE.UTF-8' }, false],
    [{ LC_ALL: '', LC_CTYPE: '', LANG: 'de_DE.ISO-8859-1' }, false],
    [{ LC_ALL: '', LC_CTYPE: 'C', LANG: 'de_DE.UTF-8' }, false],
    [{ LC_ALL: 'en_US.UTF-8', LANG: 'C' }, true],
    [{ LANG: 'en_US' }, false],
    [{ LANG: 'en_US.UTF-8', TERM: 'dumb' }, false],
  ])('follows the locale as C does: with %j Unicode is %s', (env, isUnicode) => {
    expect(terminalOf(TTY, env).isUnicode).toBe(isUnicode);
    expect(terminalOf({}, env).isUnicode).toBe(isUnicode);
  });

  it('draws a line again on a terminal alone, and not on a dumb one', () => {
    expect(terminalOf(TTY, { TERM: 'xterm-256color' }).redraws).toBe(true);
    expect(terminalOf(TTY, { TERM: 'xterm-256color', LC_ALL: 'C' }).redraws).toBe(true);
    expect(terminalOf(TTY, { TERM: 'dumb' }).redraws).toBe(false);
    expect(terminalOf({}, { TERM: 'xterm-256color' }).redraws).toBe(false);
  });
});

describe('text for a terminal', () => {
  const text = '✓ users: 45 rows\n  ✗ patients: missing\ndump …\nclinic → archive, Zoë';

  it('has ASCII marks where the terminal has no Unicode, and leaves names alone', () => {
    expect(textFor(terminalOf(TTY, { LC_ALL: 'C' }), text)).toBe(
      'ok users: 45 rows\n  FAILED patients: missing\ndump ...\nclinic -> archive, Zoë',
    );
  });

  it('stays as it is where the terminal has Unicode', () => {
    expect(textFor(terminalOf(TTY, { LANG: 'C.UTF-8' }), text)).toBe(text);
  });
});
