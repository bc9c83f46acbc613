import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { buildProgram } from '../../cli/main.ts';
import { anchorOf } from '../fixtures/document.ts';

const ROOT = join(import.meta.dirname, '../..');
const PAGES = ['README.md', 'CHANGELOG.md', ...pagesIn('docs'), ...pagesIn('docs/decisions')];
const program = buildProgram();

function pagesIn(folder: string): string[] {
  const names = readdirSync(join(ROOT, folder)).filter((name) => name.endsWith('.md'));
  return names.map((name) => `${folder}/${name}`);
}

/** What may stand without a command. */
const ALONE = ['--version', '--help'];
/** Commands that a reader finds by `--help`. */
const LEFT_OUT = ['list', 'show', 'export', 'keygen', 'help'];

/** Every `holdfast <command> ...` that a page shows, in code blocks and in the text. */
function commandsIn(page: string): string[][] {
  const text = readFileSync(join(ROOT, page), 'utf8').replaceAll('\\\n', ' ');
  const found = text.matchAll(
    /(?:^|[`$ ]|npx |-- )holdfast(?: --)? ((?:--?[a-z]|[a-z])[^`\n|#;&>)]*)/gm,
  );
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

/** A link's file as a path from the root, and its anchor. */
function linksOf(page: string): { file: string; anchor: string | undefined }[] {
  const links = readFileSync(join(ROOT, page), 'utf8').matchAll(
    /\]\((?!https?:)([^)#\s]*)(?:#([^)]+))?\)/g,
  );
  return [...links].map(([, target = '', anchor]) => ({
    file: target === '' ? page : join(page, '..', target),
    anchor,
  }));
}

function headingsOf(file: string): string[] {
  const headings = readFileSync(join(ROOT, file), 'utf8').matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, heading = '']) => anchorOf(heading));
}

describe.each(PAGES)('%s', (page) => {
  it('shows only commands and options that exist', () => {
    for (const words of commandsIn(page)) {
      const command = commandOf(words);
      if (command === undefined)
        expect(ALONE, `${page}: holdfast ${words.join(' ')}`).toContain(words[0]);
      else
        for (const word of words.filter((candidate) => /^--[a-z]/.test(candidate)))
          expect(optionsOf(command), `${page}: ${words.join(' ')}`).toContain(
            word.split('=')[0]?.replace(/[.,]$/, ''),
          );
    }
  });

  it('links only to files and headings that are there', () => {
    for (const { file, anchor } of linksOf(page)) {
      expect(existsSync(join(ROOT, file)), `${page} links to ${file}`).toBe(true);
      if (anchor !== undefined)
        expect(headingsOf(file), `${page} links to ${file}`).toContain(anchor);
    }
  });
});

describe('the README', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');

  it('names every command of the CLI somewhere', () => {
    const names = program.commands
      .map((command) => command.name())
      .filter((name) => !LEFT_OUT.includes(name));
    for (const name of names) expect(readme).toMatch(new RegExp(`holdfast ${name}\\b|\`${name}\``));
  });

  it('names only npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    for (const [, name = ''] of readme.matchAll(/npm run (?:-s )?([a-z:]+)/g))
      expect(Object.keys(scripts)).toContain(name);
  });
});
