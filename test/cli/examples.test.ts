import { describe, expect, it } from 'vitest';
import { EXAMPLES } from '../../cli/examples.ts';
import { buildProgram } from '../../cli/main.ts';

describe('the examples of --help', () => {
  const program = buildProgram();
  const all = Object.entries(EXAMPLES).flatMap(([command, lines]) =>
    lines.map((line) => ({ command, line })),
  );

  it.each(all)('$line has a command and options that exist', ({ command, line }) => {
    const [name = '', ...words] = line.split(' ');
    if (command !== 'holdfast') expect(name).toBe(command);
    const found = program.commands.find((candidate) => candidate.name() === name);
    const part = found?.commands.find((candidate) => candidate.name() === words[0]);
    const options = [...((part ?? found)?.options ?? []), ...program.options];
    const known = options.map(({ long }) => long);
    for (const word of words.filter((candidate) => candidate.startsWith('--')))
      expect(known, line).toContain(word);
  });

  it('are of commands that exist', () => {
    const names = ['holdfast', ...program.commands.map((command) => command.name())];
    expect(names).toEqual(expect.arrayContaining(Object.keys(EXAMPLES)));
  });
});
