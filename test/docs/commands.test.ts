import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { buildProgram } from '../../cli/main.ts';

const ROOT = join(import.meta.dirname, '../..');
const PAGES = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const program = buildProgram();

/** Every `holdfast <command> ...` that a page shows, in code blocks and in the text. */
function commandsIn(page: string): string[][] {
  const text = readFileSync(join(ROOT, page), 'utf8').replaceAll('\\\n', ' ');
  const found = text.matchAll(/(?:^|[`$ ]|npx |-- )holdfast(?: --)? ((?:--?[a-z]|[a-z])[^`\n|#;&>)]*)/gm);
  return [...found].map(([, words = '']) => words.trim().split(/\s+/));
}

/** `remote backup` is a command within another. */
function commandOf(words: readonly string[]): Command | undefined {
  const [name, part] = words.filter((word) => !word.startsWith('-'));
  const command = program.commands.find((candidate) => candidate.name() === name);
  return command?.commands.find((candidate) => candidate.name() === part) ?? command;
}

function optionsOf(command: Command): string[] {
  return [...command.options, ...program.options]
    .flatMap(({ long, short }) => [long, short].filter((name) => name != null))
    .concat('--help');
}

describe.each(PAGES)('%s', (page) => {
  it('shows only commands and options that exist', () => {
    for (const words of commandsIn(page)) {
      const command = commandOf(words);
      if (command === undefined) continue;
      for (const word of words.filter((candidate) => /^--[a-z]/.test(candidate)))
        expect(optionsOf(command), `${page}: ${words.join(' ')}`).toContain(word.split('=')[0]?.replace(/[.,]$/, ''));
    }
  });

  it('links only to files that are there', () => {
    const text = readFileSync(join(ROOT, page), 'utf8');
    const folder = join(ROOT, page, '..');
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:|#)([^)#]+)/g))
      expect(() => readdirSync(join(folder, target, '..')), target).not.toThrow();
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      const name = target.split('/').at(-1) ?? '';
      expect(readdirSync(join(folder, target, '..')), `${page} links to ${target}`).toContain(name);
    }
  });
});

describe('the README', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');

  it('names every command of the CLI somewhere', () => {
    for (const { name } of program.commands.map((command) => ({ name: command.name() }))) {
      if (['list', 'show', 'export', 'keygen', 'verify', 'help'].includes(name)) continue;
      expect(readme).toContain(name);
    }
  });

  it('names only npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
    for (const [, name = ''] of readme.matchAll(/npm run (?:-s )?([a-z:]+)/g)) expect(Object.keys(scripts)).toContain(name);
  });
});
